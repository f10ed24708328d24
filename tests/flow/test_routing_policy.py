"""Routing as data: what each test passes, where it looks, and what it refuses to read."""

import enum
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from motet import DROP, Flow, RoutingPolicy, route
from motet.flow.routing_policy import TESTS, Rule
from support import node, within


class Kind(enum.Enum):
    BUG = "bug"


class Author(BaseModel):
    name: str
    tags: list[str] = []
    _hidden: str = "not to be seen"


class Issue(BaseModel):
    kind: Kind | str = "bug"
    size: int | None = 3
    author: Author = Author(name="ann", tags=["new", "kind"])


@dataclass
class Point:
    x: int = 1
    notes: dict[str, Any] = field(default_factory=lambda: {"a": [{"deep": 5}], "none": None})
    _own: int = 7


class Unequal:
    """Cannot be compared with anything, not even hashed."""

    __hash__ = None

    def __lt__(self, other: object) -> bool:
        raise TypeError("no order")

    __gt__ = __lt__


@pytest.mark.parametrize(
    ("test", "value", "passes", "fails"),
    [
        ("equals", "bug", ["bug", Kind.BUG], ["idea", "", None, 3, ["bug"]]),
        ("equals", 3, [3, 3.0], ["3", None]),
        ("equals", None, [None], [0, "", False]),
        ("equals", ["a", "b"], [["a", "b"], ("a", "b")], [["a"], "ab"]),
        ("equals", Kind.BUG, ["bug", Kind.BUG], ["BUG"]),
        ("not_equals", "bug", ["idea", None, 3], ["bug", Kind.BUG]),
        ("in", ["a", "b"], ["a", "b"], ["c", "ab", None, ["a"]]),
        ("in", [], [], ["a", None]),
        ("in", {"a"}, ["a"], ["b", ["a"], {}]),
        ("in", [Kind.BUG, 3], ["bug", Kind.BUG, 3], ["idea"]),
        ("less", 5, [4, 4.9, -1, False], [5, 6, "4", None, [1]]),
        ("less", "b", ["a", ""], ["b", "c", 1, None]),
        ("greater", 5, [6, 5.1], [5, 4, "6", None, {}]),
        ("greater", "b", ["c", "ba"], ["b", "a", 7]),
        ("greater", 0, [], [Unequal()]),
        ("matches", "^b.g$", ["bug", "bag", Kind.BUG], ["bugs", "idea", ""]),
        ("matches", "u", ["bug", "u"], ["idea"]),
        ("matches", "^4", [42, 4.5], [24]),
        ("exists", True, ["bug", 0, None, [], False], []),
        ("exists", False, [], ["bug", None]),
    ],
)
def test_what_passes_each_test(test, value, passes, fails):
    rule = Rule("", test, value, "x")
    assert [payload for payload in passes if not rule.fits(payload)] == []
    assert [payload for payload in fails if rule.fits(payload)] == []
    assert all(Rule("key", test, value, "x").fits({"key": payload}) for payload in passes)


MODEL = Issue()
DATA = {"a": {"b": [10, {"c": 20}]}, "0": "zero", "": "empty", "_private": 1, "n": None}


@pytest.mark.parametrize(
    ("payload", "way", "value"),
    [
        (MODEL, "kind", "bug"),
        (MODEL, "author.name", "ann"),
        (MODEL, "author.tags.0", "new"),
        (MODEL, "author.tags.1", "kind"),
        (MODEL, "author..name", "ann"),
        (MODEL, ".author.name.", "ann"),
        (DATA, "a.b.0", 10),
        (DATA, "a.b.1.c", 20),
        (DATA, "0", "zero"),
        (DATA, "_private", 1),
        (DATA, "n", None),
        (Point(), "x", 1),
        (Point(), "notes.a.0.deep", 5),
        (Point(), "notes.none", None),
        ([1, 2], "1", 2),
        ((1, 2), "0", 1),
        ([[1], [2, 3]], "1.0", 2),
        ("text", "", "text"),
        (5, "", 5),
        (None, "", None),
    ],
)
def test_a_way_leads_through_attributes_keys_and_indexes(payload, way, value):
    assert Rule(way, "equals", value, "x").fits(payload)
    assert Rule(way, "exists", True, "x").fits(payload)
    assert not Rule(way, "exists", False, "x").fits(payload)


