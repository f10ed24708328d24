"""Whatever happens to many calls at once, a limit on concurrency does what two lists do."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from middleware.crowd import Caller, Crowd
from motet.middleware.concurrency import Concurrency
from motet.middleware.errors import Saturated
from motet.testing.virtual_time import VirtualTime

MOST_KEYS = 2


class Places(RuleBasedStateMachine):
    """Calls with three keys, of which two may be at work, through the middleware itself, in virtual time."""

    def __init__(self) -> None:
        super().__init__()
        self.virtual = VirtualTime()
        self.inside: dict[str, list[Caller]] = {key: [] for key in "abc"}
        self.waiting: dict[str, list[Caller]] = {key: [] for key in "abc"}
        self.came: dict[Caller, float] = {}

    @initialize(
        limit=st.integers(1, 3), max_waiting=st.sampled_from([0, 2, 20]), max_wait=st.sampled_from([None, 0, 1.31, 5])
    )
    def begin(self, limit, max_waiting, max_wait):
        self.limit, self.max_waiting, self.max_wait = limit, max_waiting, max_wait
        options = {"max_waiting": max_waiting, "max_wait": max_wait, "max_keys": MOST_KEYS}
        self.concurrency = Concurrency(limit, key=lambda caller, ctx: caller.key, **options)
        self.crowd = Crowd(self.virtual, self.concurrency)

    def move_up(self):
        """Forget those who have ended, and let those who wait have the places that are free."""
        for key, inside in self.inside.items():
            waiting = self.waiting[key]
            inside[:] = [caller for caller in inside if not caller.task.done()]
            waiting[:] = [caller for caller in waiting if not caller.task.done() or caller.began is not None]
            while waiting and len(inside) < self.limit:
                caller = waiting.pop(0)
                if not caller.task.done():  # it may have been cancelled as soon as it had its place
                    inside.append(caller)

    @rule(key=st.sampled_from("abc"), many=st.integers(1, 4), deadline=st.sampled_from([None, None, 2.77]))
    def start(self, key, many, deadline):
        for _ in range(many):
            caller = self.crowd.call(key, deadline=deadline)
            self.came[caller] = self.crowd.now
            keys = sum(bool(inside) for inside in self.inside.values())
            if not self.inside[key] and keys == MOST_KEYS:
                assert "other keys are at work" in str(caller.error)
            elif len(self.inside[key]) < self.limit:
                self.inside[key].append(caller)
            elif len(self.waiting[key]) >= self.max_waiting or self.max_wait == 0:
                assert isinstance(caller.error, Saturated)
            else:
                self.waiting[key].append(caller)

    @precondition(lambda self: self.crowd.inside)
    @rule(data=st.data(), error=st.sampled_from([None, ValueError("x")]), turns=st.integers(0, 6))
    def end_and_cancel(self, data, error, turns):
        """A place is given up, and somebody is cancelled who may be about to get it, or has just got it."""
        ending = data.draw(st.sampled_from(self.crowd.inside))
        others = [caller for caller in (*self.crowd.inside, *self.crowd.waiting) if caller is not ending]
        victims = data.draw(st.lists(st.sampled_from(others), unique=True, max_size=3)) if others else []
        self.crowd.open(ending, error)
        self.crowd.cancel(*victims, after=turns)
        self.move_up()

    @precondition(lambda self: self.crowd.waiting)
    @rule(data=st.data())
    def cancel(self, data):
        self.crowd.cancel(data.draw(st.sampled_from(self.crowd.waiting)))
        self.move_up()

    @rule(seconds=st.sampled_from([0.1, 1, 1.31, 5]))
    def pass_time(self, seconds):
        waiting = self.crowd.waiting
        self.virtual.advance(seconds)
        for caller in waiting:
            if isinstance(caller.error, Saturated):
                assert caller.ended == pytest.approx(self.came[caller] + self.max_wait)
        self.move_up()

    @invariant()
    def who_is_inside_and_who_waits_are_the_same(self):
        if hasattr(self, "crowd"):
            for key in "abc":
                assert [caller for caller in self.crowd.inside if caller.key == key] == self.inside[key]
                assert [caller for caller in self.crowd.waiting if caller.key == key] == self.waiting[key]

    @invariant()
    def the_limit_is_kept_and_no_place_is_free_while_somebody_waits(self):
        for key in "abc":
            assert len(self.inside[key]) <= getattr(self, "limit", 0)
            assert not self.waiting[key] or len(self.inside[key]) == self.limit
            began = [caller for caller in self.crowd.began if caller.key == key] if hasattr(self, "crowd") else []
            assert began == sorted(began, key=lambda caller: caller.number)

    @invariant()
    def nobody_waits_for_longer_than_it_may(self):
        if hasattr(self, "crowd") and self.max_wait is not None:
            assert all(self.crowd.now <= self.came[caller] + self.max_wait + 1e-6 for caller in self.crowd.waiting)

    @invariant()
    def there_is_one_timer_for_each_line_at_most_and_only_where_waiting_ends(self):
        if hasattr(self, "crowd"):
            lines = sum(bool(waiting) for waiting in self.waiting.values())
            assert len(self.crowd.timers()) == (0 if self.max_wait is None else lines)

    @invariant()
    def every_call_is_in_the_counters(self):
        if hasattr(self, "crowd"):
            counters = self.concurrency.counters()
            assert counters["waiting"] == len(self.crowd.waiting)
            assert counters["at_work"] == len(self.crowd.inside)
            assert counters["passed"] == len(self.crowd.began)
            answered = sum(counters[name] for name in ("passed", "refused", "cancelled", "waiting"))
            assert answered == len(self.crowd.callers)

    def teardown(self):
        if hasattr(self, "crowd"):
            while self.crowd.inside:
                self.crowd.end(self.crowd.inside[0])
            assert not self.crowd.waiting
            self.crowd.close()
        self.virtual.close()


TestPlaces = Places.TestCase
TestPlaces.settings = settings(max_examples=80, stateful_step_count=40)
