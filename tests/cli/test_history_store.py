"""Where histories come from: a store, a trace by the beginning of its id, or a file."""

from pathlib import Path

import pytest

from motet.cli.failures import InvalidUsage
from motet.cli.history_store import find_trace, history_of, is_file, opened_store, read_file, state_of
from motet.kernel.errors import InvalidPayload, NotFound
from motet.storage import MemoryStore

RECORD = '{"kind":"begin","by":"x","n":0,"v":1,"trace":"abc","at":1.0,"wall":2.0}\n'


@pytest.mark.parametrize(
    ("text", "so"),
    [("1f0c", False), ("trace.jsonl", True), ("folder/trace", True), ("x.ndjson", True), ("trace", False)],
)
def test_a_file_is_told_from_the_beginning_of_an_id(text: str, so: bool) -> None:
    assert is_file(text) is so


async def test_a_trace_is_found_by_the_beginning_of_its_id() -> None:
    store = MemoryStore()
    for trace in ("abc", "abd", "b"):
        await store.append(trace, [{}])
    assert [await find_trace(store, text) for text in ("abc", "b")] == ["abc", "b"]
    with pytest.raises(NotFound, match="2 traces begin with 'ab', such as"):
        await find_trace(store, "ab")
    with pytest.raises(NotFound, match="no trace begins with 'x'"):
        await find_trace(store, "x")


async def test_a_history_comes_from_a_store_or_a_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/work.db"
    async with opened_store(url) as store:
        await store.append("abc", [{"kind": "begin", "by": "x", "n": 0}])
    assert (await history_of("ab", url)).trace == "abc"
    path = tmp_path / "trace.jsonl"
    path.write_text(RECORD)
    assert (await history_of(str(path), "memory://")).trace == "abc"


@pytest.mark.parametrize(("content", "told"), [(b"\xff\xfe", "is no history"), (b"", "is no history"), (None, "read")])
def test_a_file_that_is_no_history_is_refused(tmp_path: Path, content: bytes | None, told: str) -> None:
    path = tmp_path / "trace.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidUsage, match=told):
        read_file(str(path))


async def test_a_store_that_keeps_no_histories_is_refused() -> None:
    with pytest.raises(InvalidUsage, match="other:// keeps no histories"):
        state_of(object(), "other://x")
    with pytest.raises(InvalidPayload, match="no URL"):
        async with opened_store("nonsense"):
            pass
