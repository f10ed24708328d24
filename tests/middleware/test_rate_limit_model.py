"""Whatever happens to many calls at once, a rate limit does what a plain model with exact numbers does."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from middleware.crowd import Caller, Crowd
from motet.middleware.errors import RateLimited
from motet.middleware.rate_limit import RateLimit
from motet.testing.virtual_time import VirtualTime

CLOSE = Fraction(1, 10**6)
"""What is closer than this is the same time, or the same number of tokens."""


class Model:
    """One bucket with exact numbers, and those who wait for it."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = Fraction(rate), Fraction(burst)
        self.tokens, self.at = self.burst, Fraction(0)
        self.waiting: list[Caller] = []
        self.due: dict[Caller, Fraction] = {}

    def level(self, now: Fraction) -> Fraction:
        return min(self.burst, self.tokens + (now - self.at) * self.rate)

    def take(self, caller: Caller, now: Fraction) -> None:
        self.tokens, self.at = self.level(now) - Fraction(caller.cost), now
        self.due[caller] = now

    def wait(self, cost: float, now: Fraction) -> Fraction:
        """Tell how long a call would wait that came now."""
        wanted = sum(Fraction(other.cost) for other in self.waiting) + Fraction(cost)
        return max(Fraction(0), (wanted - self.level(now)) / self.rate)

    def catch_up(self, begin: float, now: float, *, late: bool = False) -> None:
        """Let those go whose time has come: each in time or, where the loop was late, all of them now."""
        at = Fraction(now if late else begin)
        while self.waiting:
            first = self.waiting[0]
            if first.began is None and first.task.done():
                self.waiting.pop(0)  # it was cancelled, or its deadline has passed
                continue
            ready = at + max(Fraction(0), (Fraction(first.cost) - self.level(at)) / self.rate)
            if ready > Fraction(now) + CLOSE:
                return
            at = max(at, ready)
            self.take(self.waiting.pop(0), at)


class Limits(RuleBasedStateMachine):
    """Calls with two keys, through the middleware itself, in virtual time."""

    def __init__(self) -> None:
        super().__init__()
        self.virtual = VirtualTime()

    @initialize(
        rate=st.sampled_from([0.3, 1, 1.7, 50]),
        burst=st.sampled_from([3, 3.3, 7]),
        max_waiting=st.sampled_from([0, 3, 20]),
        max_wait=st.sampled_from([None, 0, 1.31, 5.17]),
    )
    def begin(self, rate, burst, max_waiting, max_wait):
        self.limit = RateLimit(
            rate,
            burst=burst,
            cost=lambda caller, ctx: caller.cost,
            key=lambda caller, ctx: caller.key,
            max_waiting=max_waiting,
            max_wait=max_wait,
        )
        self.max_waiting, self.max_wait = max_waiting, max_wait
        self.crowd = Crowd(self.virtual, self.limit)
        self.models = {key: Model(rate, burst) for key in "ab"}

    @rule(
        key=st.sampled_from("ab"),
        costs=st.lists(st.sampled_from([0.1, 0.5, 1, 2.9, 3]), min_size=1, max_size=5),
        deadline=st.sampled_from([None, None, 0.7310, 2.4137, 11.0371]),
    )
    def start(self, key, costs, deadline):
        for cost in costs:
            caller = self.crowd.call(key, cost, deadline=deadline)
            model, now = self.models[key], Fraction(self.crowd.now)
            wait = model.wait(cost, now)
            if wait <= CLOSE:
                model.take(caller, now)
            elif self.too_many(model) or any(wait > bound for bound in (self.max_wait, deadline) if bound is not None):
                assert isinstance(caller.error, RateLimited)
                assert caller.error.retry_after == pytest.approx(float(wait))
            else:
                model.waiting.append(caller)

    def too_many(self, model):
        return len(model.waiting) >= self.max_waiting

    @rule(seconds=st.sampled_from([0.01, 0.1, 1 / 3, 1, 4.2]))
    def pass_time(self, seconds):
        begin = self.crowd.now
        self.virtual.advance(seconds)
        for model in self.models.values():
            model.catch_up(begin, self.crowd.now)

    @precondition(lambda self: self.crowd.waiting)
    @rule(data=st.data())
    def cancel(self, data):
        self.crowd.cancel(data.draw(st.sampled_from(self.crowd.waiting)))
        for model in self.models.values():
            model.waiting = [caller for caller in model.waiting if caller.waits or caller.began is not None]
            model.catch_up(self.crowd.now, self.crowd.now)

    @precondition(lambda self: self.crowd.waiting)
    @rule(data=st.data(), seconds=st.sampled_from([0.02, 0.5, 3]), turns=st.integers(0, 5))
    def come_late_and_cancel(self, data, seconds, turns):
        """The loop was busy for a while; whoever is cancelled then may have had its turn, or be about to have it."""
        victims = data.draw(st.lists(st.sampled_from(self.crowd.waiting), unique=True, max_size=3))
        self.virtual.loop.jump(seconds)
        self.crowd.cancel(*victims, after=turns)
        for model in self.models.values():
            model.catch_up(self.crowd.now, self.crowd.now, late=True)
            model.waiting = [caller for caller in model.waiting if not caller.task.done()]

    @precondition(lambda self: self.crowd.inside)
    @rule(data=st.data(), error=st.sampled_from([None, ValueError("x")]))
    def end(self, data, error):
        self.crowd.end(data.draw(st.sampled_from(self.crowd.inside)), error)

    def keys(self) -> Iterator[tuple[str, Model]]:
        return iter(getattr(self, "models", {}).items())

    @invariant()
    def who_waits_waits_in_both_and_who_went_went_when_its_time_had_come(self):
        for key, model in self.keys():
            assert [caller for caller in self.crowd.waiting if caller.key == key] == model.waiting
            began = [caller for caller in self.crowd.began if caller.key == key]
            assert began == sorted(began, key=lambda caller: caller.number)
            assert {caller: caller.began for caller in began} == {
                caller: pytest.approx(float(at), abs=1e-6) for caller, at in model.due.items()
            }

    @invariant()
    def the_rate_is_never_exceeded(self):
        for key, model in self.keys():
            began = [caller for caller in self.crowd.began if caller.key == key]
            sums = list(accumulate((caller.cost for caller in began), initial=0.0))
            for first, one in enumerate(began):
                for last, other in enumerate(began[first:], first):
                    allowed = float(model.burst + model.rate * Fraction(other.began - one.began))
                    assert sums[last + 1] - sums[first] <= allowed + 1e-6

    @invariant()
    def there_is_a_timer_for_each_line_and_no_other_one(self):
        if hasattr(self, "crowd"):
            assert len(self.crowd.timers()) == sum(bool(model.waiting) for _, model in self.keys())

    @invariant()
    def every_call_is_in_the_counters(self):
        if hasattr(self, "crowd"):
            counters = self.limit.counters()
            assert counters["waiting"] == len(self.crowd.waiting) <= 2 * self.max_waiting
            assert counters["passed"] == len(self.crowd.began)
            answered = sum(counters[name] for name in ("passed", "refused", "cancelled", "waiting"))
            assert answered == len(self.crowd.callers)

    def teardown(self):
        if hasattr(self, "crowd"):
            self.virtual.advance(1000)
            assert not self.crowd.waiting
            self.crowd.close()
        self.virtual.close()


TestLimits = Limits.TestCase
TestLimits.settings = settings(max_examples=80, stateful_step_count=30)
