"""aipartnerupflow's side: `TaskCreator` makes the tree, `TaskManager.distribute_task_tree` executes it.

A chain is a root whose children each depend on the one before; a chain of children of children is slower still. What
it could not do, with version 0.9.0 (SQLAlchemy 2.1, greenlet installed beside it, which it needs and does not name):

- a fan-out on PostgreSQL: it executes ready children with `asyncio.gather` over one `AsyncSession`, and ends with
  ``MissingGreenlet: greenlet_spawn has not been called`` when it reads the state of a task whose attributes a commit of
  another task has expired. It ends so with ten children already, and is left out.
- SQLite: its session factory knows DuckDB and PostgreSQL only. Creator and manager take any session, so here they get
  one on SQLite, in WAL mode with ``synchronous=FULL``.
- large trees: the time for each task grows with the tree (a fan-out of 100 on SQLite takes seconds, one of 1000
  minutes; a chain of 100 did not end within a minute), so it takes part with small ones, and its rates would be lower
  at the sizes of the others.

It logs several lines for each task; logging is off here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Any

from aipartnerupflow.core.base import BaseTask
from aipartnerupflow.core.execution.task_creator import TaskCreator
from aipartnerupflow.core.execution.task_manager import TaskManager
from aipartnerupflow.core.extensions.decorators import executor_register
from aipartnerupflow.core.storage.factory import create_session
from aipartnerupflow.core.storage.sqlalchemy.models import Base, TaskModel
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.orm import Session

from benchmarks.shared.harness import Sample, Stopwatch, Workload, main, require
from benchmarks.tasks import place

WARM = 3

Tasks = list[dict[str, Any]]
Opened = Callable[[], Any]

logging.disable(logging.CRITICAL)


@executor_register()
class NoOp(BaseTask):
    """An executor that does nothing."""

    id = "no_op"
    name = "No operation"
    description = "Gives its inputs back"

    async def execute(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Give the number of the task."""
        return {"n": inputs["n"]}

    def get_input_schema(self) -> dict[str, Any]:
        """Ask for nothing."""
        return {}


def task(name: str, n: int, **more: Any) -> dict[str, Any]:
    """Describe one task."""
    its_id = f"{name}-{n}"
    return {"id": its_id, "name": its_id, "user_id": "user", "schemas": {"method": "no_op"}, "inputs": {"n": n}, **more}


def fan(name: str, n: int) -> Tasks:
    """Describe a root with `n` children."""
    return [task(name, 0), *(task(name, i, parent_id=f"{name}-0") for i in range(1, n + 1))]


def chain(name: str, n: int) -> Tasks:
    """Describe a root with `n` children, each of which waits for the one before."""
    tasks = fan(name, n)
    for before, after in pairwise(tasks[1:]):
        after["dependencies"] = [{"id": before["id"], "required": True}]
    return tasks


@contextmanager
def on_duckdb() -> Iterator[Session]:
    """Open a session on an empty DuckDB file, as its factory makes it."""
    session = create_session(path=str(place.file("tasks.duckdb")))
    with session:
        yield session


@contextmanager
def on_sqlite() -> Iterator[Session]:
    """Open a session on an empty SQLite file."""
    engine = create_engine(f"sqlite:///{place.file('tasks.sqlite')}")

    @event.listens_for(engine, "connect")
    def make_durable(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    Base.metadata.create_all(engine)
    with Session(engine, expire_on_commit=False) as session:
        yield session


def count_completed(session: Session, name: str) -> int:
    """Count the completed tasks of a tree in the database."""
    query = select(func.count()).where(TaskModel.status == "completed", TaskModel.id.startswith(f"{name}-"))
    return int(session.execute(query).scalar_one())


async def execute(n: int, *, opened: Opened, shape: Callable[[str, int], Tasks]) -> Sample:
    """Create a tree of a root and `n` children, and measure its execution."""
    with opened() as session:
        small = await TaskCreator(session).create_task_tree_from_array(shape("small", WARM))
        await TaskManager(session).distribute_task_tree(small)
        tree = await TaskCreator(session).create_task_tree_from_array(shape("tree", n))
        manager = TaskManager(session)
        with Stopwatch() as watch:
            await manager.distribute_task_tree(tree)
        require(count_completed(session, "tree") == n + 1, "not every task was completed")
    return watch.sample(n + 1)


async def create(n: int, *, opened: Opened) -> Sample:
    """Create a tree of `n` tasks."""
    with opened() as session:
        await TaskCreator(session).create_task_tree_from_array(fan("small", WARM))
        tasks = fan("tree", n - 1)
        with Stopwatch() as watch:
            await TaskCreator(session).create_task_tree_from_array(tasks)
        found = session.execute(select(func.count()).where(TaskModel.id.startswith("tree-"))).scalar_one()
    require(found == n, "not every task was created")
    return watch.sample(n)


WORKLOADS: dict[str, Workload] = {
    "fanout_sqlite": partial(execute, opened=on_sqlite, shape=fan),
    "chain_sqlite": partial(execute, opened=on_sqlite, shape=chain),
    "fanout_duckdb": partial(execute, opened=on_duckdb, shape=fan),
    "create_sqlite": partial(create, opened=on_sqlite),
}

if __name__ == "__main__":
    main(WORKLOADS)
