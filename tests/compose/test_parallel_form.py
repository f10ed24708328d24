"""What a `parallel` says of itself, how it is drawn, and what it cannot be made of."""

import pytest

from compose.voices import adding, letters, twice
from motet import agent
from motet.compose.errors import Failed
from motet.compose.parallel import parallel
from motet.kernel.errors import InvalidAgent


@agent
async def spell(number: int) -> str:
    return str(number)


@agent
async def add_up(results: list[int]) -> int:
    return sum(results)


def test_it_describes_itself():
    made = parallel(twice, adding(1))
    assert made.name == "parallel of twice, add_1"
    assert made.description == "Gives its input to twice and add_1 at once."
    assert [side.type for side in made.types] == [int, list[int]]
    assert parallel(twice, spell).types[1].type == list[int | str]
    assert parallel(twice, spell, wait="first").types[1].type == int | str
    assert parallel(twice, spell, wait="first").description.endswith("at once; the first answer counts.")
    assert parallel(twice, spell, wait=2).description.endswith("at once; the first 2 answers count.")
    assert parallel(letters, twice).types[0].open
    assert parallel(letters, twice, wait="first").types[0].type == str | int
    assert parallel(twice, errors="collect").types[1].type == list[int | Failed]
    assert parallel(twice, combine=add_up).types[1].type is int
    assert parallel(twice, combine=lambda results: results).types[1].open
    named = parallel(twice, name="n", description="d")
    assert (named.name, named.description, named.streaming) == ("n", "d", False)


def test_it_streams_if_an_agent_or_what_combines_does():
    @agent
    async def generating(payload: int):
        yield payload

    assert parallel(twice, generating).streaming
    assert parallel(twice, combine=generating).streaming


@pytest.mark.parametrize(
    ("options", "join"), [({}, "all"), ({"wait": "first"}, "first"), ({"wait": 1}, "1 of 2"), ({"wait": 2}, "2 of 2")]
)
def test_it_is_drawn_between_a_fork_and_a_join(options, join):
    assert parallel(twice, twice, **options).draw().splitlines()[1:5] == [
        '    nparallel{"parallel"}',
        '    ntwice["twice"]',
        '    ntwice_2["twice_2"]',
        f'    n{join.replace(" ", "_x20_")}[/"{join}"\\]',
    ]


def test_what_combines_is_drawn_behind_the_join():
    for combine, name in ((add_up, "add_up"), (len, "len"), (lambda results: 1, "combine")):
        assert parallel(twice, combine=combine).draw().splitlines()[-1] == f"    nall --> n{name}"


@pytest.mark.parametrize(
    ("agents", "options", "told"),
    [
        ((), {}, "at least one agent"),
        ((twice, len), {}, "a plain function becomes an agent with @agent"),
        ((twice, twice), {"wait": 3}, "of 2 agents at least 1 and at most 2 can answer"),
        ((twice,), {"wait": 0}, "at least 1"),
        ((twice,), {"wait": -1}, "at least 1"),
        ((twice,), {"wait": True}, "'all', 'first', or how many"),
        ((twice,), {"wait": "any"}, "'all', 'first', or how many"),
        ((twice,), {"wait": [1]}, "'all', 'first', or how many"),
        ((twice,), {"wait": 1.0}, "'all', 'first', or how many"),
        ((twice,), {"errors": "ignore"}, "one of 'fail', 'collect'"),
        ((twice,), {"errors": "skip"}, "one of 'fail', 'collect'"),
        ((twice,), {"errors": None}, "one of 'fail', 'collect'"),
        ((twice,), {"wait": "first", "errors": "collect"}, "with wait='all' alone"),
        ((twice,), {"wait": 1, "errors": "collect"}, "with wait='all' alone"),
        ((twice,), {"wait": "first", "combine": len}, "nothing to combine"),
        ((twice,), {"combine": 3}, "not 3"),
        ((twice,), {"concurrency": 0}, "number from 1"),
        ((twice,), {"concurrency": "8"}, "number from 1"),
    ],
)
def test_what_makes_no_sense_is_refused(agents, options, told):
    with pytest.raises(InvalidAgent, match=told):
        parallel(*agents, **options)
