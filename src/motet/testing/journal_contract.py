"""The contract of a task store: journals and large values."""

from motet.kernel.errors import InvalidPayload
from motet.tasks.changes import Record, Step
from motet.tasks.definition import Definition
from motet.tasks.ports import TaskStore
from motet.tasks.status import Status
from motet.testing.made import NOW, apply, claim, complete, give_back, new_tree, refused, stored, task_of

__all__ = ["JournalContract"]

LARGE = "Äpfel " * 20_000


class JournalContract:
    """Steps, and values of every size."""

    async def test_steps_are_recorded_by_the_attempt_that_runs(self, store: TaskStore) -> None:
        """By no other: not before it was claimed, not by others, not after it ended."""
        tree_id = await stored(store)
        early = Record(tree_id, 1, "me", 1, NOW, (Step("early", 1),))
        assert await apply(store, early) == [False]
        await apply(store, claim(tree_id))
        good = Record(tree_id, 1, "me", 1, NOW, (Step("a", None), Step("b/1", {"x": [1]})))
        wrong = [
            Record(tree_id, 1, "you", 1, NOW, (Step("c", 1),)),
            Record(tree_id, 1, "me", 2, NOW, (Step("d", 1),)),
            Record(tree_id, 2, "me", 1, NOW, (Step("e", 1),)),
            Record(tree_id, 99, "me", 1, NOW, (Step("f", 1),)),
        ]
        assert await apply(store, good, *wrong) == [True, False, False, False, False]
        await apply(store, complete(tree_id))
        assert await apply(store, Record(tree_id, 1, "me", 1, NOW, (Step("late", 1),))) == [False]
        assert await store.journal(tree_id, 1) == {"a": None, "b/1": {"x": [1]}}
        assert await store.journal(tree_id, 2) == {}

    async def test_a_key_that_is_there_stays(self, store: TaskStore) -> None:
        """In a later call, in the same call, and in a later attempt; the record counts as applied."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id))
        twice = (Step("a", 1), Step("a", 2))
        assert await apply(store, Record(tree_id, 1, "me", 1, NOW, twice)) == [True]
        assert await apply(store, Record(tree_id, 1, "me", 1, NOW, (Step("a", 3), Step("b", 4)))) == [True]
        await apply(store, give_back(tree_id))
        await apply(store, claim(tree_id, attempt=1))
        assert await apply(store, Record(tree_id, 1, "me", 2, NOW, (Step("b", 5), Step("c", 6)))) == [True]
        assert await store.journal(tree_id, 1) == {"a": 1, "b": 4, "c": 6}

    async def test_steps_survive_attempts(self, store: TaskStore) -> None:
        """Whoever runs the task next finds them."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id))
        await apply(store, Record(tree_id, 1, "me", 1, NOW, (Step("a", 1),)))
        await apply(store, give_back(tree_id))
        await apply(store, claim(tree_id, owner="you", attempt=1))
        assert await store.journal(tree_id, 1) == {"a": 1}

    async def test_a_record_of_nothing_tells_whether_the_attempt_runs(self, store: TaskStore) -> None:
        """It is a question, too."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id))
        nothing = Record(tree_id, 1, "me", 1, NOW, ()), Record(tree_id, 1, "you", 1, NOW, ())
        assert await apply(store, *nothing) == [True, False]

    async def test_keys_and_values_may_be_anything(self, store: TaskStore) -> None:
        """Empty keys, long keys, all of Unicode, deep and odd values."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id))
        values: dict[str, object] = {"": "", "k" * 500: [], "ключ/😀": {"": None}, "x": -0.0, "y": [[[["deep"]]]]}
        record = Record(tree_id, 1, "me", 1, NOW, tuple(Step(key, value) for key, value in values.items()))
        assert await apply(store, record) == [True]
        assert await store.journal(tree_id, 1) == values

    async def test_a_bad_step_is_refused(self, store: TaskStore) -> None:
        """With everything of its call."""
        tree_id = await stored(store)
        await apply(store, claim(tree_id))
        for step in (Step("a\x00", 1), Step("\ud800", 1), Step("a", "\udfff"), Step("a", object())):
            await refused(store.apply([Record(tree_id, 1, "me", 1, NOW, (Step("good", 1), step))]), InvalidPayload)
        assert await store.journal(tree_id, 1) == {}

    async def test_values_of_every_size_come_back(self, store: TaskStore) -> None:
        """Inputs, results, errors, questions, steps; small, compressible, large and the same twice."""
        definition = Definition(1, "root", "x", {"text": LARGE})
        tree_id = await store.create(new_tree(), [definition, Definition(2, "other", "x", {"text": LARGE}, 1)])
        taken = claim(tree_id)
        await apply(store, taken)
        assert taken.task is not None
        assert taken.task.inputs == {"text": LARGE}
        sizes = [0, 1, 150, 199, 200, 201, 1_000, 16_381, 16_382, 16_383, 16_384, 50_000]
        steps = [Step(f"s{size}", "x" * size) for size in sizes]
        steps += [Step("large", LARGE), Step("large again", LARGE)]
        assert await apply(store, Record(tree_id, 1, "me", 1, NOW, tuple(steps))) == [True]
        assert await store.journal(tree_id, 1) == {step.key: step.value for step in steps}
        await apply(store, complete(tree_id, result=[LARGE], inputs={"text": LARGE, "more": 1}))
        task = await task_of(store, tree_id)
        assert (task.result, task.inputs) == ([LARGE], {"text": LARGE})
        assert await store.results(tree_id, [1]) == {1: [LARGE]}
        (attempt,) = await store.attempts(tree_id, 1)
        assert attempt.inputs == {"text": LARGE, "more": 1}
        tree = await store.tree(tree_id)
        assert tree is not None
        assert [task.inputs for task in tree.tasks] == [{"text": LARGE}] * 2
        assert tree.tasks[1].status is Status.PENDING
