"""A folder to read and to write in, with a secret outside, for the tests of files."""

import pytest

from motet.tools.files import Files

__all__ = ["files", "outside", "root"]


@pytest.fixture
def outside(tmp_path):
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret").write_text("secret")
    return folder


@pytest.fixture
def root(tmp_path, outside):
    folder = tmp_path / "root"
    (folder / "src").mkdir(parents=True)
    (folder / "notes.txt").write_text("one\ntwo\nthree\n")
    (folder / "src" / "main.py").write_text("print('hi')\n")
    (folder / "link").symlink_to(outside)
    return folder


@pytest.fixture
def files(root):
    return Files(root, write=True, max_bytes=1000)
