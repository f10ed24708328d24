"""`motet tasks` for trees that go on here: watch, rerun, copy, answer, resume."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from motet.cli.run import check_deadline
from motet.cli.signals import Signals
from motet.cli.tasks_documents import task_document, tree_document
from motet.cli.tasks_find import find_task, find_tree
from motet.cli.tasks_follow import follow, follower_of, limited, work_on
from motet.cli.tasks_input import parse_answer
from motet.cli.tasks_session import ALL, Session, Work
from motet.cli.tasks_setup import Setup, check_there_is, import_all, opened
from motet.cli.tasks_told import conclude, exit_code
from motet.kernel.schema import ANY
from motet.tasks.editing import Scope
from motet.tasks.errors import Conflict
from motet.tasks.manager import TaskManager
from motet.tasks.model import Tree
from motet.tasks.running import TreeRun
from motet.tasks.status import Status

__all__ = ["GoOn", "answer", "copy", "rerun", "resume", "watch"]


@dataclass(frozen=True, slots=True)
class GoOn:
    """How a command goes on with a tree.

    Args:
        setup: Where the tree is kept and with what it runs.
        signals: What cancels the work.
        watch: Write each event, for programs.
        deadline: Seconds that the work may take.
        json: Write for programs.
        debug: Show tracebacks.
    """

    setup: Setup
    signals: Signals
    watch: bool = False
    deadline: float | None = None
    json: bool = False
    debug: bool = False

    def perform(self, work: Callable[[Session, TaskManager], Awaitable[int]]) -> int:
        """Do something with the manager of the store, which has to be there; return the exit code."""
        session = Session(self.setup, self.signals, json=self.json, lines=self.watch, debug=self.debug)

        def prepared() -> Work:
            check_deadline(self.deadline)
            check_there_is(self.setup.store)
            import_all(self.setup.imports)
            return attempt

        async def attempt() -> int:
            async with opened(self.setup) as manager:
                return await work(session, manager)

        return session.perform(prepared, self.deadline)

    async def run(self, session: Session, manager: TaskManager, tree_id: str) -> int:
        """Work on a tree here, and say how it ended; return the exit code."""
        follower = follower_of(session, watch=self.watch)
        return conclude(session, await work_on(session, manager, tree_id, follower, self.deadline))


def watch(text: str, setup: Setup, signals: Signals, *, json: bool, debug: bool) -> int:
    """Follow a tree that somebody else works on."""

    async def work(session: Session, manager: TaskManager) -> int:
        tree = await find_tree(manager, text)
        if await _idle(manager, tree):
            session.say(f"nobody works on {tree.name}; to go on with it: {setup.line('tasks resume', tree.id)}")
        await follow(manager, tree.id, follower_of(session, watch=True))
        return conclude(session, await manager.tree(tree.id))

    return GoOn(setup, signals, watch=True, json=json, debug=debug).perform(work)


def rerun(text: str, tasks: tuple[str, ...], manner: GoOn, *, start: bool) -> int:
    """Run failed or named tasks again."""

    async def work(session: Session, manager: TaskManager) -> int:
        tree_id = await manager.find(text)
        tree = await manager.rerun(tree_id, tasks, start=False)
        if start:
            return await manner.run(session, manager, tree.id)
        return _made(session, tree, "is pending")

    return manner.perform(work)


def copy(text: str, scope: Scope, tasks: tuple[str, ...], name: str | None, manner: GoOn, *, start: bool) -> int:
    """Make a new tree of a tree's definitions."""

    async def work(session: Session, manager: TaskManager) -> int:
        tree = await manager.copy(await manager.find(text), scope, tasks, name=name)
        if start:
            return await manner.run(session, manager, tree.id)
        return _made(session, tree, "was created")

    return manner.perform(work)


def answer(text: str, value: str, manner: GoOn, *, start: bool) -> int:
    """Answer the question of a task, and go on with its tree."""

    async def work(session: Session, manager: TaskManager) -> int:
        task = await find_task(manager, text)
        if task.question is None or task.status is not Status.INPUT_REQUIRED:
            raise Conflict(f"Task {task.name!r} ({task.id}) asks nothing: it is {task.status}", status=task.status)
        answered = await manager.answer(task.id, parse_answer(value, task.question))
        if start:
            return await manner.run(session, manager, task.tree_id)
        if session.json:
            session.show.result(task_document(answered), ANY)
        else:
            session.say(f"{task.name} has its answer; to go on: {manner.setup.line('tasks resume', task.tree_id)}")
        return 0

    return manner.perform(work)


def resume(text: str | None, manner: GoOn) -> int:
    """Go on with a tree, or with all that nobody works on."""

    async def work(session: Session, manager: TaskManager) -> int:
        if text is None:
            session.tree_id = ALL
            async with limited(session, manner.deadline):
                return await _resume_all(session, manager)
        tree = await find_tree(manager, text)
        # Nothing goes on by itself in a tree that has ended, or that waits for a person.
        if tree.status.ended or tree.status is Status.INPUT_REQUIRED:
            return conclude(session, tree)
        return await manner.run(session, manager, tree.id)

    return manner.perform(work)


async def _resume_all(session: Session, manager: TaskManager) -> int:
    """Take up what nobody works on, again and again: some of it is left over while the other is worked on."""
    ended: dict[str, Tree] = {}
    while runs := [run for run in await manager.resume() if run.id not in ended]:
        for run in runs:
            ended[run.id] = await _resumed(session, run)
    if session.json:
        session.show.result({"trees": [tree_document(tree) for tree in ended.values()]}, ANY)
    elif not ended:
        session.say("there is nothing to go on with: no tree is in progress that nobody works on")
    return max((exit_code(tree) for tree in ended.values()), default=0)


async def _resumed(session: Session, run: TreeRun) -> Tree:
    tree = await run
    session.say(f"{tree.name} ({tree.id}): {tree.status}")
    return tree


def _made(session: Session, tree: Tree, how: str) -> int:
    """Say that a tree is there and not started."""
    if session.json:
        session.show.result(tree_document(tree), ANY)
    else:
        session.say(f"{tree.name} {how}; to run it: {session.setup.line('tasks resume', tree.id)}")
        session.show.result(tree.id, ANY)
    return 0


async def _idle(manager: TaskManager, tree: Tree) -> bool:
    """Tell whether a tree waits for somebody who works on it."""
    if tree.status.ended or tree.status is Status.INPUT_REQUIRED:
        return False
    return tree.owner not in {owner for owner, *_ in await manager.store.workers()}
