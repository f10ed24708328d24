"""What agents run in, as their contexts see it."""

from typing import Final

from motet.kernel.errors import NotAvailable

__all__ = ["NO_HOST", "Host"]


class Host:
    """What an agent runs in, for the methods of the context that only make sense there; here: nothing."""

    __slots__ = ()

    async def send(self, value: object, to: str | None) -> None:
        """Send a value to the successors of the node that is running."""
        raise NotAvailable(
            "ctx.send() works inside a node of a flow: put this agent into a Flow, or return the value instead"
        )


NO_HOST: Final = Host()
"""What agents run in outside of flows."""
