"""`motet tasks show` and `motet tasks tree`: everything that is known of a tree or a task."""

import time
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from motet.cli.paper import WIDE, data_text, lay, sheet, table
from motet.cli.signals import Signals
from motet.cli.tasks_documents import attempt_document, task_document, tree_document
from motet.cli.tasks_find import find_any, find_tree
from motet.cli.tasks_go_on import GoOn
from motet.cli.tasks_session import Session
from motet.cli.tasks_setup import Setup
from motet.cli.tasks_told import answer_line, error_text, failure_lines
from motet.cli.tree_state import TreeState
from motet.cli.tree_view import UNICODE, Marks, count_line, marks_for, status_text, tree_lines
from motet.devtools.words import moment, seconds
from motet.kernel.schema import ANY
from motet.tasks.manager import TaskManager
from motet.tasks.model import Attempt, Task, Tree
from motet.tasks.status import Status

__all__ = ["show", "show_tree", "task_parts", "tree_parts"]

PRIORITIES = ("0, urgent", "1, high", "2, normal", "3, low")


def show(text: str, setup: Setup, signals: Signals, *, json: bool, debug: bool) -> int:
    """Show a tree or a task."""

    async def work(session: Session, manager: TaskManager) -> int:
        found = await find_any(manager, text)
        marks = marks_for(session.out.encoding)
        if isinstance(found, Tree):
            if session.json:
                session.show.result(tree_document(found), ANY)
            else:
                lay(session.out, *tree_parts(found, setup, time.time(), marks))
            return 0
        tree, attempts = await manager.tree(found.tree_id), await manager.attempts(found.id)
        if session.json:
            document = {**task_document(found), "attempts": [attempt_document(attempt) for attempt in attempts]}
            session.show.result(document, ANY)
        else:
            lay(session.out, *task_parts(found, tree, attempts, setup, time.time(), marks))
        return 0

    return GoOn(setup, signals, json=json, debug=debug).perform(work)


def show_tree(text: str, setup: Setup, signals: Signals, *, json: bool, debug: bool) -> int:
    """Show the tasks of a tree, and where each of them stands."""

    async def work(session: Session, manager: TaskManager) -> int:
        tree = await find_tree(manager, text)
        if session.json:
            session.show.result(tree_document(tree), ANY)
        else:
            lines = tree_lines(
                TreeState(tree), session.out.width(WIDE), None, time.time(), marks_for(session.out.encoding)
            )
            lay(session.out, *lines)
        return 0

    return GoOn(setup, signals, json=json, debug=debug).perform(work)


def tree_parts(tree: Tree, setup: Setup, now: float, marks: Marks = UNICODE) -> Iterator[RenderableType]:
    """Yield the parts of what is shown of a tree.

    Args:
        tree: The tree with its tasks.
        setup: Where it is kept.
        now: The wall-clock time.
        marks: What to draw with.
    """
    state = TreeState(tree)
    asking = [task for task in tree.tasks if task.status is Status.INPUT_REQUIRED]
    yield Text.assemble((tree.name, "bold"), "  ", status_text(tree.status, marks))
    yield sheet(
        {
            "id": tree.id,
            "key": tree.key,
            "user": tree.user,
            "fields": data_text(dict(tree.extra)) if tree.extra else None,
            "trace": tree.trace,
            "tasks": Text(count_line(state.counts, WIDE, marks).plain.strip()),
            **_times(tree.created_at, tree.started_at, tree.ended_at, now),
            **{f"{task.name} asks": _question(task) for task in asking},
            "failed": "\n".join(failure_lines(tree)),
            "result": data_text(tree.result) if tree.root_task.status is Status.COMPLETED else None,
        }
    )
    yield from _answers(asking, setup)


def task_parts(
    task: Task, tree: Tree, attempts: Sequence[Attempt], setup: Setup, now: float, marks: Marks = UNICODE
) -> Iterator[RenderableType]:
    """Yield the parts of what is shown of a task.

    Args:
        task: The task.
        tree: Its tree, with all tasks.
        attempts: Its attempts that are over.
        setup: Where it is kept.
        now: The wall-clock time.
        marks: What to draw with.
    """
    yield Text.assemble((task.name, "bold"), "  ", status_text(task.status, marks))
    yield sheet({**_defined(task, tree, now), **_stands(task, now)})
    yield from _answers([task], setup)
    if attempts:
        yield Text()
        yield _attempts(attempts, now, marks)
        yield from _got(attempts, task)


