import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from motet import Context, TaskManager
from motet.cli.followers import Chunks, EventLines, Follower, Plain
from motet.cli.signals import Signals
from motet.cli.tasks_follow import follow, follower_of, work_on
from motet.cli.tasks_session import Session
from motet.cli.tasks_setup import Setup
from motet.kernel.errors import DeadlineExceeded, NotFound
from motet.kernel.events import Event, TaskChunk, TreeChanged
from motet.kernel.function import agent
from motet.storage import MemoryStore
from motet.tasks.errors import StoreUnavailable
from motet.tasks.model import Task, Tree


class Taking(Follower):
    """Keeps what it is told."""

    chunks = True

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.tree: Tree | None = None
        self.left = False

    def __exit__(self, *how: object) -> None:
        self.left = True

    def begin(self, tree: Tree) -> None:
        self.tree = tree

    def tell(self, event: Event) -> None:
        self.events.append(event)


class Fading(MemoryStore):
    """A store that goes away when somebody looks what has changed."""

    async def changed(self, tree_id: str, since: int) -> tuple[Tree, Sequence[Task]] | None:
        raise StoreUnavailable("the store is gone")


@agent
async def quick(inputs: dict[str, object], ctx: Context) -> str:
    await ctx.emit("at once")
    return "done"


@agent
async def endless(inputs: dict[str, object]) -> str:
    await asyncio.get_running_loop().create_future()
    return "never"


@pytest.fixture
def session() -> Session:
    return Session(Setup(), Signals())


@pytest.fixture
async def manager() -> AsyncIterator[TaskManager]:
    async with TaskManager(MemoryStore(), resume=False) as made:
        yield made


async def test_not_even_the_first_chunk_is_missed(session: Session, manager: TaskManager) -> None:
    tree = await manager.create([{"name": "a", "executor": quick}])
    taking = Taking()
    done = await work_on(session, manager, tree.id, taking)
    assert (done.status, done.result) == ("completed", "done")
    assert taking.tree is not None
    assert taking.tree.status == "pending"
    assert [event.chunk.value for event in taking.events if isinstance(event, TaskChunk)] == ["at once"]
    last = taking.events[-1]
    assert isinstance(last, TreeChanged)
    assert last.status == "completed"
    assert taking.left
    assert session.tree_id is None


async def test_a_deadline_says_how_to_go_on(session: Session, manager: TaskManager) -> None:
    tree = await manager.create([{"name": "a", "executor": endless}])
    taking = Taking()
    with pytest.raises(DeadlineExceeded, match=f"the deadline of 0.1 s has passed; go on with: .* resume {tree.id}"):
        await work_on(session, manager, tree.id, taking, 0.1)
    assert taking.left
    assert session.tree_id == tree.id
    assert (await manager.tree(tree.id)).status == "in_progress"


async def test_a_cancelled_follower_leaves_the_tree_alone(session: Session, manager: TaskManager) -> None:
    tree = await manager.create([{"name": "a", "executor": endless}])
    taking = Taking()
    work = asyncio.create_task(work_on(session, manager, tree.id, taking))
    while not manager.running():
        await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert taking.left
    assert (await manager.tree(tree.id)).status == "in_progress"


async def test_a_store_that_goes_away_ends_the_work(session: Session) -> None:
    async with TaskManager(Fading(), resume=False) as manager:
        tree = await manager.create([{"name": "a", "executor": endless}])
        taking = Taking()
        with pytest.raises(StoreUnavailable, match="the store is gone"):
            await work_on(session, manager, tree.id, taking)
        assert taking.left


async def test_only_what_is_there_can_be_followed(manager: TaskManager) -> None:
    with pytest.raises(NotFound):
        await follow(manager, "nothing", Taking())


@pytest.mark.parametrize(
    ("json", "watch", "one", "stream", "kind"),
    [
        (True, False, False, False, Follower),
        (True, True, False, False, EventLines),
        (True, True, True, True, EventLines),
        (True, False, True, True, Chunks),
        (False, False, True, True, Chunks),
        (False, False, True, False, Follower),
        (False, True, True, False, Plain),
        (False, False, False, False, Plain),
    ],
)
def test_who_follows_is_chosen_by_who_reads(
    json: bool, watch: bool, one: bool, stream: bool, kind: type[Follower]
) -> None:
    session = Session(Setup(), Signals(), json=json)
    assert type(follower_of(session, watch=watch, one=one, stream=stream)) is kind
