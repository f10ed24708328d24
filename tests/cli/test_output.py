import errno
import io
import json
import os
from pathlib import Path

import pytest

from motet.cli.output import Output, OutputLost


class Gone(io.StringIO):
    """A stream that takes nothing, over a file descriptor of its own."""

    def __init__(self, path: Path, number: int) -> None:
        super().__init__()
        self.file = path.open("w")
        self.number = number

    def fileno(self) -> int:
        return self.file.fileno()

    def flush(self) -> None:
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize(
    ("number", "code", "told"),
    [
        (errno.EPIPE, 141, ""),
        (errno.ENOSPC, 1, "motet: the output cannot be written: No space left on device\n"),
    ],
)
def test_lost_output_is_told_unless_its_reader_has_gone(
    number: int, code: int, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = Gone(tmp_path / "out", number)
    with stream.file, pytest.raises(OutputLost) as caught:
        Output(stream).write("text")
    assert caught.value.report() == code
    assert capsys.readouterr().err == told


def test_what_is_written_is_there_at_once(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as stream:
        Output(stream).write("é")
        assert (tmp_path / "out").read_text() == "é"


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_a_document_is_json_in_every_encoding(encoding: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="backslashreplace")
    Output(stream).document({"a": "é \udcff 漢"})
    assert raw.getvalue().endswith(b"\n")
    assert json.loads(raw.getvalue().decode(encoding)) == {"a": "é \udcff 漢"}


def test_a_document_is_compact_and_readable() -> None:
    stream = io.StringIO()
    Output(stream).document({"a": ["é", None]})
    assert stream.getvalue() == '{"a":["é",null]}\n'


def test_what_is_no_terminal_is_as_wide_as_one_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert Output(io.StringIO()).width(123) == 123
    monkeypatch.setenv("COLUMNS", "44")
    assert Output(io.StringIO()).width(123) == 44
