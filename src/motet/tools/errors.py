"""What tools raise of their own, a branch of the tree in `motet.kernel.errors`.

MotetError
├── NotAllowed        a tool may not do that: it lies outside its root, or writing is not allowed   caller
├── TooLarge          it is more than a tool takes or gives                                         caller
├── Outdated          what was read has been changed by somebody else meanwhile                     caller
└── AgentFailed
    └── ProgramEnded  a program went beyond a bound, and was ended                                  agent
"""

from motet.kernel.errors import AgentFailed, Fault, MotetError

__all__ = ["NotAllowed", "Outdated", "ProgramEnded", "TooLarge"]


class NotAllowed(MotetError):
    """A tool may not do that; trying again cannot help."""

    code = "not_allowed"
    fault = Fault.CALLER


class TooLarge(MotetError):
    """It is more than a tool takes or gives; the message says how to ask for less."""

    code = "too_large"
    fault = Fault.CALLER


class Outdated(MotetError):
    """What was read has been changed by somebody else meanwhile, and nothing was written."""

    code = "outdated"
    fault = Fault.CALLER


class ProgramEnded(AgentFailed):
    """A program went beyond a bound, and was ended; `details` say which bound, and what the program wrote."""

    code = "program_ended"