@pytest.mark.parametrize(
    ("payload", "way"),
    [
        (MODEL, "nothing"),
        (MODEL, "author.nothing.name"),
        (MODEL, "author.tags.2"),
        (MODEL, "author.tags.-1"),
        (MODEL, "author.tags.²"),
        (MODEL, "author._hidden"),
        (MODEL, "_private"),
        (MODEL, "__class__.__name__"),
        (MODEL, "author.__dict__"),
        (Point(), "_own"),
        (DATA, "a.x"),
        (DATA, "a.b.first"),
        (DATA, "n.x"),
        ([1], "__len__"),
        (None, "x"),
        (5, "x"),
    ],
)
@pytest.mark.parametrize(
    ("test", "value"),
    [
        ("equals", None),
        ("not_equals", 1),
        ("in", [None]),
        ("less", 1),
        ("greater", 1),
        ("matches", ""),
        ("exists", True),
    ],
)
def test_a_value_that_is_not_there_passes_no_test_but_its_absence(payload, way, test, value):
    assert not Rule(way, test, value, "x").fits(payload)
    assert Rule(way, "exists", False, "x").fits(payload)


def test_the_first_rule_that_fits_decides():
    policy = RoutingPolicy.from_dict(
        {
            "rules": [
                {"field": "kind", "equals": "bug", "to": "fix"},
                {"field": "size", "greater": 9, "to": "split"},
                {"field": "size", "exists": False, "to": "measure"},
            ],
            "default": "discuss",
        }
    )
    assert policy.decide({"kind": "bug", "size": 10}) == "fix"
    assert policy.decide({"kind": "idea", "size": 10}) == "split"
    assert policy.decide({"kind": "idea"}) == "measure"
    assert policy.decide({"kind": "idea", "size": 1}) == "discuss"


def test_without_a_rule_that_fits_the_routers_own_default_counts():
    policy = RoutingPolicy.from_dict({"rules": [{"equals": 1, "to": "one"}]})
    assert policy.decide(2) == "no rule"


async def test_a_policy_leads_messages_through_a_flow():
    policy = RoutingPolicy.from_json(
        '{"rules": [{"less": 0, "to": "spam"}, {"less": 10, "to": "small"}, {"equals": 99, "to": "unknown"}]}'
    )
    flow = Flow("f", route({"spam": None, "small": node("small")}, by=policy, default=node("rest")))
    for number, outputs in ((-1, []), (5, [5]), (50, [50]), (99, [99])):
        run = await flow.submit(number)
        await within(run)
        assert run.outputs == outputs
    dropped = Flow("f", route({"small": node("small")}, by=policy, default=DROP))
    assert await within(dropped(-1)) is None


RULE = {"field": "kind", "equals": "bug", "to": "fix"}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, ["neither 'rules' nor a 'default'"]),
        ([], ["an object with 'rules' and 'default', not []"]),
        ("rules", ["not 'rules'"]),
        (None, ["not None"]),
        ({"rules": "none"}, ["'rules' is a list of objects, not 'none'"]),
        ({"rules": {"a": RULE}}, ["'rules' is a list of objects"]),
        ({"rules": None}, ["'rules' is a list of objects, not None"]),
        ({"rule": [RULE]}, ["unknown entry 'rule'"]),
        ({"rules": [], "default": 5}, ["'default' is the label of a case, not 5"]),
        ({"rules": [], "default": ""}, ["'default' is the label of a case, not ''"]),
        ({"rules": ["fix"]}, ["rule 0: 'fix' is no object"]),
        ({"rules": [{}]}, [f"rule 0: needs exactly one test of {', '.join(TESTS)}", "rule 0: needs 'to'"]),
        ({"rules": [{**RULE, "less": 3}]}, ["rule 0: needs exactly one test"]),
        ({"rules": [{**RULE, "equal": 3}]}, ["rule 0: unknown entry 'equal'"]),
        ({"rules": [{"equals": 1}]}, ["rule 0: needs 'to', the label of a case"]),
        ({"rules": [{"equals": 1, "to": 1}]}, ["rule 0: needs 'to'"]),
        ({"rules": [{"equals": 1, "to": ""}]}, ["rule 0: needs 'to'"]),
        ({"rules": [{**RULE, "field": 3}]}, ["rule 0: 'field' is a text, with dots between the steps, not 3"]),
        ({"rules": [{"in": "bug", "to": "fix"}]}, ["rule 0: 'in' takes a list, not 'bug'"]),
        ({"rules": [{"less": None, "to": "x"}]}, ["rule 0: 'less' takes a number or a text, not None"]),
        ({"rules": [{"greater": {}, "to": "x"}]}, ["rule 0: 'greater' takes a number or a text, not {}"]),
        ({"rules": [{"exists": "false", "to": "x"}]}, ["rule 0: 'exists' takes true or false, not 'false'"]),
        ({"rules": [{"exists": 1, "to": "x"}]}, ["rule 0: 'exists' takes true or false, not 1"]),
        ({"rules": [{"matches": 3, "to": "x"}]}, ["rule 0: 'matches' takes a regular expression, which is a text"]),
        ({"rules": [{"matches": "(", "to": "x"}]}, ["rule 0: '(' is no regular expression (missing )"]),
        (
            {"rules": [RULE, {"matches": "[", "too": "x"}, 3, {"in": 1, "less": None, "to": 1}], "otherwise": "x"},
            [
                "unknown entry 'otherwise'",
                "rule 1: unknown entry 'too'",
                "rule 1: needs 'to'",
                "rule 1: '[' is no regular expression",
                "rule 2: 3 is no object",
                "rule 3: needs exactly one test",
                "rule 3: needs 'to'",
                "rule 3: 'in' takes",
                "rule 3: 'less' takes",
            ],
        ),
        ({"rules": 3, "x": 1, "default": 5}, ["unknown entry 'x'", "'default' is", "'rules' is"]),
    ],
)
def test_what_cannot_be_read_is_refused_with_every_problem(data, told, monkeypatch):
    with pytest.raises(ValueError, match="The routing policy cannot be read: ") as caught:
        RoutingPolicy.from_dict(data)
    problems = str(caught.value).removeprefix("The routing policy cannot be read: ").split("; ")
    assert len(problems) == len(told), problems
    assert all(part in problem for part, problem in zip(told, problems, strict=True)), problems
    with pytest.raises(ValueError, match="cannot be read") as caught_too:
        RoutingPolicy.from_json(json.dumps(data))
    assert str(caught_too.value) == str(caught.value)
    monkeypatch.setenv("POLICY", json.dumps(data))
    with pytest.raises(ValueError, match="In the environment variable POLICY: The routing policy cannot be read"):
        RoutingPolicy.from_env("POLICY")


