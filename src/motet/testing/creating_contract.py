"""The contract of a task store: trees are created, read, changed in their definitions, and deleted."""

import asyncio

from motet.kernel.errors import InvalidPayload
from motet.tasks.changes import Move, Record, Step, TreeMove
from motet.tasks.definition import Definition, Dependency, Retry
from motet.tasks.model import Tree
from motet.tasks.ports import TaskStore
from motet.tasks.status import Status
from motet.testing.made import NOW, apply, claim, complete, defined, new_id, new_tree, refused, stored, task_of

__all__ = ["CreatingContract"]

WHOLE = Definition(
    2,
    "Größe — 尺寸 😀",
    "agent.x",
    {"deep": [{"a": [None, True, 1.5, "\x00\u2028"]}], "": ""},
    1,
    (Dependency(1, "root", required=False),),
    0,
    Retry(7, 0.5, 3.0, 60.0, jitter=False),
    12.5,
    NOW + 100,
    "gpu",
    {"team": "blue"},
)


class CreatingContract:
    """Creating, reading, updating and deleting."""

    async def test_what_was_stored_is_what_is_read(self, store: TaskStore) -> None:
        """Every field of a tree and its tasks comes back."""
        tree = new_tree(user="ann", extra={"label": ["ä", None]}, key="k\u00e9y", owner="me", caller="c" * 16)
        assert await store.create(tree, [Definition(1, "root"), WHOLE]) == tree.id
        read = await store.tree(tree.id)
        assert read is not None
        assert (read.id, read.name, read.key, read.user, read.extra) == (tree.id, "tree", "kéy", "ann", tree.extra)
        assert (read.trace, read.caller, read.owner, read.total, read.root) == (tree.trace, "c" * 16, "me", 2, 1)
        assert (read.status, read.revision, read.created_at) == (Status.PENDING, 0, NOW)
        root, other = read.tasks
        assert root.definition == Definition(1, "root")
        assert other.definition == WHOLE
        assert (other.created_at, other.wake_at, other.status) == (NOW, NOW + 100, Status.PENDING)
        assert (root.wake_at, root.result, root.error, root.progress, root.message) == (None, None, None, 0.0, "")

    async def test_whether_the_call_around_is_recorded_is_stored(self, store: TaskStore) -> None:
        """Yes, no, and that nobody has decided, are three answers."""
        for sampled in (True, False, None):
            tree = new_tree(sampled=sampled)
            await store.create(tree, [Definition(1, "root")])
            await store.apply((TreeMove(tree.id, Status.PENDING, Status.IN_PROGRESS, NOW, "me"),))
            read = await store.tree(tree.id)
            assert read is not None
            assert (read.sampled, read.owner) == (sampled, "me")

    async def test_a_tree_can_be_read_without_its_tasks(self, store: TaskStore) -> None:
        """Only the tree itself comes."""
        tree = await store.tree(await stored(store), tasks=False)
        assert tree is not None
        assert tree.tasks == ()
        assert tree.total == 3

    async def test_what_is_not_there_is_none(self, store: TaskStore) -> None:
        """Unknown ids are answered, not raised."""
        unknown, known = new_id(), await stored(store)
        assert await store.tree(unknown) is None
        assert await store.task(unknown, 1) is None
        assert await store.task(known, 99) is None
        assert await store.changed(unknown, 0) is None
        assert await store.outlines(unknown) is None
        assert await store.revisions([unknown, known]) == {known: 0}
        assert await store.results(unknown, [1]) == {}
        assert await store.journal(unknown, 1) == {}
        assert list(await store.attempts(unknown, 1)) == []
        assert await store.counts(unknown) == {}

    async def test_outlines_say_what_stands_in_the_tasks(self, store: TaskStore) -> None:
        """An outline has the task's links and where it stands."""
        tree_id = await store.create(new_tree(), [Definition(1, "root"), WHOLE])
        found = await store.outlines(tree_id)
        assert found is not None
        tree, (root, other) = found
        assert (tree.id, tree.tasks, root.executor, root.group) == (tree_id, (), None, True)
        assert (other.seq, other.executor, other.parent, other.dependencies) == (2, "agent.x", 1, ((1, False),))
        assert (other.priority, other.key, other.wake_at, other.name) == (0, "gpu", NOW + 100, WHOLE.name)
        assert (other.status, other.owner, other.attempt) == (Status.PENDING, None, 0)

    async def test_changes_are_applied_with_the_creation(self, store: TaskStore) -> None:
        """A task can be completed, or claimed, from the beginning."""
        tree = new_tree()
        done = Move(tree.id, 2, Status.PENDING, Status.COMPLETED, NOW, result={"kept": True})
        first, absent = claim(tree.id, after=(done,)), claim(tree.id, 9)
        await store.create(tree, defined(2), [first, done, absent])
        assert (done.applied, first.applied, absent.applied) == (True, True, False)
        assert first.task is not None
        assert first.task.status is Status.IN_PROGRESS
        assert (await task_of(store, tree.id, 2)).result == {"kept": True}
        assert (await store.revisions([tree.id]))[tree.id] == 1

    async def test_a_key_gives_the_tree_that_has_it(self, store: TaskStore) -> None:
        """A second creation stores nothing, and applies nothing."""
        first = await stored(store, key="same")
        second = new_tree(key="same")
        change = claim(first)
        assert await store.create(second, defined(9), [change]) == first
        assert await store.tree(second.id) is None
        assert (await task_of(store, first)).status is Status.PENDING
        assert change.applied is None

    async def test_a_key_can_be_used_again_after_its_tree_is_gone(self, store: TaskStore) -> None:
        """The key goes with the tree."""
        first = await stored(store, key="again")
        assert await store.delete(first)
        assert await stored(store, key="again") != first

    async def test_of_many_creations_with_one_key_one_counts(self, store: TaskStore) -> None:
        """Creations that come together do not see each other, and agree nevertheless."""
        trees = await asyncio.gather(*(stored(store, key="raced") for _ in range(10)))
        assert len(set(trees)) == 1
        assert await store.counts() == {Status.PENDING: 3}

    async def test_the_same_tree_twice_is_one(self, store: TaskStore) -> None:
        """Storing a tree again, because the answer was lost, changes nothing; another tree of that id is refused."""
        tree = new_tree()
        assert await store.create(tree, defined(2)) == await store.create(tree, defined(2)) == tree.id
        assert await store.counts() == {Status.PENDING: 2}
        error = await refused(store.create(new_tree(tree.id), defined(2)), InvalidPayload)
        assert tree.id in str(error)

    async def test_a_bad_value_stores_nothing(self, store: TaskStore) -> None:
        """Creation is all or nothing."""
        bad: list[tuple[Tree, list[Definition]]] = [
            (new_tree(), [*defined(3), Definition(4, "bad", "x", {"value": "\ud800"})]),
            (new_tree(), [*defined(3), Definition(4, "bad", "x", {"value": object()})]),
            (new_tree(), [Definition(1, "na\x00me", "x")]),
            (new_tree(name="\ud800"), defined(1)),
            (new_tree(extra={"value": object()}), defined(1)),
            (new_tree(created_at=float("nan")), defined(1)),
        ]
        for tree, definitions in bad:
            await refused(store.create(tree, definitions), InvalidPayload)
            assert await store.tree(tree.id) is None

    async def test_nobody_can_change_what_is_stored(self, store: TaskStore) -> None:
        """Values are copied on their way in and on their way out."""
        inputs: dict[str, object] = {"list": [1]}
        extra: dict[str, object] = {"list": [1]}
        tree_id = await store.create(new_tree(extra=extra), [Definition(1, "root", "x", inputs)])
        result = {"list": [1]}
        first = claim(tree_id)
        await apply(store, first)
        assert first.task is not None
        move = complete(tree_id, result=result)
        await apply(store, move)
        for _ in range(2):
            read = await store.tree(tree_id)
            assert read is not None
            values = [inputs, extra, result, first.task.inputs, read.extra, read.root_task.inputs, read.result]
            for value in values:
                value["list"].append(2)  # type: ignore[index]
        read = await store.tree(tree_id)
        assert read is not None
        assert [read.extra, read.root_task.inputs, read.result] == [{"list": [1]}] * 3
        assert await store.results(tree_id, [1]) == {1: {"list": [1]}}

    async def test_many_tasks_are_stored_at_once(self, store: TaskStore) -> None:
        """A large tree is one creation."""
        tree_id = await stored(store, 5_000)
        assert await store.counts(tree_id) == {Status.PENDING: 5_000}
        assert (await task_of(store, tree_id, 4_999)).inputs == {"n": 4_999}
        tree = await store.tree(tree_id)
        assert tree is not None
        assert [task.seq for task in tree.tasks] == list(range(1, 5_001))

    async def test_a_definition_can_be_replaced_where_the_task_stands_right(self, store: TaskStore) -> None:
        """Others see it, by the revision; a time that was set follows."""
        tree_id = await stored(store)
        new = Definition(2, "renamed", "other", {"n": 0}, 1, not_before=NOW + 50)
        assert await store.update(tree_id, new, frozenset({Status.PENDING}))
        task = await task_of(store, tree_id, 2)
        assert task.definition == new
        assert (task.wake_at, task.revision) == (NOW + 50, 1)
        changed = await store.changed(tree_id, 0)
        assert changed is not None
        assert [task.seq for task in changed[1]] == [2]

    async def test_a_definition_stays_where_the_task_stands_wrong(self, store: TaskStore) -> None:
        """A task that runs, or is not there, keeps its definition."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id, 2))
        assert not await store.update(tree_id, Definition(2, "renamed"), frozenset({Status.PENDING, Status.FAILED}))
        assert not await store.update(tree_id, Definition(9, "absent"), frozenset(Status))
        assert not await store.update(new_id(), Definition(1, "absent"), frozenset(Status))
        assert (await task_of(store, tree_id, 2)).name == "task 2"

    async def test_a_result_survives_a_new_definition(self, store: TaskStore) -> None:
        """Replacing a definition touches nothing else."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id))
        await apply(store, complete(tree_id, result=["x" * 40_000]))
        assert await store.update(tree_id, Definition(1, "renamed"), frozenset({Status.COMPLETED}))
        task = await task_of(store, tree_id)
        assert (task.name, task.result) == ("renamed", ["x" * 40_000])

    async def test_deleting_takes_everything_of_a_tree(self, store: TaskStore) -> None:
        """Nothing of it is found any more; another tree is whole."""
        gone, kept = await stored(store), await stored(store)
        await apply(store, claim(gone), claim(kept))
        await apply(store, Record(gone, 1, "me", 1, NOW, (Step("a", 1),)))
        await apply(store, complete(gone))
        assert await store.delete(gone)
        assert await store.tree(gone) is None
        assert await store.journal(gone, 1) == {}
        assert list(await store.attempts(gone, 1)) == []
        assert await apply(store, claim(gone, 2)) == [False]
        assert not await store.delete(gone)
        assert await store.counts() == {Status.PENDING: 2, Status.IN_PROGRESS: 1}

    async def test_some_tasks_can_be_deleted(self, store: TaskStore) -> None:
        """The tree goes on with the others."""
        tree_id = await stored(store, 4)
        assert await store.delete(tree_id, [2, 3, 99])
        tree = await store.tree(tree_id)
        assert tree is not None
        assert [task.seq for task in tree.tasks] == [1, 4]
        assert (tree.total, tree.revision) == (2, 1)
        assert not await store.delete(tree_id, [2, 3])
