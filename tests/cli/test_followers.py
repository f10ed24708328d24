import io
import json

import pytest

from cli.trees import ID, make_task, make_tree
from motet.cli.followers import Chunks, EventLines, Follower, Plain
from motet.cli.output import Output
from motet.cli.show import ForPeople
from motet.kernel.events import TaskChanged, TaskChunk, TreeChanged
from motet.kernel.message import Chunk


def changed(seq: int, status: str, message: str = "", attempt: int = 1) -> TaskChanged:
    return TaskChanged("trace", 0.0, ID, f"{ID}-{seq}", "name", status, attempt, 0.0, message)


CHUNK = TaskChunk("trace", 0.0, ID, f"{ID}-2", "a", Chunk("word ", 1, ("a",)))


def test_a_log_has_a_line_for_each_change_of_a_status(capsys: pytest.CaptureFixture[str]) -> None:
    with Plain() as plain:
        plain.begin(make_tree([make_task(1, "all"), make_task(2, "a")]))
        plain.tell(changed(1, "pending"))
        plain.tell(changed(2, "in_progress", "half way"))
        plain.tell(changed(2, "in_progress", "nearly there"))
        plain.tell(changed(2, "pending", "the line\nis down"))
        plain.tell(changed(2, "in_progress", attempt=2))
        plain.tell(CHUNK)
        plain.tell(changed(2, "completed", "the line is down", attempt=2))
        plain.tell(changed(1, "skipped", "why not"))
        plain.tell(TreeChanged("trace", 0.0, ID, "all", "in_progress", 0.5))
        plain.tell(TreeChanged("trace", 0.0, ID, "all", "completed", 1.0))
    out, errors = capsys.readouterr()
    assert out == ""
    assert errors.splitlines() == [
        f"all ({ID}): in_progress",
        "a: in_progress",
        "a: pending: the line; is down",
        "a: in_progress",
        "a: completed",
        "all: skipped: why not",
        f"all ({ID}): completed",
    ]


def test_programs_get_each_event_in_a_line() -> None:
    stream = io.StringIO()
    lines = EventLines(Output(stream))
    assert lines.chunks
    with lines:
        lines.begin(make_tree([make_task(1, "all")]))
        lines.tell(changed(1, "completed"))
        lines.tell(CHUNK)
    assert [next(iter(json.loads(line))) for line in stream.getvalue().splitlines()] == ["task", "chunk"]


def test_chunks_alone_may_be_wanted() -> None:
    stream = io.StringIO()
    chunks = Chunks(ForPeople(Output(stream)))
    chunks.tell(changed(2, "in_progress"))
    chunks.tell(CHUNK)
    assert (chunks.chunks, stream.getvalue()) == (True, "word ")


def test_nobody_needs_to_follow(capsys: pytest.CaptureFixture[str]) -> None:
    with Follower() as nobody:
        nobody.begin(make_tree([make_task(1, "all")]))
        nobody.tell(changed(1, "completed"))
    assert not nobody.chunks
    assert capsys.readouterr() == ("", "")
