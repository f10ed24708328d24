"""The contract that every store for the state of traces meets, as a class of tests to inherit from."""

import asyncio

from motet.kernel.errors import InvalidPayload
from motet.kernel.history import StateStore
from motet.testing.made import refused

__all__ = ["StateStoreContract"]


class StateStoreContract:
    """What a state store has to do: inherit, and give a fixture `state` that is opened and empty."""

    async def test_a_history_is_read_in_order_and_in_parts(self, state: StateStore) -> None:
        """Numbers begin at one, and do not stop."""
        assert await state.append("t", [{"n": 1}, {"n": 2}]) == 2
        assert await state.append("other", [{"n": 0}]) == 1
        assert await state.append("t", [{"n": 3}]) == 3
        assert list(await state.history("t")) == [(1, {"n": 1}), (2, {"n": 2}), (3, {"n": 3})]
        assert list(await state.history("t", limit=2)) == [(1, {"n": 1}), (2, {"n": 2})]
        assert list(await state.history("t", after=2)) == [(3, {"n": 3})]
        assert list(await state.history("t", after=3)) == []
        assert list(await state.history("unknown")) == []

    async def test_nothing_to_append_changes_nothing(self, state: StateStore) -> None:
        """It tells the last number."""
        assert await state.append("t", []) == 0
        assert list(await state.traces()) == []
        await state.append("t", [{}])
        assert await state.append("t", []) == 1

    async def test_who_appends_at_once_gets_numbers_of_its_own(self, state: StateStore) -> None:
        """None is lost, none is twice."""
        numbers = await asyncio.gather(*(state.append("t", [{"n": n}]) for n in range(20)))
        assert sorted(numbers) == list(range(1, 21))
        assert [number for number, _ in await state.history("t")] == list(range(1, 21))

    async def test_the_trace_written_to_last_comes_first(self, state: StateStore) -> None:
        """A limit is kept."""
        for trace in ("a", "b", "c", "a"):
            await state.append(trace, [{}])
            await asyncio.sleep(0.001)
        assert list(await state.traces()) == ["a", "c", "b"]
        assert list(await state.traces(1)) == ["a"]

    async def test_names_are_bound_within_a_trace(self, state: StateStore) -> None:
        """The last meaning counts; None is one."""
        await state.bind("t", "x", {"id": 1})
        await state.bind("t", "x", {"id": [2]})
        await state.bind("t", "y", None)
        await state.bind("u", "x", "other")
        assert await state.bindings("t") == {"x": {"id": [2]}, "y": None}
        assert await state.binding("t", "x") == {"id": [2]}
        assert await state.binding("t", "y", "default") is None
        assert await state.binding("t", "z", "default") == "default"
        assert await state.bindings("v") == {}

    async def test_an_answer_is_taken_once(self, state: StateStore) -> None:
        """By one of those who ask; the last answer counts."""
        await state.put_answer("k", 1)
        await state.put_answer("k", None)
        nothing = object()
        taken = await asyncio.gather(*(state.take_answer("k", nothing) for _ in range(5)))
        assert sorted(answer is nothing for answer in taken) == [False, True, True, True, True]
        assert [answer for answer in taken if answer is not nothing] == [None]
        assert await state.take_answer("k") is None

    async def test_a_trace_is_forgotten(self, state: StateStore) -> None:
        """It begins anew; others stay."""
        for trace in ("t", "u"):
            await state.append(trace, [{}])
            await state.bind(trace, "x", 1)
        await state.forget("t")
        await state.forget("unknown")
        assert list(await state.history("t")) == []
        assert await state.bindings("t") == {}
        assert list(await state.traces()) == ["u"]
        assert await state.bindings("u") == {"x": 1}
        assert await state.append("t", [{"new": 1}]) == 1

    async def test_values_are_copied(self, state: StateStore) -> None:
        """On the way in, and on the way out."""
        value: dict[str, object] = {"list": [1]}
        await state.append("t", [value])
        await state.bind("t", "x", value)
        await state.put_answer("k", value)
        value["list"] = "changed"
        ((_, record),) = await state.history("t")
        record["list"] = "changed"
        assert list(await state.history("t")) == [(1, {"list": [1]})]
        assert await state.binding("t", "x") == {"list": [1]}
        assert await state.take_answer("k") == {"list": [1]}

    async def test_odd_values_are_refused_and_unicode_is_not(self, state: StateStore) -> None:
        """With everything of the call."""
        wrong = (
            lambda: state.append("t", [{"good": 1}, {"bad": "\ud800"}]),
            lambda: state.append("\x00", [{}]),
            lambda: state.bind("t", "x", object()),
            lambda: state.bind("t", "\x00", 1),
            lambda: state.put_answer("k", object()),
            lambda: state.put_answer("\ud800", 1),
        )
        for call in wrong:
            await refused(call(), InvalidPayload)
        assert list(await state.traces()) == []
        await state.append("t", [{"text": "\x00😀", "number": 10**30}])
        assert list(await state.history("t")) == [(1, {"text": "\x00😀", "number": 10**30})]