def test_text_that_is_no_json_is_refused(monkeypatch):
    for text in ("", "{", "rules: []"):
        with pytest.raises(ValueError, match="is no valid JSON"):
            RoutingPolicy.from_json(text)
        monkeypatch.setenv("POLICY", text)
        with pytest.raises(ValueError, match="In the environment variable POLICY: .* is no valid JSON"):
            RoutingPolicy.from_env("POLICY")


def test_a_variable_that_is_not_set_says_so(monkeypatch):
    monkeypatch.delenv("POLICY", raising=False)
    with pytest.raises(ValueError, match="POLICY is not set: it should hold a routing policy as JSON"):
        RoutingPolicy.from_env("POLICY")


@pytest.mark.parametrize(
    ("test", "value", "message"),
    [
        ("equal", 1, "'equal' is no test: it is one of equals"),
        ("in", "a", "takes a list"),
        ("matches", "(", "no regular"),
    ],
)
def test_a_rule_that_can_never_be_passed_is_refused_in_code_too(test, value, message):
    with pytest.raises(ValueError, match=f"The rule that leads to 'x' cannot be used: .*{message}"):
        Rule("", test, value, "x")


LABELS = st.text(min_size=1)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
RULES = st.one_of(
    st.builds(Rule, st.text(), st.sampled_from(["equals", "not_equals"]), PLAIN | st.lists(PLAIN), LABELS),
    st.builds(Rule, st.text(), st.just("in"), st.lists(PLAIN), LABELS),
    st.builds(Rule, st.text(), st.sampled_from(["less", "greater"]), st.integers() | st.text(), LABELS),
    st.builds(Rule, st.text(), st.just("matches"), st.sampled_from(["a", "^b+$", r"\d"]), LABELS),
    st.builds(Rule, st.text(), st.just("exists"), st.booleans(), LABELS),
)
POLICIES = st.builds(RoutingPolicy, st.lists(RULES, min_size=1).map(tuple), st.none() | LABELS)
PAYLOADS = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=6)


def as_data(policy: RoutingPolicy) -> dict[str, Any]:
    rules = [{"field": rule.field, rule.test: rule.value, "to": rule.to} for rule in policy.rules]
    return {"rules": rules, "default": policy.default}


@given(POLICIES, PAYLOADS)
def test_a_policy_goes_through_data_json_and_the_environment_unchanged(policy, payload):
    data = as_data(policy)
    assert RoutingPolicy.from_dict(data) == policy
    assert RoutingPolicy.from_json(json.dumps(data)) == policy
    labels = {*(rule.to for rule in policy.rules), policy.default or "no rule"}
    assert policy.decide(payload) in labels


@given(RULES, PAYLOADS)
def test_a_rule_answers_for_any_payload(rule, payload):
    assert rule.fits(payload) in {True, False}
