from types import ModuleType

import pytest

from motet import Agent, Flow, Node, agent
from motet.cli.failures import InvalidUsage
from motet.cli.find import agents_in, find, not_an_agent
from motet.cli.load import Target
from motet.kernel.errors import InvalidAgent, NotFound


@agent
async def greet(name: str) -> str:
    return f"hello {name}"


@agent
async def leave(name: str) -> str:
    return f"goodbye {name}"


@agent
class Made:
    async def call(self, text: str) -> str:
        return text


class Own(Agent[str, str]):
    async def call(self, payload: str, ctx: object) -> str:
        return payload


class Plain:
    pass


class Callable:
    def __call__(self, text: str) -> str:
        return text


def function(text: str) -> str:
    return text


async def coroutine(text: str) -> str:
    return text


def module(**names: object) -> ModuleType:
    made = ModuleType("flow")
    vars(made).update(names)
    return made


FLOW = Flow("flow", greet >> leave)
FULL = module(greet=greet, flow=FLOW, _hidden=leave, number=3, group=module(leave=leave))


@pytest.mark.parametrize(("name", "found"), [("greet", greet), ("flow", FLOW), ("group.leave", leave)])
def test_a_name_finds_its_agent(name: str, found: object) -> None:
    assert find(FULL, Target("flow.py", name, is_file=True)) is found


def test_agents_are_listed_by_their_public_names() -> None:
    assert agents_in(FULL) == ["greet", "flow"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gret", "flow.py has no 'gret'; did you mean greet? the agents in flow.py are greet, flow"),
        ("zzz", "flow.py has no 'zzz'; the agents in flow.py are greet, flow"),
        ("group.leav", "flow.py:group has no 'leav'; did you mean leave? the agents in flow.py are greet, flow"),
        ("nowhere.leave", "flow.py has no 'nowhere'; the agents in flow.py are greet, flow"),
    ],
)
def test_a_name_that_is_not_there_gets_an_offer(name: str, told: str) -> None:
    with pytest.raises(NotFound) as caught:
        find(FULL, Target("flow.py", name, is_file=True))
    assert str(caught.value) == told


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ({}, "say which agent: flow.py:NAME; flow.py has no agents: put @agent above a function, or make a Flow"),
        ({"greet": greet}, "say which agent: flow.py:NAME; its only agent is greet"),
        ({"greet": greet, "b": leave}, "say which agent: flow.py:NAME; the agents in flow.py are greet, b"),
    ],
)
def test_a_target_without_a_name_gets_the_list(names: dict[str, object], told: str) -> None:
    with pytest.raises(InvalidUsage) as caught:
        find(module(**names), Target("flow.py", "", is_file=True))
    assert str(caught.value) == told


@pytest.mark.parametrize(
    ("found", "what", "advice"),
    [
        (function, "a plain function", "put @agent (from motet import agent) above it"),
        (coroutine, "a plain function", "put @agent (from motet import agent) above it"),
        (len, "a plain function", "put @agent"),
        (Made, "a class of agents", "make one in the file, as in made = it(...), and name that"),
        (Own, "a class of agents", "make one in the file"),
        (Plain, "a class", "give it `async def call(self, payload, ctx)` and @agent, and name an instance"),
        (Callable(), "an object of type Callable", "make one of it, as in made = agent(it)"),
        (greet >> leave, "a part of a graph", "make a flow of it, as in made = Flow('it', it), and name that"),
        (Node(greet), "a node of a graph", "make a flow of it"),
        (module(greet=greet), "a module", "name an agent in it, as in flow.py:it.greet"),
        (module(), "a module", "name an agent in it, as in flow.py:it.NAME"),
        (3, "an object of type int", "name a function with @agent above it, or a Flow"),
        (None, "an object of type NoneType", "name a function"),
    ],
)
def test_what_is_no_agent_is_told_how_to_become_one(found: object, what: str, advice: str) -> None:
    told = not_an_agent("flow.py:it", "it", found)
    assert told.startswith(f"flow.py:it is {what}, not an agent: {advice}")


def test_what_is_no_agent_is_refused() -> None:
    with pytest.raises(InvalidAgent, match=r"flow.py:number is an object of type int, not an agent"):
        find(FULL, Target("flow.py", "number", is_file=True))
