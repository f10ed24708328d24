"""`motet run` for task trees and executors: from what is to be run to what came of it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from motet.cli.failures import InvalidUsage
from motet.cli.history_kept import Kept
from motet.cli.recording import Recording
from motet.cli.run import check_deadline, print_trace
from motet.cli.signals import Signals
from motet.cli.tasks_follow import follower_of, work_on
from motet.cli.tasks_input import read_inputs, read_tasks
from motet.cli.tasks_session import Session, Work
from motet.cli.tasks_setup import Setup, executors_for, import_all, opened
from motet.cli.tasks_told import conclude, conclude_one
from motet.kernel.errors import NotFound
from motet.kernel.events import Event
from motet.tasks.status import Status

__all__ = ["TreeOrder", "run_tasks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeOrder:
    """What the user asked for.

    Args:
        setup: Where the tree is kept and with what it runs.
        target: A JSON file, `-`, or the id of an executor; None where `tasks` is given.
        tasks: The array of tasks as it was written; `-` reads standard input.
        inputs: The inputs of an executor as they were written after --inputs.
        input: The same as INPUT.
        key: Makes the creation of the tree idempotent.
        name: What to call the tree.
        watch: Follow the tree, for programs too.
        stream: Show chunks as they come.
        json: Write for programs.
        deadline: Seconds that the work may take.
        trace: Show the events afterwards.
        debug: Show tracebacks.
        record: Where the history is kept, if it is.
    """

    setup: Setup
    target: str | None = None
    tasks: str | None = None
    inputs: str | None = None
    input: str | None = None
    key: str | None = None
    name: str | None = None
    watch: bool = False
    stream: bool = False
    json: bool = False
    deadline: float | None = None
    trace: bool = False
    debug: bool = False
    record: Kept | None = None

    @property
    def one(self) -> bool:
        """Whether one executor is to be run."""
        return self.tasks is None and self.target != "-" and not str(self.target).endswith(".json")


def run_tasks(order: TreeOrder, signals: Signals) -> int:
    """Run a task tree or one executor, and show what comes of it.

    Args:
        order: What the user asked for.
        signals: What cancels the work.

    Returns:
        The exit code: 0 completed, 1 failed or cancelled, 2 bad usage or input, 3 the tree waits for a person,
        130 or 143 ended by a signal.
    """
    setup = order.setup
    if setup.root is None and order.target is not None and not order.one:
        # Agents that the tree names by a file are looked for beside it.
        setup = replace(setup, root=str(Path(order.target).parent))
    lines = order.watch or (order.stream and order.one)
    session = Session(setup, signals, json=order.json, lines=lines, debug=order.debug)
    return session.perform(lambda: _prepared(session, order), order.deadline)


def _prepared(session: Session, order: TreeOrder) -> Work:
    """Read everything that the order names; a MotetError says what is wrong with it."""
    check_deadline(order.deadline)
    if order.stream and not order.one:
        raise InvalidUsage(
            "--stream is for an agent or one executor: --watch --json writes the chunks of a tree's tasks"
        )
    import_all(order.setup.imports)
    entries = _one(order) if order.one else _tree(order)
    return lambda: _run(session, order, entries)


def _tree(order: TreeOrder) -> list[Any]:
    if order.inputs is not None or order.input is not None:
        raise InvalidUsage("a task tree takes no inputs: write them into its tasks")
    return read_tasks("--tasks" if order.tasks is not None else str(order.target), order.tasks)


def _one(order: TreeOrder) -> list[Any]:
    """Make the array of one task for an executor."""
    target = str(order.target)
    if order.inputs is not None and order.input is not None:
        raise InvalidUsage("INPUT and --inputs are the same: give one of them")
    try:
        agent = executors_for(order.setup).get(target)
    except NotFound as error:
        hint = "; for an agent give FILE.py:NAME, for a task tree FILE.json"
        raise NotFound(f"{error.message}{hint}", id=target) from error
    inputs = read_inputs(target, order.input if order.inputs is None else order.inputs, agent)
    return [{"name": target, "executor": target, "inputs": inputs}]


async def _run(session: Session, order: TreeOrder, entries: list[Any]) -> int:
    events: list[Event] = []
    recording = None
    if (kept := order.record) is not None:
        recording = Recording(kept.url(session.setup.store), target=None, options=kept.options)
    async with opened(session.setup, events.append if order.trace else None, recording) as manager:
        tree = await manager.create(entries, name=order.name, key=order.key)
        follower = follower_of(session, watch=order.watch, one=order.one, stream=order.stream)
        # Under a key it may be a tree that waits for a person since it was run before.
        if tree.status is not Status.INPUT_REQUIRED:
            tree = await work_on(session, manager, tree.id, follower, order.deadline)
    code = conclude_one(session, tree) if order.one else conclude(session, tree)
    if order.trace:
        print_trace(events)
    if recording is not None:
        recording.tell()
    return code