def _defined(task: Task, tree: Tree, now: float) -> dict[str, RenderableType | None]:
    definition = task.definition
    names = {other.seq: other.name for other in tree.tasks}
    links = [f"{link.name}{'' if link.required else ' (optional)'}" for link in definition.dependencies]
    retry = definition.retry
    parent = definition.parent
    return {
        "id": task.id,
        "tree": f"{tree.name} ({tree.id})",
        "belongs to": None if parent is None else names.get(parent),
        "executor": task.executor or "none: it is a group",
        "depends on": ", ".join(links),
        "priority": PRIORITIES[task.priority] if task.priority != 2 else None,
        "retry": None if retry is None else f"{retry.attempts} attempts, from {retry.initial:g} s to {retry.cap:g} s",
        "timeout": None if definition.timeout is None else seconds(definition.timeout),
        "not before": None if definition.not_before is None else moment(definition.not_before, now),
        "one at a time": definition.concurrency_key,
        "fields": data_text(dict(task.extra)) if task.extra else None,
        "inputs": data_text(dict(task.inputs)) if task.inputs else None,
    }


def _stands(task: Task, now: float) -> dict[str, RenderableType | None]:
    running = task.status is Status.IN_PROGRESS
    return {
        "progress": f"{task.progress:.0%}" if running else None,
        "says": task.message if not task.status.ended else None,
        "runs at": task.owner if running else None,
        "waits until": None if task.wake_at is None or task.status.ended else moment(task.wake_at, now),
        "asks": _question(task),
        **_times(task.created_at, task.started_at, task.ended_at, now),
        "error": Text(error_text(task.error), "red") if task.error is not None else None,
        "result": data_text(task.result) if task.status is Status.COMPLETED else None,
    }


def _times(created: float, started: float | None, ended: float | None, now: float) -> dict[str, RenderableType | None]:
    took = None if started is None or ended is None else seconds(max(0.0, ended - started))
    return {
        "created": moment(created, now),
        "started": None if started is None else moment(started, now),
        "ended": None if ended is None else f"{moment(ended, now)}{'' if took is None else f', after {took}'}",
    }


def _question(task: Task) -> Text | None:
    asking = task.question is not None and task.status is Status.INPUT_REQUIRED
    return Text(task.question.text, "yellow") if asking and task.question is not None else None


def _answers(tasks: Sequence[Task], setup: Setup) -> Iterator[Text]:
    for task in tasks:
        if task.question is not None and task.status is Status.INPUT_REQUIRED:
            yield Text(f"answer with: {answer_line(task, task.question, setup)}")


def _got(attempts: Sequence[Attempt], task: Task) -> Iterator[RenderableType]:
    """Yield what attempts really got, where that is not what was defined, nor what the one before has got."""
    known = dict(task.inputs)
    for attempt in attempts:
        if attempt.inputs is not None and dict(attempt.inputs) != known:
            known = dict(attempt.inputs)
            yield sheet({f"attempt {attempt.number} got": data_text(known)})


def _attempts(attempts: Sequence[Attempt], now: float, marks: Marks) -> RenderableType:
    made = table("attempt", "how it ended", "began", "took", "why", right=("attempt", "took"))
    for attempt in attempts:
        took = None if attempt.started_at is None else attempt.ended_at - attempt.started_at
        made.add_row(
            str(attempt.number),
            _ended(attempt, marks),
            "" if attempt.started_at is None else moment(attempt.started_at, now),
            "" if took is None else seconds(max(0.0, took)),
            Text("" if attempt.error is None else error_text(attempt.error)),
        )
    return made


def _ended(attempt: Attempt, marks: Marks) -> Text:
    """Say how an attempt ended: one after which the task is pending has failed, or was interrupted."""
    if attempt.status is Status.PENDING:
        return Text("interrupted" if attempt.error is None else "failed, tried again", "yellow")
    return status_text(attempt.status, marks)
