"""What a sync function asks of its context, and has to wait for: nothing happens, and nobody says so, if it forgets."""

from collections.abc import Callable, Coroutine, Generator
from types import TracebackType
from typing import Any

__all__ = ["Owed"]


class Owed(Coroutine[Any, Any, None]):
    """A coroutine that tells when it is begun or given up.

    Args:
        work: The coroutine.
        settled: Called once, with this object, when somebody has begun to wait for it, or closed it.
    """

    def __init__(self, work: Coroutine[Any, Any, None], settled: Callable[["Owed"], None]) -> None:
        self._work = work
        self._settled: Callable[[Owed], None] | None = settled

    def __await__(self) -> Generator[Any, Any, None]:
        self._settle()
        return self._work.__await__()

    def send(self, value: Any) -> Any:
        """Go on with the work."""
        self._settle()
        return self._work.send(value)

    def throw(
        self,
        kind: Any,
        error: BaseException | object = None,
        trace: TracebackType | None = None,
    ) -> Any:
        """Go on with the work by raising in it."""
        self._settle()
        raised = error if isinstance(error, BaseException) else kind
        return self._work.throw(raised if trace is None else raised.with_traceback(trace))

    def close(self) -> None:
        """Give the work up."""
        self._settle()
        self._work.close()

    def _settle(self) -> None:
        if self._settled is not None:
            settled, self._settled = self._settled, None
            settled(self)
