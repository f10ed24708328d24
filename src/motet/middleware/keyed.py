"""What a middleware keeps for each key of its calls: found by the key, and bounded."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Generic, TypeVar

from motet.kernel.context import Context
from motet.kernel.errors import InvalidPayload
from motet.kernel.events import Intervened

__all__ = ["KeyOf", "Keyed", "key_of", "tell"]

S = TypeVar("S")

KeyOf = Callable[[Any, Context], Hashable]
"""Tells which key a call belongs to, from its payload and its context."""


def key_of(read: KeyOf, payload: object, ctx: Context) -> Hashable:
    """Read the key of a call.

    Raises:
        InvalidPayload: The key cannot be hashed. It is not shown: what it was made of may be secret.
    """
    key = read(payload, ctx)
    try:
        hash(key)
    except TypeError as error:
        raise InvalidPayload(
            f"The key of a call of {ctx.agent!r} is a {type(key).__name__}, which cannot be hashed: a key is a string, "
            "a number, or a tuple of those",
            agent=ctx.agent,
        ) from error
    return key


def tell(ctx: Context, by: str, what: str, key: Hashable) -> None:
    """Tell whoever observes a call what a middleware has done with it.

    Args:
        ctx: The context of the call.
        by: The name of the middleware.
        what: What it has done.
        key: The key of the call; None where there are no keys.
    """
    if ctx.scope.observer is not None:
        ctx.scope.observer(Intervened(ctx.trace, ctx.now(), ctx.span, ctx.agent, by, what, _text(key)))


def _text(key: Hashable) -> str:
    try:
        return "" if key is None else str(key)
    except Exception:  # noqa: BLE001 - to tell of a call must not fail it, half way through
        return f"a {type(key).__name__}"


class Keyed(Generic[S]):
    """States by key. Each is free, and may be dropped for a new key, or held, because somebody relies on it.

    Everything here takes the same time however many states there are.

    Args:
        make: Makes the state of a new key.
        most: How many there may be, from 1.
    """

    __slots__ = ("_free", "_held", "_make", "_most")

    def __init__(self, make: Callable[[], S], most: int) -> None:
        self._make = make
        self._most = most
        # Both in the order of use, the one that was used longest ago first. A plain dict would look at every entry
        # that was taken from its front again and again.
        self._free: OrderedDict[Hashable, S] = OrderedDict()
        self._held: OrderedDict[Hashable, S] = OrderedDict()

    def __len__(self) -> int:
        return len(self._free) + len(self._held)

    def __iter__(self) -> Iterator[S]:
        yield from self._held.values()
        yield from self._free.values()

    @property
    def full(self) -> bool:
        """Whether a new key needs another one's place."""
        return len(self) >= self._most

    @property
    def oldest(self) -> S | None:
        """The free state that was used longest ago."""
        return next(iter(self._free.values()), None)

    def peek(self, key: Hashable) -> S | None:
        """Return the state of a key without using it."""
        return self._held[key] if key in self._held else self._free.get(key)

    def use(self, key: Hashable) -> S | None:
        """Return the state of a key, which is now the one that was used last; None if it has none."""
        part = self._held if key in self._held else self._free
        state = part.get(key)
        if state is not None:
            part.move_to_end(key)
        return state

    def add(self, key: Hashable) -> S:
        """Make the state of a new key, free, and used now. See `full` first."""
        state = self._free[key] = self._make()
        return state

    def hold(self, key: Hashable, state: S) -> None:
        """Say that somebody relies on a state."""
        if self._free.get(key) is state:
            self._held[key] = self._free.pop(key)

    def release(self, key: Hashable, state: S) -> None:
        """Say that nobody relies on a state any more; nothing happens if it was dropped meanwhile."""
        if self._held.get(key) is state:
            self._free[key] = self._held.pop(key)

    def drop_free(self) -> bool:
        """Drop the free state that was used longest ago; tell whether there was one."""
        if self._free:
            self._free.popitem(last=False)
            return True
        return False

    def drop_held(self) -> None:
        """Drop the held state that was used longest ago, for whoever can bear that."""
        self._held.popitem(last=False)
