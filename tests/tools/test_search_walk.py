"""Which files are searched."""

import os
from collections import Counter

import pytest

from motet.tools import search_walk as module
from motet.tools.confined import Confined
from motet.tools.search_walk import Choice, walk
from started import descriptors


@pytest.fixture
def found(tmp_path):
    """Find files of a folder; give their paths, and what was left out."""

    def find(include=("*.txt",), exclude=(".*",)):
        skipped = Counter()
        paths = [candidate.path for candidate in walk(Confined(tmp_path), Choice(include, exclude), skipped)]
        return paths, dict(skipped)

    return find


@pytest.fixture
def make(tmp_path):
    def write(*paths: str):
        for path in paths:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(path)

    return write


def test_files_are_found_by_patterns_in_the_order_of_their_names(found, make):
    make("b.txt", "a.txt", "a.md", "B.TXT", "sub/c.txt", "sub/deep/d.txt", ".hidden/e.txt", ".f.txt")
    assert found() == (["a.txt", "b.txt", "sub/c.txt", "sub/deep/d.txt"], {})
    assert found(["sub/*.txt"])[0] == ["sub/c.txt", "sub/deep/d.txt"]
    assert found(["*"], ["deep", "b.*", "sub/c.txt", ".*"])[0] == ["B.TXT", "a.md", "a.txt"]
    assert found([])[0] == []
    assert found(["*.txt"], [])[0] == [".f.txt", ".hidden/e.txt", "a.txt", "b.txt", "sub/c.txt", "sub/deep/d.txt"]


def test_links_and_special_files_are_left_out_and_counted(found, make, tmp_path):
    make("a.txt")
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    (tmp_path / "link.txt").symlink_to(outside / "secret.txt")
    (tmp_path / "inside.txt").symlink_to("a.txt")
    (tmp_path / "folder").symlink_to(outside)
    os.mkfifo(tmp_path / "pipe.txt")
    assert found() == (["a.txt"], {"link": 2, "special": 1})


def test_a_folder_that_becomes_a_link_in_between_is_not_entered(found, make, tmp_path, monkeypatch):
    make("sub/a.txt")
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    real = os.open

    def swapped(path: str, *args: int, **kwargs: int) -> int:
        if path == "sub":
            (tmp_path / "sub").rename(tmp_path / "moved")
            (tmp_path / "sub").symlink_to(outside)
        return real(path, *args, **kwargs)

    monkeypatch.setattr(module.os, "open", swapped)
    assert found() == ([], {"unreadable": 1})


def test_the_walk_is_bounded(found, make, monkeypatch):
    make(*(f"{'d/' * depth}{depth}.txt" for depth in range(8)))
    monkeypatch.setattr(module, "MAX_DEPTH", 3)
    assert found() == (["0.txt", "d/1.txt", "d/d/2.txt", "d/d/d/3.txt"], {"too deep": 1})
    monkeypatch.setattr(module, "MAX_ENTRIES", 4)
    assert found() == (["0.txt", "d/1.txt"], {"too many": 1})
    monkeypatch.setattr(module, "MAX_FOLDER", 1)
    assert len(found()[0]) <= 1


def test_names_that_are_no_text_are_counted(found, make, tmp_path):
    make("a.txt")
    (tmp_path / os.fsdecode(b"\xff.txt")).touch()
    assert found() == (["a.txt"], {"unreadable": 1})


def test_nothing_stays_open_when_somebody_stops_in_the_middle(make, tmp_path):
    make("a/b/c.txt", "a/b/d.txt")
    before = descriptors()
    walking = walk(Confined(tmp_path), Choice(["*"], []), Counter())
    assert next(walking).path == "a/b/c.txt"
    assert descriptors() > before
    walking.close()
    assert descriptors() == before
