"""`Batch` beside a plain model, in virtual time: calls, results of every kind, cancellations, deadlines, closing."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from motet import agent
from motet.kernel.errors import AgentFailed, Cancelled, DeadlineExceeded
from motet.middleware.batch import Batch
from motet.middleware.errors import MiddlewareClosed, Saturated
from motet.testing.virtual_time import VirtualTime

WAIT = 3.0
Payload = tuple[str, int]


@dataclass(eq=False)
class Asker:
    """A caller, when it came and must have left, and what the model says came of it: an output or an exception."""

    payload: Payload
    task: asyncio.Task[Any]
    came: float
    end: float | None
    outcome: Any = None


@dataclass(eq=False)
class Batched:
    """A batch call that was begun."""

    payloads: list[Payload]
    done: asyncio.Future[Any]
    cancelled: bool = False
    askers: list[Asker] = field(default_factory=list)


class BatchMachine(RuleBasedStateMachine):
    """Drives a batch whose batch calls end when the machine says so."""

    @initialize(size=st.integers(1, 3), concurrency=st.integers(1, 2), spare=st.integers(0, 2))
    def begin(self, size, concurrency, spare):
        self.world = VirtualTime()
        self.size, self.concurrency, self.most = size, concurrency, size + spare
        self.batch = Batch(
            self.call, size=size, wait=WAIT, concurrency=concurrency, max_waiting=self.most, key=lambda p, ctx: p[0]
        )

        @agent(name="asked", validate="none")
        async def single(payload):
            raise AssertionError("the batch call stands in for it")

        self.asked = single.using(self.batch)
        self.begun: list[Batched] = []
        self.closing: asyncio.Task[None] | None = None
        # The model.
        self.number = 0
        self.waiting: list[Asker] = []
        self.running: list[Batched] = []
        self.askers: list[Asker] = []

    async def call(self, payloads):
        batched = Batched(payloads, asyncio.get_running_loop().create_future())
        self.begun.append(batched)
        try:
            return await batched.done
        except asyncio.CancelledError:
            batched.cancelled = True
            raise

    @property
    def now(self) -> float:
        return self.world.clock.now()

    def settle(self) -> None:
        """Run what can be done, and take note of the batches that were sent."""
        self.world.settle()
        for batched in self.begun:
            keys = {key for key, _ in batched.payloads}
            assert len(keys) == 1, "calls of different keys in one batch"
            of_key = [asker for asker in self.waiting if asker.payload[0] in keys]
            batched.askers = of_key[: len(batched.payloads)]
            assert [asker.payload for asker in batched.askers] == batched.payloads, "not those who waited for longest"
            self.waiting = [asker for asker in self.waiting if asker not in batched.askers]
            self.running.append(batched)
            assert len(batched.payloads) <= self.size
            assert len(self.running) <= self.concurrency
        self.begun.clear()

    @rule(key=st.sampled_from("ab"), seconds=st.none() | st.integers(1, 9))
    def ask(self, key, seconds):
        deadline = None if seconds is None else seconds + 0.5
        self.number += 1
        payload = (key, self.number)

        async def start():
            return asyncio.create_task(self.asked(payload, clock=self.world.clock, deadline=deadline))

        task = self.world.run(start())
        asker = Asker(payload, task, self.now, None if deadline is None else self.now + deadline)
        self.askers.append(asker)
        if self.closing is not None:
            asker.outcome = MiddlewareClosed
        elif len(self.waiting) == self.most:
            asker.outcome = Saturated
        else:
            self.waiting.append(asker)
        self.settle()

    @precondition(lambda self: self.running)
    @rule(which=st.integers(0, 9), how=st.sampled_from(["good", "mixed", "short", "long", "none", "down"]))
    def finish(self, which, how):
        batched = self.running.pop(which % len(self.running))
        outputs: Any = [[number] for _, number in batched.payloads]
        outcomes: list[Any] = list(outputs)
        if how == "mixed":
            outputs[::2] = [ValueError(number) for _, number in batched.payloads[::2]]
            outcomes[::2] = [ValueError] * len(outputs[::2])
        elif how != "good":
            outcomes = [KeyError if how == "down" else AgentFailed] * len(outputs)
        if how == "down":
            self.world.loop.call_soon(batched.done.set_exception, KeyError("down"))
        else:
            wrong = {"short": outputs[:-1], "long": [*outputs, 1], "none": None}
            self.world.loop.call_soon(batched.done.set_result, wrong.get(how, outputs))
        for asker, outcome in zip(batched.askers, outcomes, strict=True):
            if asker.outcome is None:
                asker.outcome = outcome
        self.settle()

    @precondition(lambda self: self.askers)
    @rule(which=st.integers(0, 19))
    def cancel(self, which):
        asker = self.askers[which % len(self.askers)]
        asker.task.cancel()
        if asker.outcome is None:
            self.leave(asker, asyncio.CancelledError)
        self.settle()

    @rule(seconds=st.integers(1, 4))
    def pass_time(self, seconds):
        for _ in range(2 * seconds):
            self.world.advance(0.5)
            for asker in self.askers:
                if asker.outcome is None and asker.end is not None and asker.end <= self.now:
                    self.leave(asker, DeadlineExceeded)
            self.settle()

    def leave(self, asker: Asker, how: type[BaseException]) -> None:
        asker.outcome = how
        if asker in self.waiting:
            self.waiting.remove(asker)
            return
        batched = next((one for one in self.running if asker in one.askers), None)
        if batched is not None and all(other.outcome is not None for other in batched.askers):
            self.running.remove(batched)
            self.world.settle()
            assert batched.cancelled, "nobody waits for this batch any more"

    @rule(drain=st.booleans(), really=st.integers(0, 9))
    def close(self, drain, really):
        if really or self.closing is not None:
            return  # rarely: little happens afterwards

        async def start():
            return asyncio.create_task(self.batch.aclose(drain=drain))

        self.closing = self.world.run(start())
        if not drain:
            for asker in self.waiting:
                asker.outcome = MiddlewareClosed
            cancelled, self.running, self.waiting = self.running, [], []
            for batched in cancelled:
                for asker in batched.askers:
                    asker.outcome = asker.outcome or Cancelled
            self.settle()
            assert all(batched.cancelled for batched in cancelled)
        self.settle()

    @invariant()
    def everybody_has_exactly_the_answer_that_is_theirs(self):
        for asker in list(getattr(self, "askers", ())):
            task, outcome = asker.task, asker.outcome
            assert task.done() == (outcome is not None)
            if not task.done():
                continue
            if task.cancelled():
                assert outcome is asyncio.CancelledError
            elif task.exception() is not None:
                assert type(task.exception()) is outcome
                assert outcome is not ValueError or task.exception().args == (asker.payload[1],)
            else:
                assert task.result() == outcome == [asker.payload[1]]
            self.askers.remove(asker)

    @invariant()
    def nobody_waits_who_need_not(self):
        if not hasattr(self, "batch"):
            return
        counters = self.batch.counters()
        assert counters["waiting"] == len(self.waiting) <= self.most
        assert len(self.running) <= self.concurrency
        if len(self.running) < self.concurrency:
            assert all(self.now - asker.came < WAIT for asker in self.waiting)
            for key in "ab":
                assert sum(asker.payload[0] == key for asker in self.waiting) < self.size
            assert self.closing is None or not self.waiting
        if self.closing is not None:
            assert self.closing.done() == (not self.waiting and not self.running)

    def teardown(self):
        if hasattr(self, "world"):
            while self.waiting or self.running:
                if self.running:
                    self.finish(0, "good")
                else:
                    self.pass_time(4)
                self.everybody_has_exactly_the_answer_that_is_theirs()
            assert not self.askers
            assert not asyncio.all_tasks(self.world.loop)
            desk = self.batch._desk
            assert desk is None or not (desk._timers or desk.sent or desk.under_way)
            self.world.close()


TestBatchAgainstItsModel = BatchMachine.TestCase
TestBatchAgainstItsModel.settings = settings(max_examples=120, stateful_step_count=40)
