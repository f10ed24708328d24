"""`Cache` beside a plain model, in virtual time: calls, answers, failures, cancellations, deadlines, invalidation."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from motet import agent
from motet.kernel.errors import DeadlineExceeded, NotFound
from motet.middleware.cache import Cache
from motet.testing.virtual_time import VirtualTime

TTL, NEGATIVE_TTL = 10.0, 4.0


@dataclass(eq=False)
class Asker:
    """A caller, and what the model says came of it: nothing yet, a value, an exception type with its text."""

    task: asyncio.Task[Any]
    end: float | None
    outcome: Any = None


@dataclass(eq=False)
class Below:
    """A call below, and the callers that wait for it."""

    key: str
    number: int
    done: asyncio.Future[Any]
    askers: list[Asker] = field(default_factory=list)
    shared: bool = True
    kept: bool = True


class CacheMachine(RuleBasedStateMachine):
    """Drives a cache around an agent whose calls end when the machine says so."""

    @initialize(most=st.integers(1, 3), single_flight=st.booleans())
    def begin(self, most, single_flight):
        self.world = VirtualTime()
        self.most, self.single_flight = most, single_flight
        self.cache = Cache(TTL, max_entries=most, negative_ttl=NEGATIVE_TTL, single_flight=single_flight)
        self.begun: list[tuple[str, asyncio.Future[Any]]] = []
        self.cancelled: set[int] = set()
        self.asked = agent(name="asked", validate="none")(self.call).using(self.cache)
        # The model.
        self.entries: OrderedDict[str, tuple[Any, float]] = OrderedDict()
        self.flights: list[Below] = []
        self.askers: list[Asker] = []
        self.calls = 0

    async def call(self, payload):
        done = asyncio.get_running_loop().create_future()
        number = len(self.begun)
        self.begun.append((payload, done))
        try:
            return await done
        except asyncio.CancelledError:
            self.cancelled.add(number)
            raise

    @property
    def now(self) -> float:
        return self.world.clock.now()

    @rule(key=st.sampled_from("abc"), seconds=st.none() | st.integers(1, 12))
    def ask(self, key, seconds):
        deadline = None if seconds is None else seconds + 0.5

        async def start():
            return asyncio.create_task(self.asked(key, clock=self.world.clock, deadline=deadline))

        asker = Asker(self.world.run(start()), None if deadline is None else self.now + deadline)
        self.askers.append(asker)
        self.world.settle()
        kept, expires = self.entries.get(key, (None, 0.0))
        if kept is not None and expires <= self.now:
            del self.entries[key]
            kept = None
        if kept is not None:
            self.entries.move_to_end(key)
            asker.outcome = kept
            return
        flight = next((one for one in self.flights if one.key == key and one.shared), None)
        if flight is None:
            assert len(self.begun) == self.calls + 1, "a call was to be made"
            flight = Below(key, self.calls, self.begun[-1][1], shared=self.single_flight)
            self.flights.append(flight)
            self.calls += 1
        flight.askers.append(asker)

    @precondition(lambda self: self.flights)
    @rule(which=st.integers(0, 9), how=st.sampled_from(["value", "value", "flaky", "gone"]))
    def finish(self, which, how):
        flight = self.flights.pop(which % len(self.flights))
        text = f"{flight.key} of call {flight.number}"
        error: Exception | None = {"flaky": ValueError(text), "gone": NotFound(text)}.get(how)
        if error is None:
            self.world.loop.call_soon(flight.done.set_result, [text])
        else:
            self.world.loop.call_soon(flight.done.set_exception, error)
        self.world.settle()
        outcome = [text] if error is None else (type(error), text)
        for asker in flight.askers:
            asker.outcome = outcome
        if flight.kept and how != "flaky":
            self.entries.pop(flight.key, None)
            self.entries[flight.key] = (outcome, self.now + (TTL if error is None else NEGATIVE_TTL))
            if len(self.entries) > self.most:
                self.entries.popitem(last=False)

    @precondition(lambda self: self.askers)
    @rule(which=st.integers(0, 19))
    def cancel(self, which):
        asker = self.askers[which % len(self.askers)]
        asker.task.cancel()
        self.world.settle()
        if asker.outcome is None:
            asker.outcome = (asyncio.CancelledError, "")
            self.leave(asker)

    @rule(seconds=st.integers(1, 6))
    def pass_time(self, seconds):
        until = self.now + seconds
        self.world.advance(seconds)
        self.world.settle()
        for asker in self.askers:
            if asker.outcome is None and asker.end is not None and asker.end <= until:
                asker.outcome = (DeadlineExceeded, "")
                self.leave(asker)

    def leave(self, asker: Asker) -> None:
        flight = next(one for one in self.flights if asker in one.askers)
        flight.askers.remove(asker)
        if not flight.askers:
            self.flights.remove(flight)
            assert flight.number in self.cancelled, "nobody waits for the call any more"

    @rule(key=st.none() | st.sampled_from("abc"))
    def forget(self, key):
        if key is None:
            self.world.run(self.cache.clear())
            self.entries.clear()
        elif self.calls:
            self.world.run(self.cache.invalidate(key))
            self.entries.pop(key, None)
        for flight in self.flights:
            if key in {None, flight.key}:
                flight.shared = flight.kept = False

    @invariant()
    def everybody_has_exactly_the_answer_that_is_theirs(self):
        for asker in getattr(self, "askers", ()):
            task = asker.task
            assert task.done() == (asker.outcome is not None)
            if not task.done():
                continue
            if task.cancelled():
                assert asker.outcome == (asyncio.CancelledError, "")
            elif task.exception() is not None:
                kind, text = asker.outcome
                assert type(task.exception()) is kind
                assert text in str(task.exception())
            else:
                assert task.result() == asker.outcome
        # What one caller does with an answer, and answers that nobody looks at any more, reach nobody.
        for asker in [asker for asker in getattr(self, "askers", ()) if asker.outcome is not None]:
            if not asker.task.cancelled() and asker.task.exception() is None:
                asker.task.result().append("changed")
            self.askers.remove(asker)

    @invariant()
    def its_books_are_right(self):
        if hasattr(self, "cache"):
            counters = self.cache.counters()
            assert len(self.begun) == self.calls == counters["misses"]
            assert counters["entries"] == len(self.entries) <= self.most
            assert counters["flying"] == len(self.flights)
            assert self.cancelled.isdisjoint(flight.number for flight in self.flights)

    def teardown(self):
        if hasattr(self, "world"):
            while self.flights:
                self.finish(0, "value")
                self.everybody_has_exactly_the_answer_that_is_theirs()
            assert not self.askers
            assert not asyncio.all_tasks(self.world.loop)
            self.world.close()


TestCacheAgainstItsModel = CacheMachine.TestCase
TestCacheAgainstItsModel.settings = settings(max_examples=120, stateful_step_count=40)
