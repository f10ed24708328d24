"""Sections against the signatures that they are for: neither can drift away from the other."""

import inspect
from collections.abc import Mapping
from typing import Any

import pytest

from motet import Backoff, Flow, TaskManager, agent, map_reduce, tool_loop
from motet.config.keys import all_leaves, nested
from motet.config.manager import ConfigManager
from motet.config.section import PROGRAM_ENV, Section
from motet.config.settings import SECTIONS, Settings, section_class
from motet.executors.agent import AgentExecutor
from motet.executors.command import Command
from motet.executors.rest import Rest
from motet.middleware import (
    Batch,
    Cache,
    CircuitBreaker,
    Concurrency,
    Guard,
    RateLimit,
    Retry,
    Timeout,
)
from motet.observability.configuring import configure
from motet.observability.history import HistoryRecorder
from motet.storage.opening import open_store
from motet.tools.database import Database
from motet.tools.environment import DEFAULT_ENV
from motet.tools.files import Files
from motet.tools.git import Git
from motet.tools.process import Process
from motet.tools.search import FolderSearch

SELF = "self"

# Section: what it is for, and the parameters that are no settings: objects, and what is said in each place anew.
TARGETS: dict[str, tuple[Any, set[str]]] = {
    "flow": (Flow, {SELF, "name", "parts", "edges", "cycles", "observers", "description"}),
    "compose.map_reduce": (map_reduce, {"parts", "map", "reduce", "errors", "name", "description"}),
    "tasks": (TaskManager, {SELF, "executors", "hooks", "observer", "clock"}),
    "storage": (open_store, {"url", "clock"}),
    "executors.agent": (AgentExecutor, {SELF, "registry"}),
    "executors.command": (Command, {SELF}),
    "executors.rest": (Rest, {SELF}),
    "middleware.backoff": (Backoff, {SELF}),
    "middleware.batch": (Batch, {SELF, "call", "key"}),
    "middleware.cache": (Cache, {SELF, "key", "store", "negative_on"}),
    "middleware.circuit_breaker": (CircuitBreaker, {SELF, "counts", "key"}),
    "middleware.concurrency": (Concurrency, {SELF, "limit", "key"}),
    "middleware.guard": (Guard, {SELF, "input", "output"}),
    "middleware.rate_limit": (RateLimit, {SELF, "rate", "cost", "key"}),
    "middleware.retry": (Retry, {SELF, "backoff", "retry_on"}),
    "middleware.timeout": (Timeout, {SELF, "seconds"}),
    "history.recorder": (HistoryRecorder, {SELF, "store", "about", "clock"}),
    "observability": (configure, set()),
    "tools.database": (Database, {SELF, "where", "tables", "name"}),
    "tools.files": (Files, {SELF, "root"}),
    "tools.git": (Git, {SELF, "repository"}),
    "tools.process": (Process, {SELF}),
    "tools.search": (FolderSearch, {SELF, "root", "index", "include", "exclude"}),
    "tools.tool_loop": (tool_loop, {"chat", "toolbox", "system", "name"}),
}

# Where a default is another one, and why.
DIFFERENT = {
    "tasks.store": "a program and the command line that share settings see the same trees, and they last",
}

PROGRAM = {"cli", "dev", "history"}
"""Sections whose readers are not constructors of one class."""


def sections() -> dict[str, type[Section]]:
    found: dict[str, type[Section]] = {}
    waiting = [(name, section_class(name)) for name in SECTIONS]
    while waiting:
        path, section = waiting.pop()
        inner = {f"{path}.{name}": kind for name in section.model_fields if (kind := nested(section, name))}
        waiting += inner.items()
        if len(inner) < len(section.model_fields):
            found[path] = section
    return found


def test_every_section_is_for_something() -> None:
    assert set(sections()) - PROGRAM == set(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_a_section_has_the_parameters_and_defaults_of_what_it_is_for(name: str) -> None:
    target, exempt = TARGETS[name]
    called = target.__init__ if inspect.isclass(target) else target
    parameters = inspect.signature(called).parameters
    options = ConfigManager.isolated().options(name)
    assert set(options) == set(parameters) - exempt
    for key, value in options.items():
        default = parameters[key].default
        if f"{name}.{key}" in DIFFERENT:
            assert value != default
        elif isinstance(value, Mapping):
            assert dict(value) == dict(default or {})
        else:
            assert value == (tuple(default) if isinstance(value, tuple) else default), key


def test_what_is_different_is_a_setting() -> None:
    assert all_leaves().keys() >= DIFFERENT.keys()


async def test_options_make_what_they_are_for() -> None:
    @agent
    async def echo(text: str) -> str:
        return text

    config = ConfigManager.isolated({"tasks": {"store": "memory://", "max_concurrency": 2}, "flow.inbox": 2})
    flow = Flow("echo", echo, **config.options("flow"))
    assert await flow("hi") == "hi"
    async with TaskManager(**config.options("tasks")) as manager:
        tree = await manager.execute([{"name": "a", "executor": "aggregate"}])
        assert tree.status == "completed"
    Timeout(3, **config.options("middleware.timeout"))
    Retry(**config.options("middleware.retry"), backoff=Backoff(**config.options("middleware.backoff")))
    Cache(**config.options("middleware.cache"))
    CircuitBreaker(**config.options("middleware.circuit_breaker"))


def test_every_setting_says_what_it_is() -> None:
    for key, leaf in all_leaves().items():
        assert leaf.field.description, key
        assert leaf.field.description.endswith("."), key


def test_the_variables_of_a_program_are_those_of_the_tools() -> None:
    assert PROGRAM_ENV == DEFAULT_ENV


def test_sections_are_frozen_and_so_is_what_is_in_them() -> None:
    settings = ConfigManager.isolated({"tasks.per_key": {"a": 1}}).settings
    with pytest.raises(ValueError, match="frozen"):
        settings.tasks.store = "memory://"
    with pytest.raises(TypeError, match="does not support item assignment"):
        settings.tasks.per_key["a"] = 2  # type: ignore[index]
    with pytest.raises(TypeError, match="does not support item assignment"):
        settings.tasks.per_executor["a"] = 2  # type: ignore[index]
    with pytest.raises(AttributeError, match="settings are frozen"):
        settings.tasks = 3  # type: ignore[assignment]


def test_a_section_that_there_is_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="there is no section 'taks': there are cli, compose"):
        _ = Settings({}).taks
    assert repr(Settings({})).startswith("Settings(cli, ")


def test_static_and_real_sections_are_the_same() -> None:
    assert list(SECTIONS) == [name for name in Settings.__annotations__]  # noqa: C416 - in that order
