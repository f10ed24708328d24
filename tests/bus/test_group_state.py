"""What waits for one group: pure, with the time passed in."""

import pytest

from motet.bus.group_state import GroupState
from motet.bus.posted import Posted


def state_of(*keys: str | None, visibility=10.0):
    done = []
    state = GroupState(visibility, done.append)
    for number, key in enumerate(keys, 1):
        state.add(number, Posted("t", b"%d" % number, key, {}))
    return state, done


def taken(state, now=0.0, member="me"):
    """Take whatever may be taken."""
    found = []
    while (delivery := state.take(member, now)) is not None:
        found.append(delivery)
    return found


@pytest.mark.parametrize(
    ("keys", "first"),
    [
        ([], []),
        ([None, None], [b"1", b"2"]),
        (["k", "k", "k"], [b"1"]),
        (["k", "l", "k", None, "l"], [b"1", b"2", b"4"]),
        (["", "", None], [b"1", b"3"]),
    ],
)
def test_one_message_of_each_key_may_be_received(keys, first):
    state, _ = state_of(*keys)
    assert state.ready(0) == len(first)
    assert [delivery.payload for delivery in taken(state)] == first


def test_the_next_of_a_key_is_ready_when_the_one_before_is_acknowledged():
    state, done = state_of("k", "k")
    (first,) = taken(state)
    assert state.ack(first, "me", 1)
    (second,) = taken(state)
    assert state.ack(second, "me", 1)
    assert done == [1, 2]
    assert taken(state) == []


def test_what_is_held_is_held_until_its_time_is_over_and_no_longer():
    state, done = state_of(None)
    (held,) = taken(state)
    assert state.due() == 10
    assert taken(state, 9.5) == []
    assert state.extend(held, "me", 9.5)
    assert state.due() == 19.5
    (again,) = taken(state, 19.5, "you")
    assert again.attempt == 2
    assert not state.ack(held, "me", 19.5)
    assert not state.ack(again, "me", 19.5)
    assert state.ack(again, "you", 29.25)
    assert done == [1]


def test_an_acknowledgement_that_is_late_is_none():
    state, done = state_of(None)
    (held,) = taken(state)
    assert not state.ack(held, "me", 10)
    assert done == []
    assert state.ready(10) == 1


def test_what_is_given_back_waits_for_its_delay():
    state, _ = state_of("k", "k", None)
    first, _ = taken(state)
    assert state.nack(first, "me", 1, 4)
    assert state.due() == 5
    assert taken(state, 4) == []
    assert [(delivery.payload, delivery.attempt) for delivery in taken(state, 5)] == [(b"1", 2)]


def test_who_leaves_gives_back_what_is_its_own():
    state, _ = state_of(None, None)
    mine, yours = state.take("me", 0), state.take("you", 0)
    state.leave("me")
    assert [delivery.payload for delivery in taken(state)] == [mine.payload]
    assert state.ack(yours, "you", 1)


def test_a_group_that_is_forgotten_is_done_with_everything():
    state, done = state_of("k", "k", None, None)
    held, given_back = state.take("me", 0), state.take("me", 0)
    state.nack(given_back, "me", 0, 5)
    state.forget()
    assert state.forgotten
    assert done == [1, 2, 3, 4]
    assert not state.ack(held, "me", 0)
    assert (state.ready(100), state.due()) == (0, None)


def test_what_is_acknowledged_is_kept_nowhere():
    state, done = state_of("k", "k", "l", None)
    assert state.nack(state.take("me", 0), "me", 0, 0)
    while found := taken(state):
        assert all(state.ack(delivery, "me", 0) for delivery in found)
    assert sorted(done) == [1, 2, 3, 4]
    assert not any((state._open, state._lines, state._ready, state._delayed, state._held))
