"""Replaying: what called others runs again, what called nobody answers, and each difference is found."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from motet import Context, Executors, Flow, Node, Policy, RetryPolicy, TaskManager, agent, join, parallel, sequential
from motet.devtools.history import History, Reader, from_lines, read_history, to_lines
from motet.devtools.replay import record, replay
from motet.devtools.replay_compare import Differences
from motet.devtools.replay_desk import NotReplayable
from motet.kernel.agent import Agent
from motet.kernel.events import AgentStarted
from motet.kernel.policy import Backoff
from motet.middleware import Retry
from motet.observability.history import HistoryRecorder
from motet.storage import MemoryStore
from motet.testing.virtual_time import VirtualTime
from support import within

calls: list[str] = []


class Question(BaseModel):
    text: str


class Answer(BaseModel):
    text: str
    size: int


@pytest.fixture(autouse=True)
def nothing_called() -> None:
    calls.clear()


@agent
async def look(question: Question, ctx: Context) -> Answer:
    calls.append("look")
    await ctx.emit(f"looking for {question.text}")
    return Answer(text=question.text, size=len(question.text))


@agent
async def fails(text: str) -> str:
    calls.append("fails")
    raise ValueError(f"no {text}")


@agent
async def answer(question: Question) -> Answer:
    """Call others, one after the other and side by side, and take an error for an answer."""
    first = await look(question)
    left, right = await asyncio.gather(look(Question(text=first.text + "l")), look(Question(text=first.text + "rr")))
    try:
        await fails(left.text)
    except ValueError as error:
        return Answer(text=str(error), size=left.size + right.size)
    raise AssertionError


@agent
def shorten(answer: Answer) -> int:
    calls.append("shorten")
    return answer.size


flow: Flow[Question, int] = Flow("it", answer >> shorten)


def stored(history: History) -> History:
    """Return a history as it is after it was in a file."""
    return from_lines(to_lines(history.records))


async def same(agent: Agent[Any, Any], payload: object, **options: Any) -> Differences:
    """Record and replay; check that there is no difference."""
    history = stored(await within(record(agent, payload)))
    assert history.problems == []
    calls.clear()
    differences = await within(replay(history, agent, **options))
    assert not differences, str(differences)
    return differences


async def test_leaves_answer_from_the_record_and_the_rest_runs_again() -> None:
    differences = await same(flow, Question(text="a"))
    assert calls == []
    assert (differences.calls, differences.answered) == (7, 5)
    assert str(differences) == "the same: 7 calls, 5 of them answered from the record"


class Limited(Exception):
    """An exception as a client of some service has it."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


async def test_what_is_caught_by_a_class_of_ones_own_is_caught_again() -> None:
    @agent
    async def service(text: str) -> str:
        raise Limited(f"no more of {text}", status=429)

    @agent
    async def patient(text: str) -> str:
        try:
            return await service(text)
        except Limited as error:
            return await other(f"{text}: {error}")

    @agent
    async def other(text: str) -> str:
        return text.upper()

    differences = await same(sequential(patient, other, name="both"), "it")
    assert (differences.calls, differences.answered, differences.notes) == (5, 3, [])


async def test_an_error_that_cannot_be_made_again_is_noted() -> None:
    @agent
    async def service(text: str) -> str:
        text.encode("ascii")
        return text

    history = stored(await record(sequential(service, name="work"), "ü"))
    differences = await within(replay(history, sequential(service, name="work")))
    assert not differences
    assert differences.notes == [
        (
            "The recorded error of work/service is raised as AgentFailed: no class UnicodeEncodeError is loaded that "
            "can be made of a message alone"
        )
    ]


async def test_an_error_of_which_only_the_beginning_was_kept_is_caught_by_its_class_and_compared_by_that() -> None:
    @agent
    async def fetch(text: str) -> str:
        raise ValueError("bad answer: " + "z" * 70_000)

    @agent
    async def careful(text: str) -> str:
        try:
            return await fetch(text)
        except ValueError:
            return await fetch("again")

    store = MemoryStore()
    async with HistoryRecorder(store) as recorder:
        with pytest.raises(ValueError, match="bad answer"):
            await careful("x", observer=recorder)
    (trace,) = await store.traces()
    history = await read_history(store, trace)
    assert all(len(str(one.get("error"))) < 3000 for one in history.records)
    assert not await within(replay(history, careful))


