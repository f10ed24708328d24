"""Agents by name."""

import pytest

from motet import Registry, agent
from motet.kernel.errors import InvalidAgent, NotFound
from motet.kernel.registry import DEFAULT_REGISTRY


@agent
async def search(payload): ...


@agent(name="search")
async def other(payload): ...


def test_agents_are_found_by_name_in_the_order_they_came():
    registry = Registry()
    registry.add(search)
    registry.add(other, "other")
    assert (registry.get("search"), registry.get("other")) == (search, other)
    assert (list(registry), len(registry)) == (["search", "other"], 2)
    assert "search" in registry
    assert "nothing" not in registry


def test_a_taken_name_is_refused():
    registry = Registry()
    registry.add(search)
    with pytest.raises(InvalidAgent, match="'search' is taken"):
        registry.add(other)
    assert registry.get("search") is search


def test_an_agent_can_be_replaced_and_added_again():
    registry = Registry()
    registry.add(search)
    registry.add(search)
    registry.add(other, replace=True)
    assert registry.get("search") is other
    assert len(registry) == 1


@pytest.mark.parametrize(
    ("names", "hint"),
    [
        (["search", "research", "write"], "did you mean 'search' or 'research'\\?"),
        (["write"], r"known are \['write'\]"),
        ([], r"known are \[\]"),
    ],
)
def test_an_unknown_name_gives_a_hint(names, hint):
    registry = Registry()
    for name in names:
        registry.add(search, name)
    with pytest.raises(NotFound, match=f"No agent is called 'serach': {hint}") as caught:
        registry.get("serach")
    assert caught.value.details == {"name": "serach"}


def test_registries_share_nothing():
    Registry().add(search)
    assert "search" not in Registry()
    assert "search" not in DEFAULT_REGISTRY
