"""Agents: calling them inside and outside of one another, subclasses, middleware, cards."""

import asyncio

import pytest
from pydantic import BaseModel

from motet import Agent, Budget, Context, Middleware, agent
from motet.kernel.errors import BudgetExceeded, InvalidAgent, InvalidPayload
from support import Recorder, within


@agent
async def facts(payload: object, ctx: Context) -> object:
    """Tell what the context says."""
    return {
        "trace": ctx.trace,
        "span": ctx.span,
        "parent": ctx.parent_span,
        "path": ctx.path,
        "metadata": dict(ctx.metadata),
        "remaining": ctx.remaining(),
    }


@agent
async def outer(payload: dict, ctx: Context) -> object:
    return {"inner": await facts(None, **payload), "trace": ctx.trace, "span": ctx.span}


async def test_a_call_at_the_top_opens_a_trace():
    first, second = await facts(1), await facts(1)
    assert len(first["trace"]) == 32
    assert len(first["span"]) == 16
    assert (first["parent"], first["path"]) == ("", ("facts",))
    assert first["trace"] != second["trace"]


async def test_a_call_inside_an_agent_joins_its_trace():
    told = await outer({}, metadata={"user": "u"}, deadline=60)
    assert told["inner"]["trace"] == told["trace"]
    assert told["inner"]["parent"] == told["span"] != told["inner"]["span"]
    assert told["inner"]["path"] == ("outer", "facts")
    assert told["inner"]["metadata"] == {"user": "u"}
    assert 0 < told["inner"]["remaining"] <= 60


async def test_a_call_inside_an_agent_adds_to_the_metadata():
    told = await outer({"metadata": {"b": 2, "a": 3}}, metadata={"a": 1})
    assert told["inner"]["metadata"] == {"a": 3, "b": 2}


async def test_a_nested_deadline_only_comes_closer():
    closer, further = await outer({"deadline": 5}, deadline=60), await outer({"deadline": 600}, deadline=60)
    assert closer["inner"]["remaining"] <= 5
    assert further["inner"]["remaining"] <= 60


async def test_parallel_branches_do_not_see_each_others_metadata():
    @agent
    async def branching(payload, ctx):
        return await asyncio.gather(facts(1, metadata={"branch": 1}), facts(2, metadata={"branch": 2}))

    told = await branching(0)
    assert [branch["metadata"] for branch in told] == [{"branch": 1}, {"branch": 2}]
    assert told[0]["trace"] == told[1]["trace"]


async def test_a_budget_is_charged_by_the_calls_below():
    @agent
    async def spender(payload, ctx):
        ctx.spend(tokens=3)
        return payload

    @agent
    async def twice(payload):
        return [await spender(1), await spender(2)]

    assert await twice(0, budget=Budget(tokens=6)) == [1, 2]
    with pytest.raises(BudgetExceeded, match="5 tokens"):
        await twice(0, budget=Budget(tokens=5))


async def test_cancelling_the_caller_cancels_the_work_below():
    told, at_work = [], asyncio.Event()

    @agent
    async def deep(payload):
        at_work.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            told.append("cancelled")
            raise

    @agent
    async def middle(payload):
        return await asyncio.gather(deep(1), deep(2))

    task = asyncio.create_task(middle(0))
    await within(at_work.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert told == ["cancelled", "cancelled"]


async def test_after_a_call_nothing_is_current():
    await facts(1)
    assert (await facts(1))["parent"] == ""


async def test_an_option_that_does_not_exist_is_refused():
    with pytest.raises(TypeError, match="no option dedline: it takes deadline, budget"):
        await facts(1, dedline=3)


class Subclass(Agent[int, str]):
    """Spell a number.

    Slowly.
    """

    async def call(self, payload: int, ctx: Context) -> str:
        return str(payload)


class Named(Subclass):
    name = "spell"
    description = "Spelt."
    validate = "none"


async def test_a_subclass_is_named_described_and_typed_by_its_class():
    made = Subclass()
    assert (made.name, made.description) == ("Subclass", "Spell a number.\n\nSlowly.")
    assert (made.types[0].type, made.types[1].type) == (int, str)
    assert await made("3") == "3"
    with pytest.raises(InvalidPayload, match="input of 'Subclass'"):
        await made("x")
    assert repr(made) == "<Subclass Subclass>"


async def test_a_subclass_may_say_all_that_itself():
    made = Named()
    assert (made.name, made.description) == ("spell", "Spelt.")
    assert await made("x") == "x"


def test_a_subclass_without_call_cannot_be_made():
    class Nothing(Agent[int, int]):
        pass

    with pytest.raises(TypeError, match="call"):
        Nothing()


async def generator(self, payload, ctx):
    yield payload


def sync(self, payload, ctx):
    return payload


async def no_context(self, payload):
    return payload


async def too_much(self, payload, ctx, more):
    return payload


@pytest.mark.parametrize("call", [generator, sync, no_context, too_much])
def test_a_subclass_with_a_wrong_call_is_refused_where_it_is_written(call):
    with pytest.raises(InvalidAgent, match="async def call\\(self, payload, ctx\\)"):
        type("Wrong", (Agent,), {"call": call})


class Question(BaseModel):
    text: str


@agent(tags=["qa"], version="3", examples=[{"text": "why?"}, Question(text="how?")])
async def answer(question: Question) -> list[str]:
    """Answer a question."""
    return [question.text]


def test_a_card_tells_name_description_types_and_examples_as_json_data():
    card = answer.card
    assert (card.name, card.description, card.tags, card.version) == ("answer", "Answer a question.", ("qa",), "3")
    assert card.input_schema["properties"]["text"] == {"title": "Text", "type": "string"}
    assert card.output_schema == {"type": "array", "items": {"type": "string"}}
    assert card.examples == ({"text": "why?"}, {"text": "how?"})


def test_an_example_that_is_no_input_is_refused():
    @agent(examples=[{"txt": "?"}])
    async def wrong(question: Question) -> str: ...

    with pytest.raises(InvalidPayload, match="The example of 'wrong' is no Question: text"):
        _ = wrong.card


class Around(Middleware):
    def __init__(self, word: str) -> None:
        self.word = word

    def wrap(self, call, agent):
        async def around(payload, ctx):
            return [self.word, agent.name, *await call(payload, ctx)]

        return around


async def test_a_wrapped_agent_looks_the_same_from_outside():
    wrapped = answer.using(Around("a"), Around("b"))
    assert wrapped.card == answer.card
    assert wrapped.sketch() == answer.sketch()
    assert wrapped.draw() == answer.draw()
    assert await wrapped(Question(text="x")) == ["a", "answer", "b", "answer", "x"]
    assert await wrapped.call(Question(text="x"), None) == ["a", "answer", "b", "answer", "x"]


def test_using_nothing_is_the_agent_itself():
    assert answer.using() is answer


async def test_the_chunks_of_a_wrapped_agent_pass_through():
    @agent
    async def streaming(payload, ctx):
        await ctx.emit("a")
        await ctx.emit("b")
        return ["done"]

    wrapped = streaming.using(Around("x"))
    async with wrapped.stream(1) as stream:
        assert [chunk.value async for chunk in stream] == ["a", "b"]
        assert await stream.result() == ["x", "streaming", "done"]


async def test_a_wrapped_agent_is_one_call_to_an_observer():
    recorder = Recorder()
    await answer.using(Around("x"))(Question(text="?"), observer=recorder)
    assert [event.agent for event in recorder.events] == ["answer", "answer"]