async def recorded_together(*work: tuple[Agent[Any, Any], object]) -> History:
    """Record several calls at the top of one trace, as a task tree or a server has them."""
    trace, reader = "ab" * 16, Reader("ab" * 16)
    for number, (called, payload) in enumerate(work):
        for one in (await record(called, payload)).records:
            if one["kind"] not in {"begin", "end"} or (one["kind"], number) == ("begin", 0):
                reader.add(
                    [{**one, "trace": trace, "n": one["n"] if one["kind"] == "begin" else number * 100 + one["n"]}]
                )  # type: ignore[operator]
    return reader.history


async def test_each_call_at_the_top_is_replayed() -> None:
    history = await recorded_together(
        (flow, Question(text="a")), (shorten, Answer(text="", size=1)), (flow, Question(text="b"))
    )
    calls.clear()
    differences = await within(replay(history, flow))
    assert not differences
    assert (differences.calls, differences.answered, calls) == (14, 10, [])
    assert differences.notes[0] == "Only 'it' is replayed: in this trace, nothing else called 'shorten'"

    async def other(question: Question) -> Answer:
        found = await plain(question)
        return Answer(text=found.text, size=found.size + (question.text == "b"))

    two = await recorded_together((changed(plain), Question(text="a")), (changed(plain), Question(text="b")))
    found = (await within(replay(two, changed(other)))).found
    assert [(one.kind, one.path) for one in found] == [("output", ("it", "answer")), ("input", ("it", "shorten"))]


async def test_agents_that_are_named_run() -> None:
    differences = await same(flow, Question(text="a"), live=["look", "shorten"])
    assert calls == ["look"] * 3 + ["shorten"]
    assert differences.answered == 1


async def test_agents_that_are_named_answer_with_everything_below_them() -> None:
    differences = await same(flow, Question(text="a"), recorded=["answer"])
    assert (differences.calls, differences.answered, calls) == (3, 2, [])


async def test_a_fan_out_sends_again_what_was_sent() -> None:
    @agent
    async def spread(question: Question, ctx: Context) -> None:
        for number in range(5):
            await ctx.send(Question(text=question.text * number))

    @agent
    async def gather(answers: list[Answer]) -> int:
        return sum(answer.size for answer in answers)

    differences = await same(Flow("fan", spread >> look >> join() >> gather), Question(text="ab"))
    assert differences.answered == 7


async def test_routers_choose_again() -> None:
    from motet import route

    small, large = agent(name="small")(lambda size: "small"), agent(name="large")(lambda size: "large")
    routed = Flow("routed", look >> route({"s": small, "l": large}, by=lambda it: "l" if it.size > 3 else "s"))
    await same(routed, Question(text="abcdef"))
    await same(routed, Question(text="a"))


def test_retries_are_repeated_and_their_delays_take_no_time() -> None:
    attempts = 0

    @agent
    async def flaky(question: Question) -> Answer:
        nonlocal attempts
        attempts += 1
        if attempts % 3:
            raise ConnectionError("down")
        return Answer(text="up", size=1)

    wait = Backoff(initial=3600, cap=3600)
    node = Node(flaky, policy=Policy(retry=RetryPolicy(3, wait)))
    wrapped = flaky.using(Retry(3, backoff=wait))
    with VirtualTime() as time:
        for work in (Flow("retried", node >> shorten), sequential(wrapped, shorten)):
            history = time.run(record(work, Question(text="a"), clock=time.clock))
            assert len([event for event in history.events if type(event).__name__ == "RetryScheduled"]) == 2
            before = attempts
            differences = time.run(replay(stored(history), work, clock=time.clock))
            assert not differences, str(differences)
            assert attempts == before


