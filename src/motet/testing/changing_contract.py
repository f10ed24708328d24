"""The contract of a task store: every change is a compare-and-set."""

from motet.kernel.error_payload import ErrorPayload
from motet.kernel.errors import InvalidPayload
from motet.tasks.changes import Change, Move, Progress, Record, Step, TreeMove
from motet.tasks.model import Question
from motet.tasks.ports import TaskStore
from motet.tasks.status import TRANSITIONS, TREE_TRANSITIONS, Status
from motet.testing.made import NOW, apply, claim, complete, give_back, new_id, refused, stored, task_of

__all__ = ["ChangingContract"]

ERROR: ErrorPayload = {
    "code": "agent_failed",
    "message": "no",
    "fault": "agent",
    "retryable": True,
    "details": {"why": ["x"]},
}


class ChangingContract:
    """Claims, moves, moves of trees, progress."""

    async def test_a_claim_takes_a_task(self, store: TaskStore) -> None:
        """It comes with the task as it now is."""
        tree_id = await stored(store)
        change = claim(tree_id, 2)
        assert (await store.apply([change])).revisions == {tree_id: 1}
        assert change.applied
        task = await task_of(store, tree_id, 2)
        assert change.task == task
        assert (task.status, task.owner, task.attempt) == (Status.IN_PROGRESS, "me", 1)
        assert (task.started_at, task.progress, task.message, task.revision) == (NOW + 1, 0.0, "", 1)

    async def test_a_task_is_claimed_once(self, store: TaskStore) -> None:
        """Neither somebody else, nor later, nor in the same call."""
        tree_id = await stored(store)
        assert await apply(store, claim(tree_id), claim(tree_id, owner="you")) == [True, False]
        late = claim(tree_id, owner="you")
        assert await apply(store, late) == [False]
        assert late.task is None

    async def test_a_claim_whose_answer_was_lost_is_known_again(self, store: TaskStore) -> None:
        """The same owner and attempt; another attempt is another claim."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id))
        again, other = claim(tree_id), claim(tree_id, attempt=1)
        assert await apply(store, again, other) == [True, False]
        assert again.task is not None
        assert again.task.attempt == 1

    async def test_a_task_that_sleeps_is_not_claimed(self, store: TaskStore) -> None:
        """From its time on it is."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id))
        await apply(store, give_back(tree_id, wake_at=NOW + 50))
        assert await apply(store, claim(tree_id, at=NOW + 49.9, attempt=1)) == [False]
        assert await apply(store, claim(tree_id, at=NOW + 50, attempt=1)) == [True]
        assert (await task_of(store, tree_id)).wake_at is None

    async def test_a_move_carries_everything_of_an_end(self, store: TaskStore) -> None:
        """Result, times, progress; and the attempt is recorded with what it really got."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id))
        move = complete(tree_id, result={"a": [1, None]}, inputs={"n": 1, "got": "x"}, started_at=NOW + 1.5, failures=2)
        assert await apply(store, move) == [True]
        task = await task_of(store, tree_id)
        assert (task.status, task.result, task.progress, task.owner) == (Status.COMPLETED, {"a": [1, None]}, 1.0, None)
        assert (task.started_at, task.ended_at, task.failures) == (NOW + 1.5, NOW + 2, 2)
        (attempt,) = await store.attempts(tree_id, 1)
        assert (attempt.number, attempt.status, attempt.owner) == (1, Status.COMPLETED, "me")
        assert (attempt.inputs, attempt.error) == ({"n": 1, "got": "x"}, None)
        assert (attempt.started_at, attempt.ended_at) == (NOW + 1.5, NOW + 2)

    async def test_a_failure_is_kept_and_counted(self, store: TaskStore) -> None:
        """Attempt by attempt, with the inputs only where they were others; the last error stays on the task."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id))
        await apply(store, give_back(tree_id, error=ERROR, failures=1, wake_at=NOW + 3))
        task = await task_of(store, tree_id)
        assert (task.status, task.error, task.failures, task.wake_at) == (Status.PENDING, ERROR, 1, NOW + 3)
        assert (task.result, task.ended_at, task.attempt) == (None, None, 1)
        again = claim(tree_id, at=NOW + 4, attempt=1)
        await apply(store, again)
        assert again.task is not None
        assert again.task.error == ERROR
        await apply(store, complete(tree_id, attempt=2, result=None))
        task = await task_of(store, tree_id)
        assert (task.status, task.error, task.failures) == (Status.COMPLETED, None, 1)
        first, second = await store.attempts(tree_id, 1)
        assert (first.number, first.status, first.error, first.inputs) == (1, Status.PENDING, ERROR, None)
        assert first.started_at == NOW + 1
        assert (second.number, second.status, second.started_at) == (2, Status.COMPLETED, NOW + 4)

    async def test_a_move_asks_for_source_owner_and_attempt(self, store: TaskStore) -> None:
        """Where one of them is another, nothing changes."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id))
        before = await task_of(store, tree_id)
        wrong = [
            complete(tree_id, owner="you"),
            complete(tree_id, attempt=2),
            complete(tree_id, 2),
            complete(tree_id, 99),
            complete(new_id()),
            Move(tree_id, 1, Status.PENDING, Status.SKIPPED, NOW),
        ]
        assert await apply(store, *wrong) == [False] * len(wrong)
        after = await task_of(store, tree_id)
        assert (after.status, after.owner, after.result) == (before.status, before.owner, before.result)
        assert list(await store.attempts(tree_id, 1)) == []

    async def test_a_move_whose_answer_was_lost_is_known_again(self, store: TaskStore) -> None:
        """By its owner and attempt; its result is the first one."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id))
        await apply(store, complete(tree_id, result=1))
        assert await apply(store, complete(tree_id, result=2)) == [True]
        assert await apply(store, complete(tree_id, owner="you"), complete(tree_id, owner=None)) == [False, False]
        assert (await task_of(store, tree_id)).result == 1
        assert len(await store.attempts(tree_id, 1)) == 1

    async def test_a_move_without_owner_is_made_once(self, store: TaskStore) -> None:
        """Of two who answer or cancel, one is told that it was so; no attempt is recorded."""
        tree_id = await stored(store)
        cancels = [Move(tree_id, 1, Status.PENDING, Status.CANCELLED, NOW + 5, error=ERROR) for _ in range(2)]
        assert await apply(store, *cancels) == [True, False]
        task = await task_of(store, tree_id)
        assert (task.status, task.error, task.ended_at) == (Status.CANCELLED, ERROR, NOW + 5)
        assert list(await store.attempts(tree_id, 1)) == []

    async def test_none_is_a_result(self, store: TaskStore) -> None:
        """As are all other values that are false."""
        tree_id = await stored(store, 6)
        values: dict[int, object] = dict(enumerate([None, 0, "", [], {}], 1))
        await apply(store, *(claim(tree_id, seq) for seq in values))
        await apply(store, *(complete(tree_id, seq, value) for seq, value in values.items()))
        assert await store.results(tree_id, range(1, 7)) == values
        assert await store.results(tree_id, [2]) == {2: 0}

    async def test_only_what_completes_has_a_result(self, store: TaskStore) -> None:
        """A result that comes with another end is not stored."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id))
        await apply(store, Move(tree_id, 1, Status.IN_PROGRESS, Status.FAILED, NOW, "me", result="x"))
        assert (await task_of(store, tree_id)).result is None
        assert await store.results(tree_id, [1]) == {}

    async def test_a_question_is_asked_and_answered(self, store: TaskStore) -> None:
        """The answer is in the journal when the task goes on."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id))
        question = Question("sure", "Größe?", {"type": "boolean"})
        ask = Move(tree_id, 1, Status.IN_PROGRESS, Status.INPUT_REQUIRED, NOW + 2, "me", 1, question=question)
        assert await apply(store, ask) == [True]
        task = await task_of(store, tree_id)
        assert (task.status, task.question, task.owner) == (Status.INPUT_REQUIRED, question, None)
        steps = (Step("sure", False),)
        answers = [Move(tree_id, 1, Status.INPUT_REQUIRED, Status.PENDING, NOW + 3, steps=steps) for _ in range(2)]
        assert await apply(store, *answers) == [True, False]
        assert await store.journal(tree_id, 1) == {"sure": False}
        assert (await task_of(store, tree_id)).question is None

    async def test_a_rerun_clears_what_was_left(self, store: TaskStore) -> None:
        """Attempts stay, and count on."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id))
        await apply(store, Progress(tree_id, 1, "me", 1, 0.5, "half"))
        await apply(store, Record(tree_id, 1, "me", 1, NOW, (Step("a", 1),)))
        fail = Move(tree_id, 1, Status.IN_PROGRESS, Status.FAILED, NOW + 2, "me", 1, error=ERROR, failures=3)
        await apply(store, fail)
        reset = Move(tree_id, 1, Status.FAILED, Status.PENDING, NOW + 3, reset=True)
        assert await apply(store, reset) == [True]
        task = await task_of(store, tree_id)
        assert (task.status, task.run, task.attempt, task.failures) == (Status.PENDING, 1, 1, 0)
        assert (task.error, task.progress, task.message, task.ended_at) == (None, 0.0, "", None)
        assert await store.journal(tree_id, 1) == {}
        assert len(await store.attempts(tree_id, 1)) == 1
        assert await apply(store, claim(tree_id, attempt=1)) == [True]

    async def test_what_the_tables_forbid_is_refused(self, store: TaskStore) -> None:
        """Before anything of the call is done."""
        tree_id = await stored(store)
        wrong: list[Change] = [
            Move(tree_id, 1, source, target, NOW)
            for source in Status
            for target in Status
            if target not in TRANSITIONS[source] or target is Status.IN_PROGRESS
        ]
        wrong += (
            TreeMove(tree_id, source, target, NOW)
            for source in Status
            for target in Status
            if target not in TREE_TRANSITIONS.get(source, ())
        )
        wrong += (Progress(tree_id, 1, "me", 1, value) for value in (-0.1, 1.1, float("nan")))
        for change in wrong:
            await refused(store.apply([claim(tree_id), change]), ValueError)
        assert await store.counts(tree_id) == {Status.PENDING: 3}

    async def test_a_bad_value_harms_its_own_call_only(self, store: TaskStore) -> None:
        """Nothing of that call is done; what NaN and infinity are is known again."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id), claim(tree_id, 2))
        for value in ("\ud800", object(), {"deep": _nested(300)}, 10**5000):
            await refused(store.apply([complete(tree_id, 2, 1), complete(tree_id, 1, value)]), InvalidPayload)
        assert (await task_of(store, tree_id, 2)).status is Status.IN_PROGRESS
        odd = [float("inf"), -float("inf"), 1e300, 10**30, "\x00", _nested(90)]
        await apply(store, complete(tree_id, 1, odd))
        assert await store.results(tree_id, [1]) == {1: odd}
        await apply(store, complete(tree_id, 2, float("nan")))
        assert str((await store.results(tree_id, [2]))[2]) == "nan"

    async def test_progress_is_told_by_the_attempt_that_runs(self, store: TaskStore) -> None:
        """By no other; it ends with the attempt."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id))
        assert await apply(store, Progress(tree_id, 1, "me", 1, 0.25, "ein Viertel ¼")) == [True]
        task = await task_of(store, tree_id)
        assert (task.progress, task.message, task.revision) == (0.25, "ein Viertel ¼", 2)
        others = [
            Progress(tree_id, 1, "you", 1, 1.0),
            Progress(tree_id, 1, "me", 2, 1.0),
            Progress(tree_id, 2, "me", 1, 1),
        ]
        assert await apply(store, *others) == [False] * 3
        await apply(store, give_back(tree_id))
        assert await apply(store, Progress(tree_id, 1, "me", 1, 0.5)) == [False]
        assert (await task_of(store, tree_id)).progress == 0.25
        await apply(store, claim(tree_id, attempt=1))
        assert (await task_of(store, tree_id)).progress == 0.0


def _nested(depth: int) -> object:
    value: object = "bottom"
    for _ in range(depth):
        value = [value]
    return value
