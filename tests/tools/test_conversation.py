"""The state of a talk with tools."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.tools.chat import ToolCall, Turn
from motet.tools.conversation import Conversation, Limits
from motet.tools.result import ToolResult


def asked(*ids: str, text: str = ""):
    return Turn("assistant", text, tuple(ToolCall(name, f"tool {place}") for place, name in enumerate(ids)))


def answered(talk):
    """Answer every call that is pending, those first that came last."""
    for place in sorted(talk.pending, reverse=True):
        refused = talk.refused.get(place)
        talk.answered(place, ToolResult.of(f"result {place}") if refused is None else ToolResult.failed(refused))
    talk.settle()


def test_results_stand_in_the_order_of_the_calls():
    talk = Conversation([Turn("user", "x")])
    talk.said(asked("a", "b"))
    assert list(talk.pending) == [0, 1]
    answered(talk)
    assert talk.turns[2:] == [
        Turn("tool", "result 0", call_id="a", name="tool 0"),
        Turn("tool", "result 1", call_id="b", name="tool 1"),
    ]
    talk.said(Turn("assistant", "done"))
    answer = talk.ended()
    assert (answer.text, answer.rounds, answer.calls, answer.failed, answer.stopped) == ("done", 2, 2, 0, None)
    assert answer.turns == tuple(talk.turns)


@pytest.mark.parametrize(
    ("before", "given_ids", "ids", "refused"),
    [
        ([], ["a", "b"], ["a", "b"], []),
        ([], ["", ""], ["call_1_1", "call_1_2"], []),
        ([], ["a", "a"], ["a", "call_1_1"], [1]),
        ([], ["a", "a", "b", "a"], ["a", "call_1_1", "b", "call_1_2"], [1, 3]),
        ([], ["call_1_1", ""], ["call_1_1", "call_1_2"], []),
        ([], ["", "call_1_1"], ["call_1_2", "call_1_1"], []),
        (["a"], ["a"], ["call_1_1"], []),
        (["a"], ["a", "a"], ["call_1_1", "call_1_2"], [1]),
        (["call_1_1"], [""], ["call_1_2"], []),
    ],
)
def test_every_call_of_a_talk_has_an_id_of_its_own(before, given_ids, ids, refused):
    talk = Conversation([asked(*before)])
    talk.said(asked(*given_ids))
    assert [call.id for call in talk.turns[-1].calls] == ids
    assert [call.id for call in talk.pending.values()] == ids
    assert list(talk.refused) == refused


def test_a_turn_whose_ids_change_is_no_longer_what_came():
    native = {"openai": {"x": 1}}
    talk = Conversation([])
    talk.said(Turn("assistant", "", (ToolCall("a", "f"),), native=native))
    assert talk.turns[-1].native == native
    talk.said(Turn("assistant", "", (ToolCall("a", "f"),), native=native))
    assert talk.turns[-1].native == {}


@pytest.mark.parametrize(
    ("limits", "rounds", "over"),
    [
        (Limits(3), [1, 1], None),
        (Limits(2), [1, 1], "rounds"),
        (Limits(2), [1, 0], None),
        (Limits(1), [5], "rounds"),
        (Limits(9, 3), [1, 2], None),
        (Limits(9, 3), [1, 3], "calls"),
        (Limits(9, 0), [1], "calls"),
        (Limits(9, 0), [0], None),
        (Limits(2, 1), [1, 1], "calls"),
    ],
)
def test_a_limit_stands_in_the_way_of_pending_calls_alone(limits, rounds, over):
    talk = Conversation([])
    for number, calls in enumerate(rounds):
        answered(talk)
        talk.said(asked(*(f"{number} {place}" for place in range(calls))))
    assert talk.over(limits) == over


def test_a_talk_that_is_stopped_answers_what_nobody_has_answered():
    talk = Conversation([])
    talk.said(asked("a", "b", text="let me see"))
    talk.answered(1, ToolResult.of("done"))
    answer = talk.ended("tokens")
    assert answer.text == "let me see"
    assert (answer.calls, answer.failed, answer.stopped) == (2, 1, "tokens")
    assert [(turn.call_id, turn.failed) for turn in answer.turns[1:]] == [("a", True), ("b", False)]
    assert answer.turns[1].text == "Error: Not done: the limit of tokens was reached."


def test_a_talk_in_which_nobody_said_anything_ends_as_well():
    answer = Conversation([Turn("user", "x")]).ended("seconds")
    assert (answer.text, answer.rounds, answer.stopped) == ("", 0, "seconds")


IDS = st.lists(st.sampled_from(["", "a", "b", "call_1_1", "call_2_1", "call_3_2"]), max_size=5)


@given(st.lists(IDS, max_size=5), st.booleans())
def test_however_ids_come_each_call_has_one_answer_under_its_id(rounds, stopped):
    talk = Conversation([Turn("user", "x")])
    for ids in rounds:
        answered(talk)
        talk.said(asked(*ids))
    if not stopped:
        answered(talk)
    turns = talk.ended("rounds" if stopped else None).turns
    calls = [call.id for turn in turns for call in turn.calls]
    assert len(calls) == len(set(calls))
    assert "" not in calls
    assert [turn.call_id for turn in turns if turn.role == "tool"] == calls