async def test_what_was_cancelled_by_its_sibling_is_so_again() -> None:
    @agent
    async def slow(question: Question) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError

    await same(sequential(parallel(look, slow, wait="first"), shorten), Question(text="a"))


@pytest.mark.parametrize("how", ["cancelled", "late"])
async def test_an_interruption_from_outside_comes_again(how: str) -> None:
    begun = asyncio.Event()

    @agent
    async def endless(answer: Answer) -> Answer:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    work, store = sequential(look, endless), MemoryStore()
    async with HistoryRecorder(store) as recorder:
        options: dict[str, Any] = {"deadline": 0.01} if how == "late" else {}
        task = asyncio.create_task(work(Question(text="a"), observer=recorder, **options))
        await within(begun.wait())
        if how == "cancelled":
            task.cancel()
        await asyncio.wait({task})
    (trace,) = await store.traces()
    reader = Reader(trace)
    reader.add([one for _, one in await store.history(trace)])
    differences = await within(replay(reader.history, work))
    assert not differences, str(differences)


async def test_a_durable_task_tree_is_not_created_again() -> None:
    executors = Executors()

    async def count(inputs: dict[str, Any]) -> int:
        calls.append("count")
        return 3

    executors.add(agent(name="count")(count))

    async with TaskManager(executors=executors) as manager:

        @agent
        async def works(question: Question) -> Answer:
            done = await manager.execute([{"name": "count", "executor": "count"}])
            return Answer(text=question.text, size=done.result)

        both = sequential(works, shorten)
        history = MemoryStore()
        async with HistoryRecorder(history) as recorder:
            manager._desk.observer = recorder
            assert await both(Question(text="a"), observer=recorder) == 3
            manager._desk.observer = None
        (trace,) = await history.traces()
        reader = Reader(trace)
        reader.add([one for _, one in await history.history(trace)])
        assert calls == ["count", "shorten"]
        differences = await within(replay(reader.history, both))
    assert not differences, str(differences)
    assert calls == ["count", "shorten"]


async def test_sync_agents_that_call_others_run_again_in_their_threads() -> None:
    @agent
    def outer(question: Question, ctx: Context) -> int:
        calls.append("outer")
        return ctx.wait(look(question)).size

    differences = await same(sequential(outer, agent(name="last")(lambda size: size)), Question(text="a"))
    assert calls == ["outer"]
    assert differences.answered == 2


async def test_calls_at_once_are_told_apart_by_what_they_are_given() -> None:
    @agent
    async def many(numbers: list[int]) -> list[str]:
        answers = await asyncio.gather(*(look(Question(text="x" * number)) for number in numbers))
        return [one.text for one in answers]

    history = stored(await record(many, [3, 1, 2]))
    assert not await within(replay(history, many, recorded=[]))

    @agent(name="many")
    async def turned(numbers: list[int]) -> list[str]:
        answers = await asyncio.gather(*(look(Question(text="x" * number)) for number in reversed(numbers)))
        return [one.text for one in reversed(answers)]

    # Each got the answer that belongs to its input; that they begin in another order is all there is to say.
    assert [one.kind for one in (await within(replay(history, turned))).found] == ["order"]


def changed(work: Callable[..., Any]) -> Flow[Any, Any]:
    return Flow("it", agent(name="answer")(work) >> shorten)


async def other_input(question: Question) -> Answer:
    return await look(Question(text=question.text + "!"))


async def plain(question: Question) -> Answer:
    return await look(question)


async def other_output(question: Question) -> Answer:
    found = await look(question)
    return Answer(text=found.text, size=found.size + 1)


async def one_more(question: Question) -> Answer:
    await look(question)
    return await look(question)


async def none(question: Question) -> Answer:
    return Answer(text=question.text, size=len(question.text))


async def other_chunks(question: Question, ctx: Context) -> Answer:
    await ctx.emit("new")
    return await look(question)


async def failing(question: Question) -> Answer:
    await look(question)
    raise KeyError("new")


