"""Lines of standard input as they come."""

import asyncio
import io
import os
from pathlib import Path

import pytest

from leaks import nothing_left  # noqa: F401 - a fixture
from motet.cli.dev_lines import Lines
from support import until, within


async def read(stream: io.TextIOWrapper | None) -> list[str]:
    return [line async for line in Lines(stream)]


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        (b"", []),
        (b"one\ntwo\n", ["one", "two"]),
        (b"one\r\n\n two", ["one", "", " two"]),
        ("\ufeffé\n".encode(), ["é"]),
        (b"\xff\n", ["\udcff"]),
    ],
)
@pytest.mark.parametrize("kind", ["file", "pipe"])
async def test_lines_are_read_whatever_they_come_from(
    tmp_path: Path, kind: str, written: bytes, lines: list[str]
) -> None:
    if kind == "file":
        (tmp_path / "file").write_bytes(written)
        source = os.open(tmp_path / "file", os.O_RDONLY)
    else:
        source, sink = os.pipe()
        os.write(sink, written)
        os.close(sink)
    with os.fdopen(source, encoding="utf-8") as stream:
        assert await within(read(stream)) == lines


async def test_lines_in_memory_are_read_as_they_are() -> None:
    assert await within(read(io.TextIOWrapper(io.BytesIO(b"one\r\n\ntwo")))) == ["one", "", "two"]


async def test_a_closed_input_has_no_lines() -> None:
    assert await read(None) == []


async def test_a_line_is_there_when_its_end_has_come() -> None:
    source, sink = os.pipe()
    with os.fdopen(source, encoding="utf-8") as stream:
        lines = aiter(Lines(stream))
        following = asyncio.ensure_future(anext(lines))
        os.write(sink, b"on")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not following.done()
        os.write(sink, b"e\ntwo")
        assert await within(following) == "one"
        os.close(sink)
        assert [line async for line in lines] == ["two"]


async def test_reading_can_be_cancelled() -> None:
    source, sink = os.pipe()
    with os.fdopen(source, encoding="utf-8") as stream:
        reading = asyncio.ensure_future(read(stream))
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await within(reading)
        os.write(sink, b"nobody reads this\n")
        os.close(sink)
        assert await within(read(stream)) == ["nobody reads this"]


async def test_what_comes_while_it_is_left_alone_is_for_somebody_else() -> None:
    source, sink = os.pipe()
    with os.fdopen(source, encoding="utf-8") as stream:
        lines, read = Lines(stream), list[str]()

        async def reading() -> None:
            async for line in lines:
                read.append(line)

        with lines.left_alone():
            task = asyncio.create_task(reading())
            os.write(sink, b"for a debugger\n")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert os.read(source, 100) == b"for a debugger\n"
        os.write(sink, b"one\ntw")
        await until(lambda: read == ["one"])
        with lines.left_alone():
            os.write(sink, b"again for it\n")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert os.read(source, 100) == b"again for it\n"
        os.write(sink, b"o\n")
        os.close(sink)
        await within(task)
        with lines.left_alone():  # it is over
            assert read == ["one", "two"]
