"""What has changed between two sets of values."""

import pytest

from motet.config.changes import Change, Subscribers, changes_between
from motet.config.layer import Layer


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ({}, {}, []),
        ({"flow.inbox": 3}, {"flow.inbox": 3}, []),
        ({"flow.inbox": 3}, {"flow.inbox": 4}, [("flow.inbox", 3, 4)]),
        ({}, {"flow.inbox": 4}, [("flow.inbox", 64, 4)]),
        ({"flow.inbox": 4}, {}, [("flow.inbox", 4, 64)]),
        ({"flow.inbox": 64}, {}, []),
        ({"no.such": 1}, {}, []),
        (
            {"tasks.poll": 1.0, "flow.inbox": 1},
            {"tasks.poll": 2.0, "flow.inbox": 2},
            [("flow.inbox", 1, 2), ("tasks.poll", 1.0, 2.0)],
        ),
    ],
)
def test_only_what_differs_has_changed(
    old: dict[str, object], new: dict[str, object], told: list[tuple[str, object, object]]
) -> None:
    layers = [Layer("argument", {"flow": {"inbox": 4}})]
    changes = changes_between(old, new, layers)
    assert [(change.key, change.old, change.new) for change in changes] == told


def test_who_is_added_while_others_are_told_is_told_from_then_on() -> None:
    subscribers = Subscribers()
    told: list[str] = []
    subscribers.add(lambda change: subscribers.add(lambda change: told.append(change.key)))
    subscribers.tell([Change("a.b", 1, 2)])
    assert told == []
    subscribers.tell([Change("c.d", 1, 2)])
    assert told == ["c.d"]