@pytest.mark.parametrize(
    ("work", "first", "path"),
    [
        (other_input, "input", ("it", "answer", "look")),
        (other_output, "output", ("it", "answer")),
        (one_more, "extra call", ("it", "answer", "look")),
        (none, "missing call", ("it", "answer", "look")),
        (other_chunks, "chunks", ("it", "answer")),
        (failing, "status", ("it", "answer")),
    ],
)
async def test_the_first_difference_is_found(work: Callable[..., Any], first: str, path: tuple[str, ...]) -> None:
    history = stored(await record(changed(plain), Question(text="a")))
    differences = await within(replay(history, changed(work)))
    assert differences
    assert (differences.found[0].kind, differences.found[0].path) == (first, path)


async def test_another_order_of_calls_is_found() -> None:
    async def forth(question: Question) -> int:
        return (await look(question)).size + await shorten(Answer(text="", size=2))

    async def back(question: Question) -> int:
        return await shorten(Answer(text="", size=2)) + (await look(question)).size

    def made(work: Callable[..., Any]) -> Agent[Any, Any]:
        return sequential(agent(name="work")(work), agent(name="last")(lambda size: size), name="both")

    differences = await within(replay(await record(made(forth), Question(text="a")), made(back)))
    assert [one.kind for one in differences.found] == ["order"]
    assert (differences.found[0].expected, differences.found[0].actual) == (["look", "shorten"], ["shorten", "look"])


async def test_other_errors_and_messages_are_found() -> None:
    def raising(message: str) -> Callable[..., Any]:
        async def work(question: Question) -> Answer:
            await look(question)
            raise ValueError(message)

        return work

    history = await record(changed(raising("one")), Question(text="a"))
    found = (await within(replay(history, changed(raising("two"))))).found
    assert [one.kind for one in found] == ["error", "error"]
    assert (found[0].expected, found[0].actual["message"]) == ({"error": "ValueError", "message": "one"}, "two")

    def sending(text: str) -> Flow[Any, Any]:
        @agent(name="sends")
        async def sends(question: Question, ctx: Context) -> None:
            found = await look(question)
            await ctx.send(Answer(text=text, size=found.size))

        return Flow("it", sends >> shorten)

    found = (await within(replay(await record(sending("a"), Question(text="a")), sending("b")))).found
    assert found[0].kind == "input" or {one.kind for one in found} == {"messages", "input"}
    assert "messages" in {one.kind for one in found}


async def test_an_agent_whose_type_has_changed_is_found() -> None:
    @agent(name="look")
    async def looks(question: Question) -> int:
        return 5

    history = await record(changed(plain), Question(text="a"))

    async def work(question: Question) -> Answer:
        return Answer(text="", size=await looks(question))

    differences = await within(replay(history, changed(work)))
    assert differences.found[0].kind == "type"
    assert "no longer fits its type" in str(differences)


async def test_a_difference_is_shown_as_one() -> None:
    history = await record(changed(plain), Question(text="a"))
    told = str(await within(replay(history, changed(other_output))))
    assert told.splitlines() == [
        "it / answer gives something else",
        "    {",
        '  -   "size": 1,',
        '  +   "size": 2,',
        '      "text": "a"',
        "    }",
        "",
        "it / shorten is given something else",
        "    {",
        '  -   "size": 1,',
        '  +   "size": 2,',
        '      "text": "a"',
        "    }",
    ]


async def test_what_runs_without_a_record_may_call_what_it_likes() -> None:
    @agent
    async def new(question: Question) -> Answer:
        return await look(question)

    history = await record(Flow("it", look >> shorten), Question(text="a"))

    async def work(question: Question) -> Answer:
        found = await look(question)
        await new(question)
        return found

    again = Flow("it", Node(agent(name="look")(work), name="look") >> shorten)
    differences = await within(replay(history, again, live=["look"]))
    assert differences.found[0].kind in {"extra call", "chunks"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"live": ["nobody"]}, "no call of 'nobody'"),
        ({"recorded": ["nobody"]}, "no call of 'nobody'"),
        ({"recorded": ["it"]}, "nothing that would run again"),
    ],
)
async def test_names_that_make_no_sense_are_refused(options: dict[str, Any], told: str) -> None:
    history = await record(flow, Question(text="a"))
    with pytest.raises(NotReplayable, match=told):
        await replay(history, flow, **options)


