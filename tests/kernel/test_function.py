"""`@agent`: what it makes of functions, classes and objects, and how what they do reaches the caller."""

import asyncio
import functools
import threading

import pytest

from motet import Agent, Context, Middleware, agent
from motet.kernel.errors import InvalidAgent, InvalidPayload
from motet.kernel.function import FunctionAgent


async def plain(payload: int) -> int:
    """Add one.

    In so many words.
    """
    return payload + 1


async def with_context(payload: int, ctx: Context) -> int:
    return payload + len(ctx.path)


def threaded(payload: int) -> int:
    return payload + 1


def threaded_with_context(payload: int, ctx: Context) -> int:
    return payload + len(ctx.path)


async def generator(payload: int):
    yield payload
    yield payload + 1


async def generator_with_context(payload: int, ctx: Context):
    yield ctx.agent


def returns_awaitable(payload: int):
    return plain(payload)


class Adder:
    """Adds."""

    def __init__(self, number: int = 1) -> None:
        self.number = number

    async def call(self, payload: int, ctx: Context) -> int:
        return payload + self.number


class Caller:
    """Adds, too."""

    async def __call__(self, payload: int) -> int:
        return payload + 1


class Sub(Agent[int, int]):
    async def call(self, payload: int, ctx: Context) -> int:
        return payload + 1


@pytest.mark.parametrize(
    ("made", "given", "wanted"),
    [
        (agent(plain), 1, 2),
        (agent(with_context), 1, 2),
        (agent(threaded), 1, 2),
        (agent(threaded_with_context), 1, 2),
        (agent(thread=False)(threaded), 1, 2),
        (agent(thread=False)(threaded_with_context), 1, 2),
        (agent(generator), 1, [1, 2]),
        (agent(generator_with_context), 1, "generator_with_context"),
        (agent(returns_awaitable), 1, 2),
        (agent(thread=False)(returns_awaitable), 1, 2),
        (agent(Adder)(), 1, 2),
        (agent(Adder)(number=3), 1, 4),
        (agent(Adder(5)), 1, 6),
        (agent(Adder(5).call), 1, 6),
        (agent(Caller()), 1, 2),
        (agent(functools.partial(plain)), 1, 2),
        (agent(functools.partial(threaded)), 1, 2),
        (agent(functools.partial(Caller())), 1, 2),
        (Sub(), 1, 2),
        (agent(Sub()), 1, 2),
        (agent(Sub)(), 1, 2),
    ],
)
async def test_every_way_to_write_an_agent_is_called_alike(made, given, wanted):
    assert await made(given) == wanted
    async with made.stream(given) as stream:
        assert await stream.result() == wanted


@pytest.mark.parametrize(
    ("made", "name", "description"),
    [
        (agent(plain), "plain", "Add one.\n\nIn so many words."),
        (agent(name="other", description="Else.")(plain), "other", "Else."),
        (agent(description="")(plain), "plain", ""),
        (agent(threaded), "threaded", ""),
        (agent(Adder)(), "Adder", "Adds."),
        (agent(Adder(2)), "Adder", "Adds."),
        (agent(Adder.call.__get__(Adder())), "call", ""),
        (agent(Caller()), "Caller", "Adds, too."),
        (agent(functools.partial(functools.partial(plain))), "plain", "Add one.\n\nIn so many words."),
    ],
)
def test_an_agent_is_named_and_described_after_what_it_is_made_of(made, name, description):
    assert (made.name, made.description) == (name, description)


def test_options_reach_the_agent():
    made = agent(tags=["a"], version="2", examples=[1], validate="in")(plain)
    assert (made.tags, made.version, made.examples, made.validate) == (("a",), "2", (1,), "in")
    assert not made.streaming
    assert agent(generator).streaming


def test_an_option_that_does_not_exist_is_refused():
    with pytest.raises(TypeError, match="nmae"):
        agent(nmae="x")(plain)


class Doubled(Middleware):
    def wrap(self, call, agent):
        async def twice(payload, ctx):
            return 2 * await call(payload, ctx)

        return twice


class Plus(Middleware):
    def wrap(self, call, agent):
        async def plus(payload, ctx):
            return 100 + await call(payload, ctx)

        return plus


@pytest.mark.parametrize(
    "made",
    [agent(use=[Plus(), Doubled()])(plain), agent(use=[Plus(), Doubled()])(agent(plain)), agent(use=[Plus()])(Sub())],
)
async def test_middleware_is_put_around_the_outermost_first(made):
    assert await made(1) == (104 if "Doubled" in repr(made.middleware) else 102)


async def test_middleware_of_a_class_is_put_around_each_instance():
    assert await agent(use=[Doubled()])(Adder)(2)(1) == 6


def test_an_agent_of_an_agent_is_that_agent():
    made = agent(plain)
    assert agent(made) is made


def test_an_agent_that_exists_cannot_be_given_another_name():
    with pytest.raises(InvalidAgent, match="'plain' is an agent already: say name where it is made"):
        agent(name="other")(agent(plain))


class Empty:
    pass


@pytest.mark.parametrize(("thing", "advice"), [(3, "cannot be called"), (Empty(), "cannot be called")])
def test_what_cannot_be_called_is_no_agent(thing, advice):
    with pytest.raises(InvalidAgent, match=advice):
        agent(thing)


def test_a_class_without_call_is_no_agent():
    with pytest.raises(InvalidAgent, match="add `async def call"):
        agent(Empty)


def test_a_factory_looks_like_its_class():
    made = agent(Adder)
    assert (made.__name__, made.__doc__) == ("Adder", "Adds.")


async def test_a_failure_reaches_the_caller_as_it_is():
    class OwnError(Exception):
        pass

    def failing(payload):
        raise OwnError(payload)

    async def failing_generator(payload):
        yield 1
        raise OwnError(payload)

    for made in (agent(failing), agent(thread=False)(failing), agent(failing_generator)):
        with pytest.raises(OwnError):
            await made(1)


async def test_a_cancelled_generator_is_closed_before_the_caller_goes_on():
    told = []

    @agent
    async def endless(payload):
        try:
            yield payload
            await asyncio.Event().wait()
        finally:
            told.append("closed")

    async with endless.stream(1) as stream:
        assert (await anext(stream)).value == 1
    assert told == ["closed"]


async def test_an_inline_function_runs_in_the_event_loops_own_thread():
    @agent(thread=False)
    def where(payload):
        return threading.get_ident()

    assert await where(1) == threading.get_ident()


async def test_call_can_be_called_by_middleware_like_code():
    made = FunctionAgent(plain)
    assert await made.call("1", None) == 2
    with pytest.raises(InvalidPayload):
        await made.call("x", None)


def test_one_middleware_where_a_list_is_meant_is_told_so():
    class Plain(Middleware):
        def wrap(self, call, agent):
            return call

    async def work(payload):
        return payload

    with pytest.raises(InvalidAgent, match=r"is one middleware: write a list, as in use=\[Plain\(...\)\]"):
        agent(use=Plain())(work)
    for wrong, told in ((Plain, r"make one, as in Plain\(...\)"), (print, "subclass Middleware")):
        with pytest.raises(InvalidAgent, match=f"which is no middleware: {told}"):
            agent(work).using(wrong)
