"""Predicates: ready-made ones, and what `&`, `|` and `~` make of them."""

import asyncio
import inspect
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet import agent
from motet.compose.predicates import (
    Predicate,
    above,
    always,
    below,
    compare,
    contains,
    equals,
    has,
    is_a,
    matches,
)


@dataclass
class Ticket:
    kind: str = "bug"
    text: str = "it crashes"
    votes: Any = 3
    tags: list[str] = field(default_factory=lambda: ["ui"])


TICKET = Ticket()


async def is_short(ticket):
    await asyncio.sleep(0)
    return len(ticket.text) < 20


@agent
async def is_polite(ticket) -> bool:
    return "please" in ticket.text


def is_open(ticket):
    return True


@pytest.mark.parametrize(
    ("predicate", "label", "holds"),
    [
        (is_a(Ticket), "is_a(Ticket)", True),
        (is_a(str, int), "is_a(str, int)", False),
        (is_a(str | Ticket), "is_a(str, Ticket)", True),
        (equals("bug", at="kind"), "equals('bug', at='kind')", True),
        (equals(TICKET), f"equals({TICKET!r})", True),
        (equals("3", at="votes"), "equals('3', at='votes')", False),
        (contains("crash", at="text"), "contains('crash', at='text')", True),
        (contains("ui", at="tags"), "contains('ui', at='tags')", True),
        (contains("ui"), "contains('ui')", False),
        (matches("^it .*es$", at="text"), "matches('^it .*es$', at='text')", True),
        (matches(re.compile("CRASH", re.IGNORECASE), at="text"), "matches('CRASH', at='text')", True),
        (matches("3", at="votes"), "matches('3', at='votes')", False),
        (has("tags.0"), "has('tags.0')", True),
        (has("tags.1"), "has('tags.1')", False),
        (above(2, at="votes"), "above(2, at='votes')", True),
        (above(3, at="votes"), "above(3, at='votes')", False),
        (below(Decimal("3.5"), at="votes"), "below(Decimal('3.5'), at='votes')", True),
        (compare(">=", 3, at="votes"), "compare('>=', 3, at='votes')", True),
        (compare("!=", 3, at="votes"), "compare('!=', 3, at='votes')", False),
        (above(1, at="text"), "above(1, at='text')", False),
        (always, "always", True),
        (~always, "~always", False),
    ],
)
def test_a_predicate_holds_or_not_and_says_what_it_asks(predicate, label, holds):
    assert predicate(TICKET) is holds
    assert repr(predicate) == label


@pytest.mark.parametrize("value", [1, True, "1"])
def test_1_true_and_the_text_1_are_told_apart(value):
    assert [equals(value)(other) for other in (1, True, "1")] == [other is value for other in (1, True, "1")]


@pytest.mark.parametrize(
    "predicate",
    [
        equals(None, at="nowhere.x"),
        contains("x", at="nowhere"),
        matches("", at="tags.7"),
        has("text.x"),
        above(0, at="nowhere"),
        below(0, at="kind.x"),
    ],
    ids=repr,
)
def test_a_path_that_leads_nowhere_makes_it_false(predicate):
    assert predicate(TICKET) is False
    assert predicate(None) is False
    assert (~predicate)(TICKET) is True


@pytest.mark.parametrize("found", [True, "4", None, float("nan"), Decimal("nan"), [4]])
def test_what_is_no_number_compares_in_no_way(found):
    assert not any(compare(comparison, 3)(found) for comparison in ("<", "<=", ">", ">=", "=="))


A, B, C = (Predicate(lambda payload, letter=letter: letter in payload, letter) for letter in "abc")


@pytest.mark.parametrize(
    ("predicate", "label"),
    [
        (A & B & C, "a & b & c"),
        (A & (B & C), "a & b & c"),
        (A | B & C, "a | b & c"),
        ((A | B) & C, "(a | b) & c"),
        (A & (B | C), "a & (b | c)"),
        (~A & B, "~a & b"),
        (~(A & B), "~(a & b)"),
        (~~A, "~~a"),
        (~(A | ~B), "~(a | ~b)"),
        (A & is_open, "a & is_open"),
        (is_open | A, "is_open | a"),
        (A & (lambda _: True), "a & condition"),
        (is_polite & A, "is_polite & a"),
    ],
)
def test_a_combination_is_written_with_no_more_parentheses_than_it_needs(predicate, label):
    assert repr(predicate) == label


EXPRESSIONS = st.recursive(
    st.sampled_from("abc"),
    lambda inner: st.tuples(st.just("~"), inner) | st.tuples(st.sampled_from("&|"), inner, inner),
    max_leaves=8,
)


def built(expression, leaves):
    if isinstance(expression, str):
        return leaves[expression]
    if expression[0] == "~":
        return ~built(expression[1], leaves)
    one, other = (built(part, leaves) for part in expression[1:])
    return one & other if expression[0] == "&" else one | other


def later(predicate):
    async def test(payload):
        await asyncio.sleep(0)
        return predicate(payload)

    return Predicate(test, repr(predicate))


SYNC = {"a": A, "b": B, "c": C}
MIXED = {"a": later(A), "b": B, "c": later(C)}


@given(EXPRESSIONS, st.text("abc", max_size=3))
def test_every_combination_means_what_its_label_says(expression, payload):
    predicate = built(expression, SYNC)
    names = {letter: letter in payload for letter in "abc"}
    text = repr(predicate).replace("~", " not ").replace("&", " and ").replace("|", " or ")
    assert predicate(payload) is eval(text, {}, names)  # noqa: S307 - an expression of a, b, c, not, and, or

    async def ask():
        verdict = built(expression, MIXED)(payload)
        return await verdict if inspect.isawaitable(verdict) else verdict

    assert asyncio.run(ask()) is predicate(payload)


@pytest.mark.parametrize("test", [is_short, is_polite])
async def test_functions_that_are_awaited_and_agents_can_be_combined(test):
    asked = Ticket(text="please")
    assert await (is_a(Ticket) & test)(asked) is True
    assert await (test & is_a(str))(asked) is False
    assert await (~(is_a(str) | test))(asked) is False


def never(payload):
    raise AssertionError


async def test_what_is_decided_already_is_not_asked():
    assert (A & never)("") is False
    assert (A | never)("a") is True
    assert await (MIXED["a"] & never)("") is False
    assert await (MIXED["a"] | never)("a") is True


def test_and_or_and_not_in_words_are_refused():
    with pytest.raises(TypeError, match="write &, | and ~"):
        _ = A and B
    with pytest.raises(TypeError, match="write &, | and ~"):
        _ = not A


@pytest.mark.parametrize(
    ("make", "error", "told"),
    [
        (lambda: is_a("Ticket"), TypeError, "isinstance"),
        (lambda: is_a(list[int]), TypeError, "isinstance"),
        (lambda: matches("("), ValueError, "no regular expression"),
        (lambda: equals(1, at=""), ValueError, "dots between"),
        (lambda: has("a..b"), ValueError, "dots between"),
        (lambda: compare("=>", 1), ValueError, "one of <, <=, >, >=, ==, !="),
        (lambda: above("3"), TypeError, "not to '3'"),
        (lambda: below(True), TypeError, "not to True"),
        (lambda: A & 3, TypeError, "not beside 3"),
        (lambda: None | A, TypeError, "not beside None"),
    ],
)
def test_what_makes_no_sense_is_refused_when_it_is_written(make, error, told):
    with pytest.raises(error, match=re.escape(told)):
        make()
