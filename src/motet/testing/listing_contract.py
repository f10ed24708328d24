"""The contract of a task store: lists, searches and counts."""

from collections.abc import Sequence

from motet.kernel.errors import InvalidPayload
from motet.tasks.definition import Definition
from motet.tasks.ports import Filter, TaskStore
from motet.tasks.status import Status
from motet.testing.made import NOW, apply, claim, complete, defined, new_tree, refused, stored

__all__ = ["ListingContract"]


class ListingContract:
    """Pages, filters, finding."""

    async def test_the_newest_trees_come_first(self, store: TaskStore) -> None:
        """Without their tasks."""
        trees = [await stored(store, created_at=NOW + age) for age in (1, 3, 2)]
        page = await store.list_trees(Filter())
        assert [tree.id for tree in page.trees] == [trees[1], trees[2], trees[0]]
        assert page.cursor is None
        assert page.trees[0].tasks == ()

    async def test_pages_of_trees_follow_each_other(self, store: TaskStore) -> None:
        """Each tree once, also among trees of one moment, and whatever is stored meanwhile."""
        trees = {await stored(store, 1, created_at=NOW + number // 3) for number in range(10)}
        seen: list[str] = []
        cursor = None
        for _ in range(4):
            page = await store.list_trees(Filter(), 3, cursor)
            seen += (tree.id for tree in page.trees)
            cursor = page.cursor
            await stored(store, 1, created_at=NOW + 100)
        assert cursor is None
        assert len(seen) == 10
        assert set(seen) == trees

    async def test_pages_of_tasks_follow_each_other(self, store: TaskStore) -> None:
        """Trees fall, tasks rise."""
        old, new = await stored(store, 5, created_at=NOW), await stored(store, 5, created_at=NOW + 1)
        seen: list[tuple[str, int]] = []
        cursor, pages = None, 0
        while pages == 0 or cursor is not None:
            page = await store.list_tasks(Filter(), 3, cursor)
            seen += ((task.tree_id, task.seq) for task in page.tasks)
            cursor, pages = page.cursor, pages + 1
        assert seen == [(tree_id, seq) for tree_id in (new, old) for seq in range(1, 6)]
        assert pages == 4

    async def test_a_page_that_takes_all_is_the_last(self, store: TaskStore) -> None:
        """There is no empty page behind it."""
        await stored(store, 3)
        assert (await store.list_tasks(Filter(), 3)).cursor is None
        assert (await store.list_trees(Filter(), 1)).cursor is None

    async def test_an_odd_cursor_is_refused(self, store: TaskStore) -> None:
        """It is the caller's fault."""
        for cursor in ("", "nonsense", "WzFd", "\x00"):
            for ask in (store.list_trees, store.list_tasks):
                await refused(ask(Filter(), 3, cursor), InvalidPayload)

    async def test_trees_are_filtered(self, store: TaskStore) -> None:
        """By each field, and by all of them together."""
        one = await store.create(new_tree(name="Straße 100%", user="ann"), defined(2, executor="a"))
        two = await store.create(new_tree(name="other_x", user="bob", created_at=NOW + 10), defined(2, executor="b"))
        cases: list[tuple[Filter, list[str]]] = [
            (Filter(), [two, one]),
            (Filter(user="ann"), [one]),
            (Filter(user=""), []),
            (Filter(name="STRASSE"), [one]),
            (Filter(name="0%"), [one]),
            (Filter(name="%"), [one]),
            (Filter(name="_"), [two]),
            (Filter(name="nobody"), []),
            (Filter(executor="b"), [two]),
            (Filter(executor="c"), []),
            (Filter(tree_id=one), [one]),
            (Filter(statuses=frozenset({Status.PENDING, Status.FAILED})), [two, one]),
            (Filter(statuses=frozenset({Status.COMPLETED})), []),
            (Filter(created_after=NOW + 10), [two]),
            (Filter(created_before=NOW + 10), [one]),
            (Filter(created_after=NOW, created_before=NOW + 11, user="bob", name="X"), [two]),
        ]
        for which, expected in cases:
            assert [tree.id for tree in (await store.list_trees(which)).trees] == expected, which

    async def test_tasks_are_filtered(self, store: TaskStore) -> None:
        """By each field."""
        definitions = [
            Definition(1, "Root"),
            Definition(2, "ÄPFEL pflücken", "pick", {}, 1),
            Definition(3, "b", "go", {}, 1),
        ]
        one = await store.create(new_tree(user="ann"), definitions)
        two = await store.create(new_tree(created_at=NOW + 5), definitions[:1])
        await apply(store, claim(one, 3))
        cases: list[tuple[Filter, list[tuple[str, int]]]] = [
            (Filter(), [(two, 1), (one, 1), (one, 2), (one, 3)]),
            (Filter(name="äpfel"), [(one, 2)]),
            (Filter(name="root"), [(two, 1), (one, 1)]),
            (Filter(executor="go"), [(one, 3)]),
            (Filter(tree_id=two), [(two, 1)]),
            (Filter(user="ann", statuses=frozenset({Status.PENDING})), [(one, 1), (one, 2)]),
            (Filter(statuses=frozenset({Status.IN_PROGRESS})), [(one, 3)]),
            (Filter(created_after=NOW + 1), [(two, 1)]),
            (Filter(created_before=NOW), []),
        ]
        for which, expected in cases:
            tasks = (await store.list_tasks(which)).tasks
            assert [(task.tree_id, task.seq) for task in tasks] == expected, which

    async def test_tasks_are_counted_by_status(self, store: TaskStore) -> None:
        """Of one tree, or of all."""
        assert await store.counts() == {}
        one, two = await stored(store, 3), await stored(store, 2)
        await apply(store, claim(one), claim(one, 2), claim(two))
        await apply(store, complete(one))
        done, running, waiting = Status.COMPLETED, Status.IN_PROGRESS, Status.PENDING
        assert await store.counts(one) == {done: 1, running: 1, waiting: 1}
        assert await store.counts() == {done: 1, running: 2, waiting: 2}

    async def test_trees_are_found_by_how_they_begin_or_by_key(self, store: TaskStore) -> None:
        """The one with the key comes first; a limit is kept."""
        for tree_id, key in (("aa01", None), ("aa02", "bb"), ("bb03", None), ("a%04", None)):
            await store.create(new_tree(tree_id, key=key), defined(1))
        cases: list[tuple[str, int, Sequence[str]]] = [
            ("aa", 10, ["aa01", "aa02"]),
            ("aa01", 10, ["aa01"]),
            ("bb", 10, ["aa02", "bb03"]),
            ("a%", 10, ["a%04"]),
            ("zz", 10, []),
            ("aa", 1, ["aa01"]),
            ("bb", 1, ["aa02"]),
            ("", 10, ["a%04", "aa01", "aa02", "bb03"]),
        ]
        for text, limit, expected in cases:
            assert list(await store.find(text, limit)) == list(expected), text
