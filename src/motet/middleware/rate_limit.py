"""`RateLimit`: calls wait, in the order in which they came, until there are tokens for them."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final

from motet.kernel.agent import Agent, Middleware
from motet.kernel.context import Context
from motet.kernel.errors import InvalidPayload
from motet.kernel.invoke import Call
from motet.middleware.arguments import check_callable, check_number, check_whole, is_number
from motet.middleware.bucket import Bucket
from motet.middleware.errors import RateLimited
from motet.middleware.keyed import Keyed, KeyOf, key_of, tell
from motet.middleware.line import Line, Place

__all__ = ["RateLimit"]

CostOf = Callable[[Any, Context], float]

FASTEST: Final = 1e9
"""Tokens a second: with more, what comes within the resolution of a clock would be more than one."""

LARGEST: Final = 1e12
"""Tokens in a bucket: with more, a few of them would be lost in rounding."""


class RateLimit(Middleware):
    """Let calls through at a rate: each takes tokens from a bucket, and waits while there are too few.

    A bucket holds up to `burst` tokens and gets `rate` of them in `per` seconds: in any interval of t seconds calls
    take at most `burst + t * rate / per` tokens. Calls wait in the order in which they came; a cheap one does not
    overtake a dear one. A call is refused at once, with `RateLimited` and the seconds after which there would be
    tokens, where `max_waiting` calls wait already, where it would wait longer than `max_wait`, and where its deadline
    would pass before its turn. One that is cancelled while it waits makes room at once, and takes no tokens. Tokens
    are not given back when an agent fails: it was called.

    With `key` there is a bucket for each key. A full bucket is as good as a new one, so the bucket that was used
    longest ago makes room for a new key once it is full; until then the call with the new key is refused. Calls wait in
    one event loop at a time; the buckets outlive it.

    Args:
        rate: How many tokens come in `per` seconds.
        per: Seconds.
        burst: How many tokens a bucket holds; `rate`, and at least 1, unless it is given.
        cost: Tells from (payload, ctx) how many tokens a call takes, above 0; 1 unless it is given. A call that costs
            more than the burst gets `InvalidPayload`: waiting cannot help it.
        key: Tells from (payload, ctx) which bucket a call takes from; without it there is one for all.
        max_waiting: How many calls may wait for one bucket.
        max_wait: How many seconds a call may wait; None sets no limit, 0 lets none wait.
        max_keys: How many buckets are kept.

    Raises:
        ValueError: An argument is out of bounds; the message says what is allowed.
    """

    def __init__(
        self,
        rate: float,
        *,
        per: float = 1.0,
        burst: float | None = None,
        cost: CostOf | None = None,
        key: KeyOf | None = None,
        max_waiting: int = 1024,
        max_wait: float | None = None,
        max_keys: int = 1024,
    ) -> None:
        check_number("rate", rate, 1e-9, LARGEST)
        check_number("per", per, 1e-9)
        if not is_number(rate / per, 1e-9, FASTEST):
            raise ValueError(f"rate={rate!r}, per={per!r}: that is a number of tokens a second from 1e-09 to 1e+09")
        check_callable("cost", cost)
        check_callable("key", key)
        if burst is not None:
            check_number("burst", burst, 1 if cost is None else 1e-9, LARGEST)
        check_whole("max_waiting", max_waiting, 0)
        if max_wait is not None:
            check_number("max_wait", max_wait, 0)
        check_whole("max_keys", max_keys, 1)
        self._burst = max(1.0, rate) if burst is None else burst
        self._cost, self._key = cost, key
        self._max_waiting, self._max_wait = max_waiting, max_wait
        self._lanes = Keyed(lambda: Lane(Bucket(rate / per, self._burst)), max_keys)
        self._only = self._lanes.add(None) if key is None else None
        self._passed = self._waited = self._refused = self._cancelled = 0
        self._seconds = 0.0

    def counters(self) -> Mapping[str, float]:
        """Return what was counted.

        Calls that `passed`, how many of these `waited`, and for how many seconds (`seconds_waited`); `refused` calls;
        calls `cancelled` while they waited; how many are `waiting` now, and how many buckets (`keys`) there are now.
        """
        return {
            "passed": self._passed,
            "waited": self._waited,
            "seconds_waited": self._seconds,
            "refused": self._refused,
            "cancelled": self._cancelled,
            "waiting": sum(len(lane.line) for lane in self._lanes),
            "keys": len(self._lanes),
        }

    def wrap(self, call: Call[Any, Any], agent: Agent[Any, Any]) -> Call[Any, Any]:
        """Return a call that waits for its tokens."""

        def limited(payload: Any, ctx: Context) -> Any:
            now = ctx.now()
            key = None if self._key is None else key_of(self._key, payload, ctx)
            cost = 1 if self._cost is None else self._checked(self._cost(payload, ctx), ctx)
            lane = self._only or self._lane(key, ctx, now)
            if not lane.line and lane.bucket.take(cost, now):
                self._passed += 1
                return call(payload, ctx)  # no coroutine of its own: it costs next to nothing
            return self._later(call, payload, ctx, lane, cost, key)

        return limited

    def _checked(self, cost: object, ctx: Context) -> float:
        if not is_number(cost, 0, LARGEST) or not cost:
            shown = cost if isinstance(cost, float) or is_number(cost, -LARGEST, 0) else f"a {type(cost).__name__}"
            raise InvalidPayload(f"The cost of a call of {ctx.agent!r} is {shown}: it has to be a number above 0")
        if cost > self._burst:
            raise InvalidPayload(
                f"A call of {ctx.agent!r} costs {cost:g} tokens, and there are never more than {self._burst:g}: make "
                "it smaller, or the burst larger",
                cost=cost,
                burst=self._burst,
            )
        return cost

    def _lane(self, key: Hashable, ctx: Context, now: float) -> "Lane":
        """Return the bucket of a key, and who waits for it.

        Raises:
            RateLimited: There are as many keys as may be, and not even the one used longest ago can be forgotten.
        """
        lanes = self._lanes
        found = lanes.use(key)
        if found is not None:
            return found
        oldest = lanes.oldest
        if lanes.full and (oldest is None or not oldest.bucket.full(now)):
            seconds = None if oldest is None else oldest.bucket.wait(self._burst, now)
            raise self._refusal(f"calls with {len(lanes)} other keys use the rate up", seconds, key, ctx)
        if lanes.full:
            lanes.drop_free()
        return lanes.add(key)

    async def _later(
        self, call: Call[Any, Any], payload: Any, ctx: Context, lane: "Lane", cost: float, key: Hashable
    ) -> Any:
        """Wait for tokens, and call."""
        lane.line.open()
        now = ctx.now()
        if lane.line or not lane.bucket.take(cost, now):
            await self._wait(lane, Place(ctx, cost), now, key)
        self._passed += 1
        return await call(payload, ctx)

    async def _wait(self, lane: "Lane", place: Place, start: float, key: Hashable) -> None:
        self._check_wait(lane, place, start, key)
        self._lanes.hold(key, lane)
        lane.join(place)
        try:
            await place.over
        except BaseException:
            self._cancelled += 1
            lane.leave(place)
            raise
        finally:
            if not lane.line:
                self._lanes.release(key, lane)
        self._waited += 1
        self._seconds += max(0.0, place.ctx.now() - start)
        tell(place.ctx, "rate_limit", "waited", key)

    def _check_wait(self, lane: "Lane", place: Place, now: float, key: Hashable) -> None:
        """Refuse a call that may not, or need not, wait."""
        ctx = place.ctx
        seconds = lane.wait(place.cost, now)
        if len(lane.line) >= self._max_waiting:
            raise self._refusal(f"{len(lane.line)} calls wait already", seconds, key, ctx)
        if self._max_wait is not None and seconds > self._max_wait:
            raise self._refusal(f"it would wait longer than {self._max_wait:g} s", seconds, key, ctx)
        remaining = ctx.remaining()
        if remaining is not None and seconds >= remaining:
            raise self._refusal("its deadline would pass before its turn", seconds, key, ctx)

    def _refusal(self, why: str, seconds: float | None, key: Hashable, ctx: Context) -> RateLimited:
        self._refused += 1
        tell(ctx, "rate_limit", "refused", key)
        return RateLimited(f"A call of {ctx.agent!r} was refused: {why}", retry_after=seconds, agent=ctx.agent)


class Lane:
    """A bucket, and those who wait for its tokens."""

    __slots__ = ("bucket", "line")

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket
        self.line = Line(self.serve)

    def wait(self, cost: float, now: float) -> float:
        """Return the seconds that a call would wait that came now."""
        return self.bucket.wait(self.line.cost + cost, now)

    def join(self, place: Place) -> None:
        """Let a call wait."""
        self.line.join(place)
        if self.line.first is place:
            self.serve()

    def leave(self, place: Place) -> None:
        """Let a call go that does not wait any more: it was cancelled."""
        if place.turn:
            self.bucket.give_back(place.cost)
        elif not self.line.leave(place):
            return
        self.serve()

    def serve(self) -> None:
        """Give tokens to those whose turn it is, and see to it that the next one is woken in time."""
        while (place := self.line.first) is not None:
            now = place.ctx.now()
            seconds = self.bucket.wait(place.cost, now)
            if seconds:
                self.line.arm(seconds)
                return
            if self.line.call(place):
                self.bucket.take(place.cost, now)
