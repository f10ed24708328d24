"""The contract of a task store: what comes before what, within a call and between calls; and trees."""

import asyncio
import time

from motet.tasks.changes import Change, Claim, Move, Record, Step, TreeMove
from motet.tasks.ports import TaskStore
from motet.tasks.status import Status
from motet.testing.made import NOW, apply, claim, complete, give_back, new_id, stored, task_of

__all__ = ["OrderingContract"]


class OrderingContract:
    """Order, conditions on other changes, revisions, moves of trees."""

    async def test_moves_come_first_then_trees_then_claims(self, store: TaskStore) -> None:
        """In whatever order they are given."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id))
        done = complete(tree_id)
        follow = claim(tree_id, 2, after=(done,))
        take = TreeMove(tree_id, Status.PENDING, Status.IN_PROGRESS, NOW, "me", after=(done,))
        assert await apply(store, follow, take, done) == [True, True, True]

    async def test_what_comes_after_a_move_that_failed_is_not_done(self, store: TaskStore) -> None:
        """In this call, in a later one, and where nobody knows about the move."""
        tree_id = await stored(store)
        lost, never = complete(tree_id, owner="you"), complete(tree_id)
        assert await apply(store, lost, claim(tree_id, after=(lost,))) == [False, False]
        take = TreeMove(tree_id, Status.PENDING, Status.IN_PROGRESS, NOW, "me", after=(lost,))
        assert await apply(store, claim(tree_id, after=(lost,)), take) == [False, False]
        assert await apply(store, claim(tree_id, after=(never,))) == [False]
        assert await store.counts(tree_id) == {Status.PENDING: 3}

    async def test_what_comes_after_an_earlier_move_is_done(self, store: TaskStore) -> None:
        """A move of an earlier call counts."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id))
        done = complete(tree_id)
        await apply(store, done)
        assert await apply(store, claim(tree_id, 2, after=(done,))) == [True]

    async def test_a_move_counts_before_anybody_is_told(self, store: TaskStore) -> None:
        """What comes after it may be asked for while its answer is on the way."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id))
        done = complete(tree_id)
        follow = claim(tree_id, 2, after=(done,))
        first = asyncio.ensure_future(store.apply([done]))
        await asyncio.sleep(0)
        time.sleep(0.05)  # noqa: ASYNC251 - the event loop is busy while the move is committed
        await store.apply([follow])
        await first
        assert (done.applied, follow.applied) == (True, True)

    async def test_moves_of_one_task_go_in_the_order_given(self, store: TaskStore) -> None:
        """Each finds what the one before it left."""
        tree_id = await stored(store)
        away = Move(tree_id, 1, Status.PENDING, Status.CANCELLED, NOW)
        back = Move(tree_id, 1, Status.CANCELLED, Status.PENDING, NOW, reset=True, steps=(Step("kept", 1),))
        skip = Move(tree_id, 1, Status.PENDING, Status.SKIPPED, NOW)
        assert await apply(store, away, back, skip) == [True, True, True]
        assert (await task_of(store, tree_id)).status is Status.SKIPPED
        assert await store.journal(tree_id, 1) == {"kept": 1}

    async def test_calls_that_come_together_keep_their_order(self, store: TaskStore) -> None:
        """A claim, steps, a move, and a claim of what follows, none waiting for the other."""
        tree_id = await stored(store)
        done = complete(tree_id)
        calls: list[Change] = [
            claim(tree_id),
            Record(tree_id, 1, "me", 1, NOW, (Step("a", 1),)),
            done,
            Record(tree_id, 1, "me", 1, NOW, (Step("b", 2),)),
            claim(tree_id, 2, after=(done,)),
        ]
        await asyncio.gather(*(store.apply([change]) for change in calls))
        assert [change.applied for change in calls] == [True, True, True, False, True]
        assert await store.journal(tree_id, 1) == {"a": 1}

    async def test_every_call_raises_the_revision_by_one(self, store: TaskStore) -> None:
        """Of the trees it names, whether or not its changes applied; steps leave it."""
        one, two = await stored(store), await stored(store)
        applied = await store.apply([claim(one), claim(one, 2), claim(two, 99)])
        assert applied.revisions == {one: 1, two: 1}
        assert (await store.apply([Record(one, 1, "me", 1, NOW, (Step("a", 1),))])).revisions == {}
        assert (await store.apply([claim(new_id())])).revisions == {}
        assert (await store.apply([])).revisions == {}
        assert await store.revisions([one, two]) == {one: 1, two: 1}
        calls = await asyncio.gather(*(store.apply([claim(one, 3)]) for _ in range(5)))
        assert sorted(call.revisions[one] for call in calls) == [2, 3, 4, 5, 6]

    async def test_what_has_changed_is_told_by_revision(self, store: TaskStore) -> None:
        """Only that, and from the revision on that is known."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id, 2))
        known = (await store.apply([claim(tree_id, 3)])).revisions[tree_id]
        await apply(store, complete(tree_id, 3))
        seen = [
            [task.seq for task in (await store.changed(tree_id, since) or ((), ()))[1]] for since in (0, 1, known, 99)
        ]
        assert seen == [[2, 3], [3], [3], []]
        changed = await store.changed(tree_id, 3)
        assert changed is not None
        assert (changed[0].revision, changed[0].tasks, changed[1]) == (3, (), [])

    async def test_a_tree_is_taken_up_handed_over_and_ended(self, store: TaskStore) -> None:
        """Its times and its owner follow."""
        tree_id = await stored(store)
        take = TreeMove(tree_id, Status.PENDING, Status.IN_PROGRESS, NOW + 1, "me", "")
        assert await apply(store, take) == [True]
        over = TreeMove(tree_id, Status.IN_PROGRESS, Status.IN_PROGRESS, NOW + 2, "you", "me")
        late = TreeMove(tree_id, Status.IN_PROGRESS, Status.IN_PROGRESS, NOW + 2, "she", "me")
        assert await apply(store, over, late) == [True, False]
        tree = await store.tree(tree_id, tasks=False)
        assert tree is not None
        assert (tree.status, tree.owner, tree.started_at, tree.ended_at) == (Status.IN_PROGRESS, "you", NOW + 1, None)
        end = TreeMove(tree_id, Status.IN_PROGRESS, Status.COMPLETED, NOW + 3)
        assert await apply(store, end) == [True]
        again = TreeMove(tree_id, Status.COMPLETED, Status.PENDING, NOW + 4)
        assert await apply(store, again) == [True]
        tree = await store.tree(tree_id, tasks=False)
        assert tree is not None
        assert (tree.status, tree.owner, tree.started_at, tree.ended_at) == (Status.PENDING, None, NOW + 1, None)

    async def test_a_tree_moves_only_from_where_it_should_be(self, store: TaskStore) -> None:
        """Status and owner are asked for; who has it already is told so."""
        tree_id = await stored(store)
        wrong = [
            TreeMove(tree_id, Status.IN_PROGRESS, Status.COMPLETED, NOW),
            TreeMove(tree_id, Status.PENDING, Status.IN_PROGRESS, NOW, "me", "you"),
            TreeMove(new_id(), Status.PENDING, Status.IN_PROGRESS, NOW, "me"),
        ]
        assert await apply(store, *wrong) == [False] * 3
        take = [TreeMove(tree_id, Status.PENDING, Status.IN_PROGRESS, NOW, owner) for owner in ("me", "me", "you")]
        assert await apply(store, *take) == [True, True, False]

    async def test_a_tree_in_progress_is_not_deleted(self, store: TaskStore) -> None:
        """Nor any of its tasks."""
        tree_id = await stored(store)
        await apply(store, TreeMove(tree_id, Status.PENDING, Status.IN_PROGRESS, NOW, "me"))
        assert not await store.delete(tree_id)
        assert not await store.delete(tree_id, [2])
        assert await store.counts(tree_id) == {Status.PENDING: 3}

    async def test_many_at_once_lose_nothing(self, store: TaskStore) -> None:
        """Fifty run tasks of three trees, and fight for some of them."""
        trees = [await stored(store, 40) for _ in range(3)]

        async def work(number: int) -> int:
            owner, won = f"worker {number}", 0
            for place in range(number, number + 8):
                tree_id, seq = trees[place % 3], place % 40 + 1
                take = Claim(tree_id, seq, owner, NOW)
                await store.apply([take])
                if take.applied and take.task is not None and take.task.attempt == 1:
                    done = complete(tree_id, seq, owner, owner=owner)
                    await store.apply([done])
                    assert done.applied
                    won += 1
            return won

        won = sum(await asyncio.gather(*(work(number) for number in range(50))))
        assert (await store.counts())[Status.COMPLETED] == won
        for tree_id in trees:
            tree = await store.tree(tree_id)
            assert tree is not None
            ended = [task for task in tree.tasks if task.status is Status.COMPLETED]
            for task in ended[:5]:
                (attempt,) = await store.attempts(tree_id, task.seq)
                assert attempt.owner == task.result

    async def test_what_a_caller_no_longer_waits_for_is_done(self, store: TaskStore) -> None:
        """Cancelling whoever waits takes nothing back, and harms nobody else."""
        tree_id = await stored(store)
        first, second = claim(tree_id), claim(tree_id, 2)
        waiting = [asyncio.ensure_future(store.apply([change])) for change in (first, second)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await store.apply([])
        assert (first.applied, second.applied) == (True, True)
        assert await apply(store, give_back(tree_id, attempt=1)) == [True]
