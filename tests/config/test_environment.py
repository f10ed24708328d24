"""Settings in variables."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from motet.config.environment import environment_layer
from motet.config.errors import InvalidConfig
from motet.config.manager import ConfigManager

Make = Callable[..., ConfigManager]


@pytest.mark.parametrize(
    ("variable", "text", "key", "value"),
    [
        ("MOTET_TASKS__MAX_CONCURRENCY", "4", "tasks.max_concurrency", 4),
        ("motet_tasks__max_concurrency", "4", "tasks.max_concurrency", 4),
        ("MOTET_STORE", "memory://", "tasks.store", "memory://"),
        ("MOTET_TASKS__DEMO", "true", "tasks.demo", True),
        ("MOTET_TASKS__POLL", "0.5", "tasks.poll", 0.5),
        ("MOTET_TASKS", '{"poll": 0.5}', "tasks.poll", 0.5),
        ("MOTET_TASKS__PER_EXECUTOR", "rest=2, command=3", "tasks.per_executor", {"rest": 2, "command": 3}),
        ("MOTET_TASKS__PER_EXECUTOR", '{"Rest": 2}', "tasks.per_executor", {"Rest": 2}),
        ("MOTET_TASKS__PER_EXECUTOR__REST", "2", "tasks.per_executor", {"rest": 2}),
        ("MOTET_EXECUTORS__COMMAND__ALLOW", "uname, uptime", "executors.command.allow", ("uname", "uptime")),
        ("MOTET_EXECUTORS__COMMAND__ALLOW", '["a,b"]', "executors.command.allow", ("a,b",)),
        ("MOTET_EXECUTORS", '{"command": {"timeout": 3}}', "executors.command.timeout", 3.0),
        ("MOTET_TOOLS__PROCESS__MEMORY", "none", "tools.process.memory", None),
        ("MOTET_MIDDLEWARE__CACHE__COPY", "no", "middleware.cache.copy", False),
        ("MOTET_OBSERVABILITY__EXPORTERS", "otlp,console", "observability.exporters", ("otlp", "console")),
    ],
)
def test_a_variable_is_a_setting(make: Make, variable: str, text: str, key: str, value: object) -> None:
    config = make(environment={variable: text})
    assert config.get(key) == value
    assert str(config.source_of(key)) == variable


def test_the_long_name_stands_above_the_short_one(make: Make) -> None:
    config = make(environment={"MOTET_STORE": "memory://", "MOTET_TASKS__STORE": "sqlite:///a.db"})
    assert config.get("tasks.store") == "sqlite:///a.db"
    assert str(config.source_of("tasks.store")) == "MOTET_TASKS__STORE"


@pytest.mark.parametrize(
    ("variable", "text", "told"),
    [
        ("MOTET_TASKS__POLL", "often", "tasks.poll cannot be 'often': it takes a number, more than 0"),
        ("MOTET_TASKS__DEMO", "perhaps", "tasks.demo cannot be 'perhaps': it takes true or false"),
        ("MOTET_STORE", "work.db", "tasks.store cannot be 'work.db': it takes a URL such as sqlite:///work.db"),
        ("MOTET_TASKS", "many", "tasks is a table of settings, and no value"),
        ("MOTET_EXECUTORS__REST", "many", "executors.rest is a table of settings, and no value"),
        ("MOTET_TASKS__STROE", "x://", "there is no setting tasks.stroe: did you mean tasks.store?"),
        ("MOTET_TSAKS__STORE", "x://", "there is no section tsaks: did you mean tasks?"),
        ("MOTET_TASKS_STORE", "x://", "there is no section tasks_store: did you mean MOTET_TASKS__STORE?"),
        (
            "motet_executors_command_allow",
            "uname",
            "there is no section executors_command_allow: did you mean MOTET_EXECUTORS__COMMAND__ALLOW?",
        ),
        (
            "MOTET_TASKS__PER_KEY",
            "a=1,b",
            "tasks.per_key cannot be 'a=1,b': it takes a table, each value of it a whole",
        ),
        ("MOTET_TASKS__PER_KEY__A", "x", "tasks.per_key.a cannot be 'x': it takes a table, each value of it a whole"),
        ("MOTET_EXECUTORS__COMMAND__ALLOW", "[1", "executors.command.allow cannot be '[1': it takes a list"),
        ("MOTET_OBSERVABILITY__EXPORTERS", "fax", 'it takes a list, each of its parts one of "console", "otlp"'),
        (
            "MOTET_OBSERVABILITY__LOG_FORMAT",
            "xml",
            "observability.log_format cannot be 'xml': it takes one of \"text\"",
        ),
        ("MOTET_PROFILE", "dev", "no file has a profile dev: there are none"),
    ],
)
def test_a_variable_that_does_not_fit_is_named(make: Make, variable: str, text: str, told: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        make(environment={variable: text})
    assert str(caught.value).startswith(f"the configuration cannot be used: {variable}: ")
    assert told in str(caught.value)


def test_other_variables_are_none_of_ours() -> None:
    others = {
        "MOTET_TEST_POSTGRES": "x",
        "MOTET_PROFILE": "x",
        "PATH": "x",
        "MOTET_TASKS__POLL": "",
        "MOTET_TASKS_POLL": "",
        "MOTET_TASKS_OF_MINE": "x",
        "TASKS__POLL": "3",
    }
    assert environment_layer(others) is None


def test_every_problem_is_told_at_once(make: Make) -> None:
    with pytest.raises(InvalidConfig) as caught:
        make(environment={"MOTET_TASKS__POLL": "x", "MOTET_FLOW__INBOX": "y"})
    assert str(caught.value).count("\n  - MOTET_") == 2
    problems = caught.value.details["problems"]
    assert isinstance(problems, list)
    named = {each["variable"] for each in problems if isinstance(each, dict)}
    assert named == {"MOTET_FLOW__INBOX", "MOTET_TASKS__POLL"}


WITHOUT = "import sys; sys.modules['pydantic_settings'] = None; from motet import ConfigManager; "


def test_without_the_extra_files_can_be_read_and_variables_say_what_is_missing() -> None:
    code = WITHOUT + "c = ConfigManager(environment={'MOTET_STORE': 'memory://'}); print(c.get('tasks.store'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "memory://\n", done.stderr
    code = WITHOUT + "ConfigManager(environment={'MOTET_FLOW__INBOX': '3'})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert 'pip install "motet[config]"' in done.stderr.splitlines()[-1]


def test_settings_load_neither_their_extras_nor_the_sections_that_nobody_asks_for() -> None:
    code = (
        "import sys; from motet import ConfigManager; "
        "ConfigManager(environment={'HOME': '/nowhere'}, folder='/').get('tasks.store'); "
        "print([n for n in sys.modules if n in ('pydantic_settings', 'tomlkit', 'watchfiles', "
        "'motet.config.variables', 'motet.config.tool_sections', 'motet.config.middleware_sections')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"
