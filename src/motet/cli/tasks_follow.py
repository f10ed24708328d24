"""Following a task tree until it has ended, or waits for a person."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

from motet.cli.followers import Chunks, EventLines, Follower, Live, Plain
from motet.cli.tasks_session import Session
from motet.kernel.errors import DeadlineExceeded
from motet.tasks.manager import TaskManager
from motet.tasks.model import Tree

__all__ = ["follow", "follower_of", "limited", "work_on"]


def follower_of(session: Session, *, watch: bool = False, one: bool = False, stream: bool = False) -> Follower:
    """Choose who follows a tree.

    Args:
        session: The command.
        watch: Whether the user asked to follow it.
        one: Whether it is a single task: where there is no terminal, nobody wants to read about it.
        stream: Whether chunks are shown, which is progress enough.
    """
    if session.json and watch:
        return EventLines(session.out)
    if stream:
        return Chunks(session.show)
    if session.json:
        return Follower()
    if sys.stderr.isatty() and os.environ.get("TERM", "dumb") not in {"dumb", "unknown"}:
        return Live()
    return Follower() if one and not watch else Plain()


async def work_on(
    session: Session, manager: TaskManager, tree_id: str, follower: Follower, deadline: float | None = None
) -> Tree:
    """Work on a stored tree, and follow it.

    An interruption leaves the tree in progress: the manager puts back what runs when it closes.

    Args:
        session: The command.
        manager: Who works on it.
        tree_id: The tree.
        follower: Who is told what happens.
        deadline: How many seconds that may take.

    Returns:
        The tree as it is then, with its tasks.

    Raises:
        DeadlineExceeded: It took longer.
        StoreUnavailable: The store is gone.
    """
    session.tree_id = tree_id
    async with limited(session, deadline):
        await _both(manager, tree_id, follower)
        tree = await manager.tree(tree_id)
    session.tree_id = None
    return tree


@asynccontextmanager
async def limited(session: Session, deadline: float | None) -> AsyncIterator[None]:
    """Interrupt what is done inside when its time is over.

    Args:
        session: The command: it knows how to go on.
        deadline: How many seconds it may take.

    Raises:
        DeadlineExceeded: It took longer.
    """
    try:
        async with asyncio.timeout(deadline) as limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise
        again = f"; go on with: {session.again()}" if session.setup.kept else ""
        raise DeadlineExceeded(f"the deadline of {deadline:g} s has passed{again}", tree=session.tree_id) from error


async def follow(
    manager: TaskManager, tree_id: str, follower: Follower, there: Callable[[], object] = lambda: None
) -> None:
    """Tell a follower what happens in a tree until it has ended or waits for a person, whoever works on it.

    Args:
        manager: Where the tree is.
        tree_id: Which tree.
        follower: Who is told.
        there: Called when nothing that happens from now on is missed.
    """
    with follower:
        follower.begin(await manager.tree(tree_id))
        async with aclosing(manager.watch(tree_id, chunks=follower.chunks)) as events:
            async for event in events:
                there()
                follower.tell(event)
    there()


async def _both(manager: TaskManager, tree_id: str, follower: Follower) -> None:
    """Follow a tree, and begin to work on it when no chunk can be missed; a failure of one ends the other, too."""
    there = asyncio.Event()
    failed: Exception | None = None
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(follow(manager, tree_id, follower, there.set))
            await there.wait()
            await (await manager.submit(tree_id))
    except ExceptionGroup as several:
        failed = several.exceptions[0]
    if failed is not None:
        raise failed
