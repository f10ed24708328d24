"""The contract of a task store: who lives, and who owns what."""

from motet.kernel.errors import InvalidPayload
from motet.tasks.changes import TreeMove
from motet.tasks.ports import TaskStore
from motet.tasks.status import Status
from motet.testing.made import NOW, apply, claim, complete, refused, stored

__all__ = ["WorkersContract"]


class WorkersContract:
    """Leases, and what dead owners leave."""

    async def test_leases_are_written_renewed_and_given_up(self, store: TaskStore) -> None:
        """One for each owner."""
        assert list(await store.workers()) == []
        await store.beat("b", NOW, "host", 7)
        await store.beat("a", NOW)
        await store.beat("b", NOW + 5, "other", 8)
        assert list(await store.workers()) == [("a", NOW, "", 0), ("b", NOW + 5, "other", 8)]
        await store.leave("b")
        await store.leave("nobody")
        assert list(await store.workers()) == [("a", NOW, "", 0)]

    async def test_odd_leases_are_refused(self, store: TaskStore) -> None:
        """They harm nobody else."""
        for owner, until, host in (("\x00", NOW, ""), ("a", float("nan"), ""), ("a", NOW, "\ud800")):
            await refused(store.beat(owner, until, host), InvalidPayload)
        assert list(await store.workers()) == []

    async def test_what_owners_run_is_found(self, store: TaskStore) -> None:
        """In some trees, or in all; only what is in progress."""
        one, two = await stored(store), await stored(store)
        await apply(store, claim(one), claim(one, 2, "you"), claim(two, 3), claim(two, 1, "she"))
        await apply(store, complete(two, 1, owner="she"))
        owned = await store.owned(["me", "she"])
        assert {(task.tree_id, task.seq, task.owner) for task in owned} == {(one, 1, "me"), (two, 3, "me")}
        assert [(task.tree_id, task.seq) for task in await store.owned(["me", "you"], [one])] == [(one, 1), (one, 2)]
        assert list(await store.owned([])) == []
        assert list(await store.owned(["me"], [])) == []
        assert list(await store.owned(["nobody"])) == []

    async def test_trees_that_nobody_drives_are_found(self, store: TaskStore) -> None:
        """The oldest first; neither those that wait, nor those that ended."""
        trees = [await stored(store, created_at=NOW - age) for age in range(5)]
        for tree_id, owner in zip(trees, ["me", "dead", None, "dead", "dead"], strict=True):
            await apply(store, TreeMove(tree_id, Status.PENDING, Status.IN_PROGRESS, NOW, owner))
        await apply(store, TreeMove(trees[3], Status.IN_PROGRESS, Status.FAILED, NOW))
        await stored(store)
        assert [tree.id for tree in await store.adrift(["me"])] == [trees[4], trees[2], trees[1]]
        assert [tree.id for tree in await store.adrift(["me"], 1)] == [trees[4]]
        assert [tree.id for tree in await store.adrift(["me", "dead"])] == [trees[2]]
        assert len(await store.adrift([])) == 4
        assert all(tree.tasks == () for tree in await store.adrift([]))
