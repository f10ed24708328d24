"""Recorded histories as tests: what the desk did once, it does again, without asking the model."""

import asyncio
from pathlib import Path

import pytest
from recorded_desk import support

from motet.devtools.history import from_lines
from motet.devtools.replay import replay

HISTORIES = sorted(Path(__file__).parent.glob("histories/*.jsonl"))


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_the_desk_does_what_it_did(path: Path) -> None:
    """Replay a history; say where it differs."""
    history = from_lines(path.read_text(encoding="utf-8"))
    differences = asyncio.run(replay(history, support))
    assert not differences, str(differences)
