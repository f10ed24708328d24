"""Simulated workflows run on the real scheduler in virtual time."""

import asyncio
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet import InvalidPlan, TaskManager, agent
from motet.kernel.errors import NotFound
from motet.testing import simulate_workflow

WORK = [
    {"name": "report", "executor": "aggregate", "dependencies": ["cpu", "page"]},
    {"name": "cpu", "executor": "system_info", "parent": "report"},
    {"name": "page", "executor": "rest", "dependencies": ["login"], "parent": "report"},
    {"name": "login", "executor": "rest", "parent": "report"},
]
TIMES = {"cpu": 10, "rest": 3, "report": 5}


def test_starts_and_ends_are_those_of_the_real_scheduler():
    done = simulate_workflow(WORK, durations=TIMES)
    assert {name: (done.start(name), done.end(name)) for name in TIMES | {"page": 0, "login": 0} if name != "rest"} == {
        "cpu": (0, 10),
        "login": (0, 3),
        "page": (3, 6),
        "report": (10, 15),
    }
    assert (done.makespan, done.work, done.peak) == (15, 21, 2)
    assert done.concurrency == [(0, 2), (6, 1), (15, 0)]
    assert done.critical == ("cpu", "report")
    assert set(done.statuses.values()) == {"completed"}
    assert done.tree.status == "completed"


def test_a_limit_holds_tasks_and_that_is_told():
    done = simulate_workflow(WORK, durations=TIMES, max_concurrency=1)
    assert (done.makespan, done.peak) == (21, 1)
    assert done.critical == ("cpu", "login", "page", "report")
    assert done.held == {"login"}
    limited = simulate_workflow(
        [{"name": "all"}, *({"name": f"t{n}", "executor": "x", "parent": "all"} for n in range(4))],
        per_executor={"x": 2},
    )
    assert (limited.makespan, limited.peak) == (2, 2)


def test_failed_attempts_are_tried_again_after_their_backoff():
    tasks = [{"name": "only", "executor": "x", "retry": {"attempts": 3, "initial": 4, "jitter": False}}]
    done = simulate_workflow(tasks, failures={"only": 2}, default=2)
    assert [(span.attempt, span.start, span.end, span.ended) for span in done.of("only")] == [
        (1, 0, 2, "failed"),
        (2, 6, 8, "failed"),
        (3, 16, 18, "completed"),
    ]


def test_what_depends_on_a_failure_is_skipped():
    done = simulate_workflow(WORK, durations=TIMES, failures={"login": OSError("down")})
    assert done.statuses == {"report": "skipped", "cpu": "completed", "page": "skipped", "login": "failed"}
    assert done.start("page") is None
    assert done.tree.status == "failed"


def test_timeouts_interrupt_the_simulated_work():
    tasks = [{"name": "only", "executor": "x", "timeout": 60}]
    done = simulate_workflow(tasks, default=3600)
    assert (done.makespan, done.statuses) == (60, {"only": "failed"})
    assert done.of("only")[0].ended == "cancelled"


def test_ranges_are_drawn_the_same_with_the_same_seed():
    one, again, other = (simulate_workflow(WORK, default=(1, 9), seed=seed).spans for seed in (1, 1, 2))
    assert one == again != other
    assert all(1 <= span.seconds <= 9 for span in one)


def test_inputs_that_refer_to_results_are_given_what_they_ask_for():
    tasks = [
        {"name": "b", "executor": "x", "inputs": {"u": {"$from": "a", "path": "/page/url"}}, "dependencies": ["a"]},
        {"name": "a", "executor": "x", "parent": "b"},
    ]
    assert simulate_workflow(tasks).statuses == {"a": "completed", "b": "completed"}
    done = simulate_workflow(tasks, results={"a": {"page": {"url": "http://x"}}})
    assert done.tree.task("a").result == {"page": {"url": "http://x"}}
    assert simulate_workflow(tasks, results={"a": 5}).statuses["b"] == "failed"


def test_agents_given_as_executors_are_not_run():
    @agent(name="costly")
    async def costly(_: dict[str, object]) -> None:
        raise AssertionError("it ran")

    assert simulate_workflow([{"name": "only", "executor": costly}], durations={"costly": 7}).makespan == 7


async def test_a_stored_tree_is_simulated_from_its_start_also_within_a_running_loop():
    async with TaskManager() as manager:
        tree = await manager.create(WORK)
        done = simulate_workflow(tree, durations=TIMES)
        assert done.makespan == 15
        with pytest.raises(InvalidPlan):
            simulate_workflow([])


