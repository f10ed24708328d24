"""What one attempt records, and takes from what earlier ones recorded."""

import asyncio
from functools import partial
from typing import Any

import pytest
from pydantic import BaseModel

from motet import RetryPolicy, agent
from motet.kernel.durable import TaskInfo
from motet.kernel.errors import InvalidPayload
from motet.kernel.policy import Backoff
from motet.tasks.changes import Step
from motet.tasks.errors import InvalidStep
from motet.tasks.journal import Journal, Recorder
from motet.tasks.model import Question
from support import StillClock, within

QUICK = RetryPolicy(attempts=3, backoff=Backoff(initial=0.0, jitter=False), retry_on=(Exception,))


class Parked(Exception):
    """Stands for the end of an attempt that asks."""


class Notes(Recorder):
    """Keeps what is recorded."""

    def __init__(self) -> None:
        self.steps: dict[str, object] = {}
        self.asked: list[Question] = []
        self.paused: list[float] = []
        self.told: list[tuple[float, str]] = []

    async def record(self, step: Step) -> None:
        assert step.key not in self.steps
        self.steps[step.key] = step.value

    async def park(self, question: Question) -> Any:
        self.asked.append(question)
        raise Parked

    async def pause(self, seconds: float) -> None:
        self.paused.append(seconds)

    def tell(self, fraction: float, message: str) -> None:
        self.told.append((fraction, message))


class Wall(StillClock):
    """A clock whose time of day is set."""

    time = 1000.0

    def wall(self) -> float:
        return self.time


INFO = TaskInfo("t-1", "t", "name", 1, "t-1-0", {})


def journal(notes: Notes, recorded: dict[str, object] | None = None, clock: Wall | None = None) -> Journal:
    return Journal(INFO, notes.steps.copy() if recorded is None else recorded, notes, clock or Wall())


class Item(BaseModel):
    """Something with a type."""

    name: str
    at: tuple[int, ...] = ()


async def test_a_recorded_step_answers_without_running():
    notes, ran = Notes(), []

    async def charge(amount: int) -> int:
        ran.append(amount)
        return amount * 2

    assert await journal(notes).step("charge", charge, (3,), None, None) == 6
    assert await journal(notes).step("charge", charge, (3,), None, None) == 6
    assert ran == [3]


async def test_none_is_a_result_that_is_recorded():
    notes, ran = Notes(), []
    for _ in range(2):
        assert await journal(notes).step("s", lambda: ran.append(1), (), None, None) is None
    assert ran == [1]


@pytest.mark.parametrize("made", [Item(name="a", at=(1, 2)), Item(name="b")])
async def test_a_result_comes_back_by_its_type_the_first_time_and_later(made):
    notes = Notes()

    async def make() -> Item:
        return made

    for _ in range(2):
        assert await journal(notes).step("make", make, (), None, None) == made


async def test_without_a_type_a_result_is_json_data_the_first_time_and_later():
    notes = Notes()
    for _ in range(2):
        assert await journal(notes).step("make", lambda: (1, {2: Item(name="x")}), (), None, None) == [
            1,
            {"2": {"name": "x", "at": []}},
        ]


async def test_agents_partials_methods_and_callables_are_steps():
    @agent
    async def double(number: int) -> int:
        return 2 * number

    class Adder:
        async def __call__(self, number: int) -> int:
            return number + 1

        async def method(self, number: int) -> int:
            return number - 1

    async def add(left: int, right: int) -> int:
        return left + right

    notes = Notes()
    one = journal(notes)
    assert await one.step("agent", double, (4,), None, None) == 8
    assert await one.step("callable", Adder(), (4,), None, None) == 5
    assert await one.step("method", Adder().method, (4,), None, None) == 3
    assert await one.step("partial", partial(add, 1), (4,), None, None) == 5
    assert await one.step("sync", int, ("4",), None, None) == 4


