"""How much ran at once is counted from the attempts, and what decided the length is found from what happened."""

import pytest

from motet.testing import simulate_workflow
from motet.testing.gantt import seconds_told
from motet.testing.timeline import Span, levels


def span(start, end, task="t"):
    return Span(task, 1, start, end, "completed")


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], []),
        ([span(0, 1)], [(0, 1), (1, 0)]),
        ([span(0, 1), span(1, 2)], [(0, 1), (2, 0)]),
        ([span(0, 3), span(1, 2)], [(0, 1), (1, 2), (2, 1), (3, 0)]),
        ([span(0, 0)], []),
        ([span(0, 1), span(5, 6)], [(0, 1), (1, 0), (5, 1), (6, 0)]),
    ],
)
def test_attempts_at_once_are_counted(spans, expected):
    assert levels(spans) == expected


def chain(*names: str):
    return [
        {"name": name, "executor": "x", "dependencies": [names[index - 1]] if index else []}
        for index, name in enumerate(names)
    ]


def test_a_chain_decides_the_length_whole():
    done = simulate_workflow(chain("a", "b", "c"))
    assert (done.critical, done.held) == (("a", "b", "c"), frozenset())


def test_what_waits_for_its_backoff_is_on_the_path_with_its_dependency_before_it():
    tasks = chain("a", "b")
    tasks[1]["retry"] = {"attempts": 2, "initial": 50, "jitter": False}
    done = simulate_workflow(tasks, failures={"b": 1})
    assert done.critical == ("a", "b")
    assert done.makespan == 53


def test_tasks_that_are_not_there_are_no_spans():
    done = simulate_workflow(chain("a", "b"))
    with pytest.raises(KeyError):
        done.of("c")


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"),
        (0.1234, "0.123 s"),
        (59.9, "59.9 s"),
        (200, "3 min 20 s"),
        (4800, "1 h 20 min"),
        (86400, "24 h 0 min"),
    ],
)
def test_durations_are_told_as_people_do(seconds, told):
    assert seconds_told(seconds) == told
