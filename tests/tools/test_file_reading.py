"""Reading an open file within bounds."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.kernel.errors import InvalidPayload
from motet.tools.errors import TooLarge
from motet.tools.file_reading import SCAN, FileText, as_text, read_all, read_lines


@pytest.fixture
def opened(tmp_path):
    """Write a file, and open it."""
    found = []

    def make(data):
        (tmp_path / "file").write_bytes(data)
        found.append(os.open(tmp_path / "file", os.O_RDONLY))
        return found[-1]

    yield make
    for descriptor in found:
        os.close(descriptor)


@pytest.mark.parametrize("size", [0, 1, 99, 100])
def test_a_file_within_the_bound_is_read(opened, size):
    assert read_all(opened(b"x" * size), 100, "file") == b"x" * size


@pytest.mark.parametrize("size", [101, 500_000])
def test_a_file_beyond_the_bound_is_not_read_further_than_it_takes_to_know(opened, size):
    descriptor = opened(b"x" * size)
    with pytest.raises(TooLarge, match=f"has {size} bytes, and 100 are read at once: read it in parts"):
        read_all(descriptor, 100, "file")
    assert os.lseek(descriptor, 0, os.SEEK_CUR) == 101


def test_a_file_that_tells_no_size_is_bounded_as_well():
    with open("/proc/self/maps", "rb") as maps, pytest.raises(TooLarge):  # noqa: PTH123
        read_all(maps.fileno(), 100, "maps")


TEXT = b"one\ntwo\nthree"


@pytest.mark.parametrize(
    ("start", "lines", "most", "text", "complete"),
    [
        (1, None, 100, "one\ntwo\nthree", True),
        (2, None, 100, "two\nthree", True),
        (1, 2, 100, "one\ntwo\n", False),
        (2, 1, 100, "two\n", False),
        (2, 2, 100, "two\nthree", True),
        (3, 9, 100, "three", True),
        (1, None, 8, "one\ntwo\n", False),
        (1, None, 5, "one\n", False),
        (1, None, 4, "one\n", False),
        (3, 1, 5, "three", True),
    ],
)
def test_lines_within_the_bound_are_read(opened, start, lines, most, text, complete):
    found = read_lines(opened(TEXT), start, lines, most, "file")
    assert found == FileText("file", text, start, len(text.splitlines()), complete)


def test_an_empty_file_has_no_lines(opened):
    assert read_lines(opened(b""), 1, 5, 100, "file") == FileText("file", "", 1, 0, complete=True)


def test_a_line_that_is_not_there(opened):
    with pytest.raises(InvalidPayload, match="has no line 4"):
        read_lines(opened(TEXT), 4, 1, 100, "file")


def test_a_line_that_is_too_long_is_passed_over_or_refused(opened):
    data = b"a\n" + b"x" * 1000 + b"\nb\n"
    assert read_lines(opened(data), 3, 1, 100, "file").text == "b\n"
    assert read_lines(opened(data), 1, 5, 100, "file") == FileText("file", "a\n", 1, 1, complete=False)
    with pytest.raises(TooLarge, match="Line 2 of 'file' has more than 100 bytes"):
        read_lines(opened(data), 2, 1, 100, "file")


@pytest.mark.parametrize("filler", [b"y" * 10 + b"\n", b"y" * 11])
def test_lines_far_down_are_not_looked_for_without_end(opened, filler):
    descriptor = opened(filler * 100_000 + b"\nend\n")
    with pytest.raises(TooLarge, match=f"beyond the first {SCAN * 100} bytes"):
        read_lines(descriptor, 200_000, 1, 100, "file")
    assert os.lseek(descriptor, 0, os.SEEK_CUR) < 200_000


@given(
    st.lists(st.sampled_from([b"", b"a", b"bb", b"ccc" * 9]), max_size=12),
    st.booleans(),
    st.integers(1, 14),
    st.none() | st.integers(1, 5),
)
def test_what_is_read_is_what_slicing_the_lines_gives(tmp_path_factory, lines, ended, start, count):
    path = tmp_path_factory.mktemp("read") / "file"
    path.write_bytes(b"\n".join(lines) + (b"\n" if ended else b""))
    whole = path.read_text().splitlines(keepends=True)
    with path.open("rb") as file:
        try:
            found = read_lines(file.fileno(), start, count, 10_000, "file")
        except InvalidPayload:
            assert start > max(1, len(whole))
            return
    wanted = whole[start - 1 :][:count]
    assert (found.text, found.lines) == ("".join(wanted), len(wanted))
    assert found.complete is (start - 1 + len(wanted) >= len(whole))


def test_what_is_no_text():
    assert as_text("grüße\n".encode(), "x") == "grüße\n"
    for data in (b"\xff", b"ab\xc3", b"\xed\xa0\x80"):
        with pytest.raises(InvalidPayload, match=r"is no text in UTF-8 \(byte \d is not\)"):
            as_text(data, "x")
    with pytest.raises(InvalidPayload, match="it is binary"):
        as_text(b"a\0b", "x")
