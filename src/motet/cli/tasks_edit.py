"""`motet tasks` for what is done to the store alone: cancel, delete, export, check."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress

from motet.cli.failures import InvalidUsage
from motet.cli.signals import Signals
from motet.cli.tasks_documents import tree_document
from motet.cli.tasks_find import find_any, find_tree
from motet.cli.tasks_go_on import GoOn
from motet.cli.tasks_session import FAILED, Session
from motet.cli.tasks_setup import Setup
from motet.kernel.schema import ANY
from motet.tasks.copying import entries_of
from motet.tasks.manager import TaskManager
from motet.tasks.model import Task, Tree
from motet.tasks.status import Status

__all__ = ["cancel", "check", "delete", "export"]


def cancel(text: str, reason: str, setup: Setup, signals: Signals, *, json: bool, debug: bool) -> int:
    """Cancel a tree or a task."""

    async def work(session: Session, manager: TaskManager) -> int:
        found = await find_any(manager, text)
        open_before = not found.status.ended
        tree = await manager.cancel(found.id, reason)
        if session.json:
            session.show.result(tree_document(tree), ANY)
            return 0
        now = tree if isinstance(found, Tree) else tree.task(found.id)
        if open_before and now.status is Status.CANCELLED:
            session.say(f"{found.name} ({found.id}) was cancelled")
        else:
            session.say(f"{found.name} ({found.id}) was left as it is: it has ended before, {now.status}")
        return 0

    return GoOn(setup, signals, json=json, debug=debug).perform(work)


def delete(texts: Sequence[str], setup: Setup, signals: Signals, *, yes: bool, json: bool, debug: bool) -> int:
    """Delete trees or tasks."""

    async def work(session: Session, manager: TaskManager) -> int:
        # All of them are looked up first: a slip of the pen deletes nothing.
        found = {each.id: each for each in [await find_any(manager, text) for text in texts]}
        if not yes:
            await _ask([_described(each) for each in found.values()], json=json)
        for each in found.values():
            await manager.delete(each.id)
            session.say(f"{_described(each)} was deleted")
        if session.json:
            session.show.result({"deleted": list(found)}, ANY)
        return 0

    return GoOn(setup, signals, json=json, debug=debug).perform(work)


def export(text: str, setup: Setup, signals: Signals, *, json: bool, debug: bool) -> int:
    """Print the array of tasks that would make a tree."""

    async def work(session: Session, manager: TaskManager) -> int:
        session.show.result(entries_of(await find_tree(manager, text)), ANY)
        return 0

    return GoOn(setup, signals, json=json, debug=debug).perform(work)


def check(setup: Setup, signals: Signals, *, json: bool, debug: bool) -> int:
    """Check whether everything in a store is in order."""

    async def work(session: Session, manager: TaskManager) -> int:
        look = getattr(manager.store, "check", None)
        if look is None:
            raise InvalidUsage(f"the store {setup.store.partition('://')[0]}:// cannot be checked")
        problems = [str(problem) for problem in await look()]
        for problem in problems:
            session.say(problem)
        if session.json:
            session.show.result({"problems": problems}, ANY)
        elif not problems:
            session.say("everything is in order")
        return FAILED if problems else 0

    return GoOn(setup, signals, json=json, debug=debug).perform(work)


def _described(what: Tree | Task) -> str:
    if isinstance(what, Task):
        return f"task {what.name} ({what.id})"
    return f"tree {what.name} ({what.id}, {len(what.tasks):,} tasks)"


async def _ask(what: Sequence[str], *, json: bool) -> None:
    """Ask whether to go on.

    Raises:
        InvalidUsage: There is nobody to ask, or the answer is not yes.
    """
    if json or not sys.stdin or not sys.stdin.isatty():
        raise InvalidUsage(f"to delete {', '.join(what)} give --yes: there is nobody to ask")
    print(f"Delete {', '.join(what)}? [y/N] ", end="", file=sys.stderr, flush=True)
    if (await _typed()).strip().lower() not in {"y", "yes"}:
        raise InvalidUsage("nothing was deleted")


async def _typed() -> str:
    """Wait for a line from the terminal, so that a signal can end the waiting."""
    loop, there = asyncio.get_running_loop(), asyncio.Event()
    with suppress(NotImplementedError):  # an event loop of Windows: a signal then ends the waiting after the line
        loop.add_reader(sys.stdin, there.set)
        try:
            await there.wait()
        finally:
            loop.remove_reader(sys.stdin)
    return sys.stdin.readline()
