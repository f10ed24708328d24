"""What the configuration says of observing holds for every command that works."""

import json

from cli.conftest import Run

ENV = {
    "MOTET_OBSERVABILITY__LOG_LEVEL": "debug",
    "MOTET_OBSERVABILITY__LOG_FORMAT": "json",
    "MOTET_OBSERVABILITY__EXPORTERS": '["console"]',
}
TREE = '[{"name": "work", "executor": "aggregate"}]'


def lines_of(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{") and line.endswith("}")]


def test_an_agent_is_logged_and_traced_as_the_settings_say_and_its_output_stays_alone(motet: Run):
    done = motet("run", "desk.py:answer", '{"text": "?"}', "--json", env=ENV)
    assert done.returncode == 0
    assert json.loads(done.stdout)["text"] == "??"
    told = lines_of(done.stderr)
    ended = next(line for line in told if line.get("event") == "AgentEnded" or line.get("event") == "RunEnded")
    span = next(line for line in told if "context" in line)
    assert span["context"]["trace_id"] == f"0x{ended['trace']}"  # type: ignore[index]


def test_a_task_tree_is_traced_too(motet: Run):
    done = motet("run", "--tasks", TREE, "--store", "memory://", env=ENV)
    assert done.returncode == 0
    names = [str(line["name"]) for line in lines_of(done.stderr) if "context" in line]
    assert any("aggregate" in name for name in names)
    assert len({line["context"]["trace_id"] for line in lines_of(done.stderr) if "context" in line}) == 1  # type: ignore[index]


def test_where_nothing_is_said_nothing_is_told(motet: Run):
    done = motet("run", "desk.py:answer", '{"text": "?"}', env={"MOTET_TASKS__STORE": "memory://"})
    assert (done.returncode, done.stderr) == (0, "")


def test_a_setting_that_does_not_fit_refuses_the_command(motet: Run):
    wrong = {"MOTET_OBSERVABILITY__LOG_FORMAT": "xml"}
    for order in (("run", "desk.py:answer", '{"text": "?"}'), ("run", "--tasks", TREE, "--store", "memory://")):
        done = motet(*order, env=wrong)
        assert (done.returncode, done.stdout) == (2, "")
        assert "MOTET_OBSERVABILITY__LOG_FORMAT" in done.stderr