def test_real_time_passes_so_many_times_slower(monkeypatch):
    slept = []
    monkeypatch.setattr("motet.testing.simulation.time.sleep", slept.append)
    simulate_workflow(WORK, durations=TIMES, speed_factor=5)
    assert sum(slept) == pytest.approx(3)


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        (
            {"durations": {"pgae": 1}},
            NotFound,
            "durations names 'pgae', and no task or executor is called that: did you",
        ),
        ({"failures": {"x": 1}}, NotFound, "failures names 'x'"),
        ({"results": {"x": 1}}, NotFound, "results names 'x'"),
        ({"durations": {"page": -1}}, ValueError, "page takes -1 seconds"),
        ({"default": (5, 1)}, ValueError, r"default takes \(5, 1\) seconds: it is a number from 0, or"),
        ({"durations": {"page": math.inf}}, ValueError, "page takes inf seconds: it is a number from 0"),
        ({"default": (0, math.inf)}, ValueError, r"default takes \(0, inf\) seconds"),
        ({"speed_factor": -2}, ValueError, "speed_factor=-2"),
        ({"speed_factor": math.nan}, ValueError, "speed_factor=nan: it is above 0"),
    ],
)
def test_what_makes_no_sense_is_refused(options, error, told):
    with pytest.raises(error, match=told):
        simulate_workflow(WORK, **options)


CHART = """\
report: failed after 15 s (4 tasks, 3 attempts, at most 2 at once)
decided by cpu > report

task    0 s                                                     15 s
cpu    *████████████████████████████████████████
login   ▓▓▓▓▓▓▓▓▓▓▓▓                                                  failed: down
report *                                        ████████████████████
page                                                                  skipped: {why}

█ runs  ▓ fails  · waits to try again  * decides the length"""


def test_it_is_drawn_as_a_chart_that_can_be_read():
    tasks = [{**WORK[0], "dependencies": ["cpu", {"name": "page", "required": False}]}, *WORK[1:]]
    done = simulate_workflow(tasks, durations=TIMES, failures={"login": OSError("down")})
    assert str(done) == CHART.format(why="It requires 'login', which has ended as failed")


def test_retries_groups_and_room_are_in_the_chart():
    tasks = [
        {"name": "all"},
        {"name": "a", "executor": "x", "parent": "all", "retry": {"attempts": 2, "initial": 2, "jitter": False}},
        {"name": "b", "executor": "x", "parent": "all"},
    ]
    told = str(simulate_workflow(tasks, failures={"a": 1}, durations={"b": 4}))
    assert "2 attempts" in told
    assert "group" in told
    assert "▓" in told
    assert "·" in told
    assert "login (waited for room) > page > report" in str(simulate_workflow(WORK, max_concurrency=1))


@given(st.lists(st.floats(0.5, 100), min_size=1, max_size=6), st.integers(1, 3))
def test_it_never_takes_less_than_the_longest_task_or_more_than_all_of_them(times, room):
    tasks = [{"name": "all"}, *({"name": f"t{n}", "executor": "x", "parent": "all"} for n in range(len(times)))]
    done = simulate_workflow(
        tasks, durations={f"t{n}": seconds for n, seconds in enumerate(times)}, max_concurrency=room
    )
    assert max(times) - 1e-6 <= done.makespan <= sum(times) + 1e-6
    assert done.peak <= min(room, len(times))


async def test_it_may_run_in_a_thread_of_the_callers():
    assert await asyncio.to_thread(lambda: simulate_workflow(WORK, durations=TIMES).makespan) == 15


def test_what_is_said_of_an_executors_results_counts_more_than_what_others_ask_for():
    tasks = [
        {"name": "page", "executor": "rest", "inputs": {"url": {"$from": "login", "path": "/url"}}},
        {"name": "login", "executor": "rest", "parent": "page"},
    ]
    tasks[0]["dependencies"] = ["login"]
    done = simulate_workflow(tasks, results={"rest": {"url": "http://a"}})
    assert done.tree.task("login").result == {"url": "http://a"}


@pytest.mark.parametrize("path", ["/0", "/items/0", "/items/1/id", "/a~1b/c~0"])
def test_what_inputs_refer_to_is_there_also_in_a_list(path):
    tasks = [
        {"name": "page", "executor": "rest", "inputs": {"url": {"$from": "login", "path": path}}},
        {"name": "login", "executor": "rest", "parent": "page"},
    ]
    tasks[0]["dependencies"] = ["login"]
    assert simulate_workflow(tasks).tree.status == "completed"
