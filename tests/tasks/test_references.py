"""Results of dependencies in the inputs of a task."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.kernel.errors import Fault, InvalidPayload
from motet.tasks.definition import Definition, Dependency
from motet.tasks.references import check_references, effective_inputs, references

RESULTS = {"page": {"title": "Home", "links": ["a", {"to": None}]}, "cpu": None}


def task(**inputs: object):
    return Definition(3, "report", "x", inputs, dependencies=(Dependency(1, "page"), Dependency(2, "cpu", False)))


def given_to(definition, results=RESULTS, refused=()):
    return effective_inputs(definition, results, lambda name: name not in refused)


@pytest.mark.parametrize(
    ("inputs", "effective"),
    [
        ({}, RESULTS),
        ({"a": 1}, {"a": 1, **RESULTS}),
        # The defined input wins, even if it says "nothing".
        ({"page": None}, {"page": None, "cpu": None}),
        ({"cpu": 5}, {"cpu": 5, "page": RESULTS["page"]}),
        # What is taken somewhere arrives only there.
        ({"a": {"$from": "page"}}, {"a": RESULTS["page"], "cpu": None}),
        ({"a": {"$from": "cpu"}}, {"a": None, "page": RESULTS["page"]}),
        ({"page": {"$from": "page", "path": "/title"}}, {"page": "Home", "cpu": None}),
        ({"a": {"$from": "page", "path": ""}}, {"a": RESULTS["page"], "cpu": None}),
        ({"a": [{"b": {"$from": "page", "path": "/links/1/to"}}]}, {"a": [{"b": None}], "cpu": None}),
        (
            {"a": {"$from": "page", "path": "/title"}, "b": {"$from": "page", "path": "/links/0"}},
            {"a": "Home", "b": "a", "cpu": None},
        ),
        # A literal is what it is, whatever it looks like.
        ({"a": {"$literal": {"$from": "page"}}}, {"a": {"$from": "page"}, **RESULTS}),
        ({"a": {"$literal": {"$literal": 1}}}, {"a": {"$literal": 1}, **RESULTS}),
        ({"a": [{"$literal": None}]}, {"a": [None], **RESULTS}),
    ],
)
def test_results_arrive_where_they_should(inputs, effective):
    assert given_to(task(**inputs)) == effective


def test_a_result_that_the_executor_does_not_accept_is_left_out_unless_it_is_taken():
    assert given_to(task(), refused={"page"}) == {"cpu": None}
    assert given_to(task(page={"$from": "page", "path": "/title"}), refused={"page", "cpu"}) == {"page": "Home"}


def test_of_a_dependency_that_did_not_complete_nothing_arrives():
    results = {"page": 1}
    assert given_to(task(), results) == {"page": 1}
    assert given_to(task(a={"$from": "cpu"}, b={"$from": "cpu", "path": "/x"}), results) == {
        "a": None,
        "b": None,
        "page": 1,
    }


@pytest.mark.parametrize("result", [None, 0, False, "", [], {}])
def test_an_empty_result_is_a_result(result):
    assert given_to(task(a={"$from": "page"}), {"page": result, "cpu": result}) == {"a": result, "cpu": result}


@pytest.mark.parametrize(
    ("name", "pointer"),
    [("page", "/nobody"), ("page", "/links/2"), ("page", "/links/-"), ("page", "/title/0"), ("cpu", "/x")],
)
def test_a_pointer_that_leads_nowhere_fails_the_task(name, pointer):
    with pytest.raises(InvalidPayload) as caught:
        given_to(task(a={"$from": name, "path": pointer}))
    assert caught.value.details == {"task": "report", "dependency": name, "pointer": pointer}
    assert caught.value.fault is Fault.CALLER
    for part in ("'report'", repr(name), repr(pointer)):
        assert part in str(caught.value)


def test_taking_from_what_is_no_dependency_fails_the_task():
    with pytest.raises(InvalidPayload, match="'other', which it does not depend on") as caught:
        given_to(task(a={"$from": "other"}), {"other": 1})
    assert caught.value.details == {"task": "report", "dependency": "other"}


def test_nothing_is_shared_with_definition_or_results():
    definition = task(a=[{"b": []}], c={"$literal": [1]}, d={"$from": "cpu", "path": "/0"})
    results = {"page": [[]], "cpu": [[2]]}
    before = copy.deepcopy((definition.inputs, results))
    given_ = given_to(definition, results)
    assert given_ == {"a": [{"b": []}], "c": [1], "d": [2], "page": [[]]}
    given_["a"][0]["b"].append(1)
    given_["c"].append(1)
    given_["d"].append(1)
    given_["page"][0].append(1)
    assert (definition.inputs, results) == before


def test_names_that_inputs_take_from_are_found():
    inputs = {
        "a": {"$from": "x"},
        "b": [1, {"c": {"$from": "y", "path": "/z"}}],
        "d": {"$literal": {"$from": "no"}},
        "e": "$from",
    }
    assert references(inputs) == {"x", "y"}
    assert references({}) == set()


def checked(inputs):
    problems = []
    found = check_references(inputs, "inputs", lambda field, message: problems.append((field, message)))
    return found, problems


def test_a_reference_is_brought_into_its_shortest_form():
    inputs = {"a": {"$from": "x", "path": ""}, "b": [{"$from": "x", "path": None}], "c": {"$from": "x", "path": "/a"}}
    found, problems = checked(inputs)
    assert not problems
    assert [place for place, _ in found] == ["inputs.a", "inputs.b.0", "inputs.c"]
    assert inputs == {"a": {"$from": "x"}, "b": [{"$from": "x"}], "c": {"$from": "x", "path": "/a"}}


@pytest.mark.parametrize(
    ("inputs", "field", "told"),
    [
        ({"a": {"$from": 1}}, "inputs.a", '"$from" is 1: write the name'),
        ({"a": {"$from": None}}, "inputs.a", '"$from" is None: write the name'),
        ({"a": {"$from": "x", "pth": "/a"}}, "inputs.a", '\'pth\' means nothing beside "$from": did you mean "path"?'),
        ({"a": {"$from": "x", "zzz": "/a"}}, "inputs.a", 'write only "$from" and "path"'),
        ({"a": [{"$from": "x", "path": "a"}]}, "inputs.a.0", "write a JSON pointer"),
        ({"a": {"$from": "x", "path": "/~"}}, "inputs.a", "write a JSON pointer"),
        ({"a": {"$from": "x", "path": 0}}, "inputs.a", '"path" is 0: write a JSON pointer'),
        ({"a": {"$from": "x", "path": False}}, "inputs.a", '"path" is False'),
        ({"a": {"$literal": 1, "b": 2}}, "inputs.a", 'an object with "$literal" has no other key'),
        ({"a": {"$literal": 1, "$from": "x"}}, "inputs.a", 'an object with "$literal" has no other key'),
        ({"$from": "x"}, "inputs", 'write {"some_name": {"$from": ...}}'),
        ({"$literal": {"a": 1}}, "inputs", 'write {"some_name": {"$literal": ...}}'),
    ],
)
def test_a_reference_that_is_written_wrong_is_told_with_its_place(inputs, field, told):
    found, problems = checked(inputs)
    assert not found
    assert [place for place, _ in problems] == [field]
    assert told in problems[0][1]


def test_all_that_is_wrong_with_a_reference_is_told():
    assert len(checked({"a": {"$from": 1, "path": 2, "b": 3, "c": 4}})[1]) == 4


@given(
    st.recursive(
        st.none() | st.integers(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["a", "$from", "$literal", "path", "page"]), inner)
        ),
        max_leaves=20,
    )
)
def test_every_value_can_be_given_as_a_literal(value):
    inputs = {"a": {"$literal": value}}
    assert checked(inputs) == ([], [])
    assert json.dumps(given_to(task(**inputs), {})["a"]) == json.dumps(value)
