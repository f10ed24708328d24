"""How a function is written, and what types its annotations say."""

import dataclasses
import functools
from typing import TYPE_CHECKING

import pytest

from motet import Context, agent
from motet.kernel.errors import InvalidAgent
from motet.kernel.form import Form, form_of

if TYPE_CHECKING:
    from motet.kernel.context import Context as OnlyHere


async def plain(payload): ...
async def with_context(payload, ctx): ...
async def named_context(payload, context): ...
async def annotated_context(payload, c: Context): ...
async def string_context(payload, c: "Context"): ...
async def with_default(payload, scale=2): ...
async def keyword(payload, *, scale=2): ...
async def positional(payload, /): ...
def sync(payload): ...
def sync_context(payload, ctx): ...
async def generator(payload):
    yield payload


class Callee:
    async def __call__(self, payload, ctx) -> None: ...

    async def method(self, payload): ...

    @staticmethod
    def static(payload) -> None: ...


@pytest.mark.parametrize(
    ("function", "form"),
    [
        (plain, Form("async", takes_context=False)),
        (with_context, Form("async", takes_context=True)),
        (named_context, Form("async", takes_context=True)),
        (annotated_context, Form("async", takes_context=True)),
        (string_context, Form("async", takes_context=True)),
        (with_default, Form("async", takes_context=False)),
        (keyword, Form("async", takes_context=False)),
        (positional, Form("async", takes_context=False)),
        (sync, Form("sync", takes_context=False)),
        (sync_context, Form("sync", takes_context=True)),
        (generator, Form("generator", takes_context=False)),
        (Callee(), Form("async", takes_context=True)),
        (Callee().method, Form("async", takes_context=False)),
        (Callee.static, Form("sync", takes_context=False)),
        (functools.partial(with_default, scale=3), Form("async", takes_context=False)),
        (functools.partial(functools.partial(generator)), Form("generator", takes_context=False)),
        (functools.lru_cache(sync), Form("sync", takes_context=False)),
        (len, Form("sync", takes_context=False)),
    ],
)
def test_the_form_of_a_function_is_read_from_its_signature(function, form):
    assert form_of(function, "x") == form


async def nothing(): ...
async def two(first, second): ...
async def more(payload, ctx, other): ...
async def keyword_needed(payload, *, scale): ...
async def variadic(*values: int): ...
def sync_generator(payload):
    yield payload


@pytest.mark.parametrize(
    ("function", "advice"),
    [
        (nothing, r"takes \(\): an agent takes \(payload\) or \(payload, ctx\)"),
        (two, r"takes \(first, second\)"),
        (more, r"takes \(payload, ctx, other\)"),
        (keyword_needed, r"takes \(payload, scale\)"),
        (variadic, r"takes \(values\)"),
        (functools.partial(plain, payload=1), r"takes \(payload\)"),
        (sync_generator, "write `async def`"),
        (max, "does not tell what it takes"),
    ],
)
def test_a_wrong_signature_gives_an_invalid_agent_that_says_how_to_write_it(function, advice):
    with pytest.raises(InvalidAgent, match=advice):
        agent(name="x")(function)


async def unresolvable(payload: "Nowhere") -> int: ...  # noqa: F821
async def no_attribute(payload: "dataclasses.Nowhere") -> int: ...
async def no_expression(payload: "list[") -> int: ...  # noqa: F722
async def no_type(payload: "3 | 4 | None") -> int: ...
async def unresolvable_output(payload) -> "Nowhere": ...  # noqa: F821


@pytest.mark.parametrize("function", [unresolvable, no_attribute, no_expression, no_type, unresolvable_output])
async def test_an_annotation_that_cannot_be_resolved_gives_an_invalid_agent_that_says_what_to_do(function):
    with pytest.raises(InvalidAgent, match="outside `if TYPE_CHECKING`"):
        await agent(function)(1)


async def test_the_context_may_be_imported_for_type_checking_only():
    @agent
    async def name(payload: int, ctx: "OnlyHere") -> str:
        return ctx.agent

    assert await name(1) == "name"