async def test_steps_side_by_side_are_known_by_their_keys_not_by_when_they_came():
    notes = Notes()

    async def slow(number: int, turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return number

    async def all_of(turns: list[int]) -> list[int]:
        one = journal(notes)
        return await asyncio.gather(*(one.step("s", slow, (n, turns[n]), str(n), None) for n in range(3)))

    assert await all_of([5, 3, 0]) == [0, 1, 2]
    assert await all_of([0, 3, 5]) == [0, 1, 2]
    assert len(notes.steps) == 3


async def test_a_step_within_a_step_has_a_place_of_its_own():
    notes = Notes()
    one = journal(notes)

    async def inner() -> int:
        return 1

    async def outer() -> int:
        return await one.step("s", inner, (), None, None)

    await asyncio.gather(*(one.step("o", outer, (), key, None) for key in "ab"))
    assert await one.step("s", inner, (), None, None) == 1
    assert set(notes.steps) == {"o:a", "o:a/s", "o:b", "o:b/s", "s"}


@pytest.mark.parametrize(("name", "key"), [("s", None), ("s", "k"), ("~ask", None), ("a/b", "c:d#e")])
async def test_the_same_key_twice_in_one_attempt_is_refused(name, key):
    one = journal(Notes())
    await one.step(name, int, (), key, None)
    with pytest.raises(InvalidStep, match="twice"):
        await one.step(name, int, (), key, None)


async def test_names_that_look_like_others_are_others():
    notes = Notes()
    one = journal(notes)
    pairs = [("a:b", None), ("a", "b"), ("a/b", None), ("a~2b", None), ("~sleep", None), ("a#1", None)]
    for number, (name, key) in enumerate(pairs):
        await one.step(name, lambda number=number: number, (), key, None)
    assert list(notes.steps.values()) == list(range(len(pairs)))
    await one.sleep(1, None)
    assert len(notes.steps) == len(pairs) + 1


@pytest.mark.parametrize(("name", "key"), [("", None), ("s", ""), ("s\0", None), ("s", "\ud800")])
async def test_what_no_store_can_keep_is_no_name(name, key):
    with pytest.raises(InvalidStep):
        await journal(Notes()).step(name, int, (), key, None)


@pytest.mark.parametrize("result", [object(), {1: object()}, lambda: 1])
async def test_a_result_that_is_no_json_data_is_refused(result):
    notes = Notes()
    with pytest.raises(InvalidPayload, match="cannot be recorded"):
        await journal(notes).step("s", lambda: result, (), None, None)
    assert not notes.steps


async def test_a_failed_step_records_nothing_and_runs_again():
    notes = Notes()

    def broken() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await journal(notes).step("s", broken, (), None, None)
    assert await journal(notes).step("s", lambda: 1, (), None, None) == 1


async def test_a_step_is_tried_again_as_its_policy_says():
    notes, tries = Notes(), []

    async def flaky() -> int:
        tries.append(1)
        if len(tries) < 3:
            raise ConnectionError
        return len(tries)

    assert await within(journal(notes).step("s", flaky, (), None, QUICK)) == 3
    tries.clear()
    with pytest.raises(ConnectionError):
        await journal(Notes()).step("s", flaky, (), None, RetryPolicy(attempts=1))


async def test_a_step_that_is_tried_again_may_begin_its_inner_steps_again():
    notes, tries = Notes(), []
    one = journal(notes)

    async def outer() -> int:
        await one.step("inner", int, (), None, None) if not tries else None
        tries.append(1)
        if len(tries) < 2:
            raise ConnectionError
        return 1

    assert await within(one.step("outer", outer, (), None, QUICK)) == 1


async def test_a_question_without_an_answer_parks():
    notes = Notes()
    with pytest.raises(Parked):
        await journal(notes).ask("Really?", bool, None)
    assert notes.asked == [Question("~ask:Really?#1", "Really?", {"type": "boolean"})]


async def test_an_answer_comes_back_by_its_type():
    answers = {"~ask:Who?#1": {"name": "x", "at": [1]}}
    assert await journal(Notes(), answers).ask("Who?", Item, None) == Item(name="x", at=(1,))


async def test_an_answer_that_its_type_refuses_is_asked_for_again():
    notes = Notes()
    with pytest.raises(Parked):
        await journal(notes, {"~ask:k#1": "x"}).ask("How many?", int, "k")
    assert notes.asked[0].key == "~ask:k#2"
    assert "refused" in notes.asked[0].text
    assert await journal(notes, {"~ask:k#1": "x", "~ask:k#2": 4}).ask("How many?", int, "k") == 4


async def test_a_question_that_no_store_can_keep_is_refused():
    with pytest.raises(InvalidStep):
        await journal(Notes()).ask("half \ud800", bool, "k")


async def test_a_sleep_counts_from_its_first_beginning():
    notes, clock = Notes(), Wall()
    await journal(notes, clock=clock).sleep(60, None)
    assert notes.paused == [60]
    clock.time += 45
    await journal(notes, clock=clock).sleep(60, None)
    assert notes.paused == [60, 15]
    clock.time += 45
    await journal(notes, clock=clock).sleep(60, None)
    assert notes.paused == [60, 15]


@pytest.mark.parametrize("seconds", [0, -5])
async def test_a_sleep_of_no_time_waits_for_nothing(seconds):
    notes = Notes()
    await journal(notes).sleep(seconds, None)
    assert notes.paused == []


async def test_two_sleeps_need_two_keys():
    one = journal(Notes())
    await one.sleep(1, "a")
    await one.sleep(1, "b")
    with pytest.raises(InvalidStep):
        await one.sleep(1, "a")


@pytest.mark.parametrize(("told", "kept"), [(0.5, 0.5), (-1, 0.0), (7, 1.0), (float("nan"), 0.0)])
def test_progress_goes_from_0_to_1(told, kept):
    notes = Notes()
    journal(notes).progress(told, "so far")
    assert notes.told == [(kept, "so far")]
