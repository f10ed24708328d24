"""What middleware raises of its own, a branch of the tree in `motet.kernel.errors`.

MotetError
├── Refused              a guard does not let a payload or an output pass              caller
└── Unavailable
    ├── CircuitOpen      a circuit breaker lets nothing through for now                peer, retryable
    ├── RateLimited      a rate is used up, and waiting for it is not possible         system, retryable
    ├── Saturated        as many calls as may are at work or wait already              system, retryable
    └── MiddlewareClosed a middleware that was closed takes nothing new                system
"""

from motet.kernel.errors import Fault, MotetError, Unavailable

__all__ = ["CircuitOpen", "MiddlewareClosed", "RateLimited", "Refused", "Saturated"]


class Refused(MotetError):
    """A guard does not let a payload or an output pass; trying again cannot help."""

    code = "refused"
    fault = Fault.CALLER


class CircuitOpen(Unavailable):
    """A circuit breaker lets nothing through for now; `retry_after` says for how long, where that is known."""

    code = "circuit_open"


class RateLimited(Unavailable):
    """A rate is used up, and waiting is not possible; `retry_after` says when there would have been room."""

    code = "rate_limited"
    fault = Fault.SYSTEM


class Saturated(Unavailable):
    """As many calls as may are at work or wait already."""

    code = "saturated"
    fault = Fault.SYSTEM


class MiddlewareClosed(Unavailable):
    """A middleware that was closed takes nothing new."""

    code = "middleware_closed"
    fault = Fault.SYSTEM
    retryable = False
