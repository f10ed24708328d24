"""Which parameter of a tool's function takes the context, and which only looks like it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional, Union

import pytest
from pydantic import BaseModel

import motet
from motet.kernel.context import Context
from motet.kernel.errors import InvalidAgent
from motet.kernel.scope import Scope
from motet.tools.signature import arguments_model, read_signature

if TYPE_CHECKING:
    from motet.kernel.context import Context as Hidden


def model_of(function):
    return arguments_model(function, "x", read_signature(function, "x").parameters, {})


def schema_of(function):
    return model_of(function).model_json_schema()


def with_context(query: str, ctx: Context):
    return ctx


def with_optional(query: str, where: Optional[Context] = None):  # noqa: UP045 - as people write it
    return where


def with_hidden(query: str, where: Hidden | Context):
    return where


def with_unknown(query: str, where: motet.Context | None = None):
    return where


def with_other_name(c: Context, query: str):
    return c


def without_annotation(query, ctx):
    return ctx


@pytest.mark.parametrize("function", [with_context, with_optional, with_unknown, with_other_name, without_annotation])
def test_a_context_is_no_argument(function):
    context = Context(Scope(), "x")
    assert list(schema_of(function)["properties"]) == ["query"]
    bound = read_signature(function, "x").bind(model_of(function).model_validate({"query": "q"}), context)
    assert function(**bound) is context


def test_a_context_that_only_type_checkers_know_is_no_argument():
    def hidden(query: str, where: motet.TypesOnly.Context):
        return where

    assert read_signature(hidden, "x").context == "where"


def real_annotations():
    """Make functions whose annotations are no strings, as in modules without `from __future__`."""
    code = "def one(q: int, c: Union[Context, None]): ...\ndef two(q: int, c: Optional['Context']): ..."
    names: dict[str, Any] = {"Union": Union, "Optional": Optional, "Context": Context}
    exec(compile(code, "real", "exec", dont_inherit=True), names)  # noqa: S102 - see above
    return [names["one"], names["two"]]


@pytest.mark.parametrize("function", real_annotations())
def test_annotations_that_are_no_strings_tell_the_same(function):
    assert read_signature(function, "x").context == "c"


class Other(BaseModel):
    text: str


def test_a_parameter_that_looks_like_a_context_and_is_none_is_an_argument():
    def ask(question: str, context: str, ctx: int, other: list[Context], mine: Other):
        return question

    assert [parameter.name for parameter in read_signature(ask, "x").parameters] == [
        *["question", "context", "ctx", "other", "mine"]
    ]


def test_another_class_of_that_name_is_an_argument():
    names: dict[str, Any] = {"BaseModel": BaseModel, "__name__": __name__}
    code = "from __future__ import annotations\nclass Context(BaseModel): x: int\ndef f(ctx: Context): ..."
    exec(code, names)  # noqa: S102 - a module with a class of the same name
    assert read_signature(names["f"], "x").context == ""


def test_two_contexts_are_refused():
    def twice(one: Context, two: Context):
        return one

    with pytest.raises(InvalidAgent, match="twice, as one and two"):
        read_signature(twice, "x")
