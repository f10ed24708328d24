"""The contract of a task store that keeps what it has: what was acknowledged is there, for others and later on."""

import asyncio
from abc import ABC, abstractmethod

from motet.tasks.changes import Record, Step
from motet.tasks.ports import TaskStore
from motet.tasks.status import Status
from motet.testing.made import NOW, apply, claim, complete, stored, task_of

__all__ = ["DurableContract"]


class DurableContract(ABC):
    """Several stores on one database, at once or one after the other."""

    @abstractmethod
    async def another(self, store: TaskStore) -> TaskStore:
        """Return a store on the same database, opened; the test closes it."""

    async def test_a_closed_store_has_kept_everything(self, store: TaskStore) -> None:
        """Closed twice, and opened again."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id))
        await apply(store, Record(tree_id, 1, "me", 1, NOW, (Step("a", 1),)))
        waiting = asyncio.ensure_future(store.apply([complete(tree_id, result=None)]))
        await asyncio.sleep(0)
        await store.close()
        await store.close()
        await waiting
        await store.open()
        assert (await task_of(store, tree_id)).status is Status.COMPLETED
        assert await store.results(tree_id, [1]) == {1: None}
        assert await store.journal(tree_id, 1) == {"a": 1}

    async def test_two_stores_see_what_the_other_has_done(self, store: TaskStore) -> None:
        """At once: what is acknowledged is there."""
        other = await self.another(store)
        try:
            tree_id = await stored(store)
            assert await apply(other, claim(tree_id, owner="you")) == [True]
            assert await apply(store, claim(tree_id)) == [False]
            changed = await store.changed(tree_id, 0)
            assert changed is not None
            assert [task.owner for task in changed[1]] == ["you"]
            assert (await store.apply([claim(tree_id, 2)])).revisions == {tree_id: 3}
        finally:
            await other.close()

    async def test_of_two_stores_one_wins(self, store: TaskStore) -> None:
        """Every task has one owner, and every key one tree."""
        other = await self.another(store)
        try:
            tree_id = await stored(store, 30)
            mine = [claim(tree_id, seq, "me") for seq in range(1, 31)]
            yours = [claim(tree_id, seq, "you") for seq in range(30, 0, -1)]
            await asyncio.gather(
                *(store.apply([change]) for change in mine), *(other.apply([change]) for change in yours)
            )
            won = [change for change in mine + yours if change.applied]
            assert sorted(change.seq for change in won) == list(range(1, 31))
            assert await store.counts(tree_id) == {Status.IN_PROGRESS: 30}
            raced = await asyncio.gather(*(stored(one, key=f"k{n}") for n in range(5) for one in (store, other)))
            assert len(set(raced)) == 5
        finally:
            await other.close()
