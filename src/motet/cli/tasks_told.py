"""What is said of a task tree when it has ended or waits: its result, what failed, what is asked, what to type next."""

import json
import shlex
import sys
from collections.abc import Iterator
from typing import Final

from motet.cli.brief import brief, example
from motet.cli.failures import one_line
from motet.cli.live_tree import print_tree
from motet.cli.tasks_documents import tree_document
from motet.cli.tasks_session import FAILED, WAITS, Session
from motet.cli.tasks_setup import Setup
from motet.cli.tree_state import TreeState, label_of, repeated
from motet.kernel.error_payload import ErrorPayload, from_payload
from motet.kernel.errors import Cancelled
from motet.kernel.schema import ANY
from motet.tasks.errors import GroupFailed
from motet.tasks.model import Question, Task, Tree
from motet.tasks.status import Status

__all__ = ["answer_line", "conclude", "conclude_one", "error_text", "exit_code", "failure_lines"]

MANY: Final = 10
"""How many failed tasks are told one by one."""

_CODES: Final = {Status.COMPLETED: 0, Status.INPUT_REQUIRED: WAITS}


def exit_code(tree: Tree) -> int:
    """Return the exit code that says how a tree stands: 0 completed, 1 failed or cancelled, 3 it waits for a person."""
    return _CODES.get(tree.status, FAILED)


def conclude(session: Session, tree: Tree, *, view: bool = True) -> int:
    """Say how a tree has ended, or what it asks.

    Args:
        session: The command.
        tree: The tree with its tasks.
        view: Whether people on a terminal see all of it once more.

    Returns:
        The exit code.
    """
    if session.json:
        session.show.result(tree_document(tree), ANY)
        return exit_code(tree)
    if view and sys.stderr.isatty():
        print_tree(TreeState(tree))
    for line in (*failure_lines(tree), *_questions(tree, session.setup)):
        session.say(line)
    if tree.status is Status.COMPLETED:
        session.show.result(tree.result, ANY)
    elif tree.status.ended:
        ended = "has failed" if tree.status is Status.FAILED else f"was {tree.status}"
        again = f"; to run again what is missing: {session.setup.line('tasks rerun', tree.id)}"
        session.say(f"{tree.name} {ended}{again if session.setup.kept else ''}")
    return exit_code(tree)


def conclude_one(session: Session, tree: Tree) -> int:
    """Say what came of a tree of one task, as of an agent: its result, or its error.

    Args:
        session: The command.
        tree: The tree of that task.

    Returns:
        The exit code.
    """
    task = tree.root_task
    if tree.status is Status.INPUT_REQUIRED:
        return conclude(session, tree, view=False)
    if task.status is Status.COMPLETED:
        session.show.result(task.result, ANY)
    else:
        error = Cancelled("the task was cancelled") if task.error is None else from_payload(task.error)
        if session.json:
            session.show.failed(error)
        else:
            kind = error.details.get("type") or type(error).__name__
            session.say(f"{kind}: {one_line(error.message)}")
    return exit_code(tree)


def failure_lines(tree: Tree) -> Iterator[str]:
    """Yield a line for each task that failed, but for groups, which fail because others did."""
    twice = repeated(tree)
    failed = [
        task
        for task in tree.tasks
        if task.status is Status.FAILED and (task.error is None or task.error["code"] != GroupFailed.code)
    ]
    for task in failed[:MANY]:
        yield f"{label_of(task, twice)} failed: {error_text(task.error)}"
    if len(failed) > MANY:
        yield f"{len(failed) - MANY:,} more tasks failed"


def error_text(error: ErrorPayload | None) -> str:
    """Write an error in one line; an exception from outside this library with its type."""
    if error is None:
        return "nobody knows why"
    kind = error["details"].get("type")
    told = one_line(error["message"])
    return f"{kind}: {told}" if kind and kind != told else told


def answer_line(task: Task, question: Question, setup: Setup) -> str:
    """Write the command line that answers a question."""
    sample = example(question.schema) if question.schema else "..."
    value = sample if isinstance(sample, str) else json.dumps(sample, ensure_ascii=False)
    return setup.line("tasks answer", task.id, value=value)


def _questions(tree: Tree, setup: Setup) -> Iterator[str]:
    twice = repeated(tree)
    for task in tree.tasks:
        if task.question is None or task.status is not Status.INPUT_REQUIRED:
            continue
        takes = f" ({brief(task.question.schema)})" if task.question.schema else ""
        yield f"{label_of(task, twice)} asks: {one_line(task.question.text)}{takes}"
        if setup.kept:
            yield f"answer with: {answer_line(task, task.question, setup)}"
        else:
            yield f"{shlex.quote(setup.store)} keeps nothing, so nobody can answer: run it with --store URL"
