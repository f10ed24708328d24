"""How long a piece of work may take: as it asks for, as it is allowed, and until the deadline."""

from motet.kernel.context import Context
from motet.kernel.errors import AgentTimeout, DeadlineExceeded, InvalidPayload

__all__ = ["Limit"]


class Limit:
    """The time that a piece of work has from now on.

    Args:
        asked: Seconds that the task asks for; None asks for what is allowed.
        most: Seconds that are allowed.
        ctx: The context of the call, for its deadline.

    Attributes:
        seconds: How long it may take.

    Raises:
        InvalidPayload: It asks for more than it is allowed.
        DeadlineExceeded: There is no time left.
    """

    def __init__(self, asked: float | None, most: float, ctx: Context) -> None:
        if asked is not None and asked > most:
            raise InvalidPayload(
                f"timeout: {asked:g} s is more than the {most:g} s that are allowed here; {ctx.agent!r} has to be "
                "registered with a larger timeout= for that"
            )
        ctx.check()
        self._own = most if asked is None else asked
        remaining = ctx.remaining()
        self._by_deadline = remaining is not None and remaining < self._own
        self.seconds = self._own if remaining is None else min(remaining, self._own)

    def passed(self, what: str) -> AgentTimeout | DeadlineExceeded:
        """Make the error that says which limit was passed.

        Args:
            what: The work, for the message.
        """
        if self._by_deadline:
            return DeadlineExceeded(f"The deadline passed before {what} was done: it was ended")
        return AgentTimeout(f"{what} took longer than {self._own:g} s, and was ended")