async def test_a_call_that_called_nobody_has_nothing_to_replay_unless_it_runs() -> None:
    history = await record(look, Question(text="a"))
    with pytest.raises(NotReplayable, match="nothing to replay"):
        await replay(history, look)
    assert not await within(replay(history, look, live=["look"]))
    assert calls == ["look", "look"]


async def test_what_was_not_recorded_whole_is_said() -> None:
    @agent
    async def opaque(question: Question) -> object:
        return object()

    @agent
    async def last(thing: object) -> int:
        return 1

    work = sequential(opaque, last)
    history = await record(work, Question(text="a"))
    with pytest.raises(NotReplayable, match="'opaque'"):
        await within(replay(history, work))
    assert not await within(replay(history, work, live=["opaque"]))


@pytest.mark.parametrize("capture", ["outputs", "none"])
async def test_without_payloads_there_is_nothing_to_begin_with(capture: Any) -> None:
    store = MemoryStore()
    async with HistoryRecorder(store, capture=capture) as recorder:
        await flow(Question(text="a"), observer=recorder)
    (trace,) = await store.traces()
    reader = Reader(trace)
    reader.add([one for _, one in await store.history(trace)])
    with pytest.raises(NotReplayable, match="not recorded whole"):
        await replay(reader.history, flow)


async def test_a_payload_that_is_no_longer_taken_is_said() -> None:
    class Other(BaseModel):
        number: int

    @agent(name="it")
    async def other(question: Other) -> int:
        return 1

    with pytest.raises(NotReplayable, match="number: Field required"):
        await replay(await record(flow, Question(text="a")), other)


async def test_a_history_without_calls_cannot_be_replayed() -> None:
    with pytest.raises(NotReplayable, match="task trees go on"):
        await replay(Reader("t").history, flow)


async def test_secrets_that_were_left_out_are_noted() -> None:
    @agent
    async def login(question: Question) -> dict[str, str]:
        return {"token": "abc", "user": "me"}

    @agent
    async def user(session: dict[str, str]) -> str:
        return session["user"]

    differences = await same(sequential(login, user), Question(text="a"))
    assert "secrets in it that were left out" in differences.notes[0]


async def test_a_replay_that_hangs_is_given_up() -> None:
    @agent
    async def asks(question: Question) -> Answer:
        found = await look(question)
        if calls:
            return found
        await asyncio.Event().wait()
        raise AssertionError

    work = sequential(asks, shorten)
    history = await record(work, Question(text="a"))
    calls.clear()
    with pytest.raises(NotReplayable, match="did not end within"):
        await within(replay(history, work, longest=0.05))


async def test_a_replay_can_be_cancelled() -> None:
    begun = asyncio.Event()

    @agent
    async def waits(question: Question) -> Answer:
        found = await look(question)
        if not calls:
            begun.set()
            await asyncio.Event().wait()
        return found

    work = sequential(waits, shorten)
    history = await record(work, Question(text="a"))
    calls.clear()
    task = asyncio.create_task(replay(history, work))
    await within(begun.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)


async def test_bytes_come_back_as_bytes() -> None:
    @agent
    async def read(question: Question) -> bytes:
        return b"\x00\xff"

    @agent
    async def measure(data: bytes) -> int:
        return len(data)

    both = sequential(read, measure)

    @agent
    async def around(question: Question) -> int:
        return len(await read(question)) + await both(question)

    await same(around, Question(text="a"))
    await same(sequential(measure, agent(name="last")(lambda size: size)), b"\x00\xff")


async def test_how_it_ended_is_in_a_record_that_is_made_for_a_test(tmp_path: Path) -> None:
    history = await record(sequential(look, fails, name="both"), Question(text="a"))
    assert isinstance(history.events[0], AgentStarted)
    assert history.over
    assert history.events[-1].status == "failed"  # type: ignore[attr-defined]
