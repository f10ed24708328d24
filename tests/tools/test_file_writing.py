"""A file is always whole: the old one, or the new one."""

import errno
import os
import resource
import subprocess
import sys
from contextlib import contextmanager

import pytest

from motet.kernel.errors import AgentFailed, InvalidPayload
from motet.tools import file_writing as module
from motet.tools.confined import Confined
from motet.tools.errors import NotAllowed, Outdated
from motet.tools.file_writing import write_whole
from started import descriptors


@pytest.fixture
def write(tmp_path):
    """Write a file of the folder."""
    root = Confined(tmp_path)

    def do(path, data, read=None):
        with root.place(path) as (folder, name):
            write_whole(folder, name, data, path, read)

    return do


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_and_replaced(write, tmp_path):
    for data in (b"one", b"", b"three" * 100_000):
        write("file", data)
        assert (tmp_path / "file").read_bytes() == data
    assert names(tmp_path) == ["file"]


def test_a_new_file_has_the_usual_permissions_and_an_old_one_keeps_its_own(write, tmp_path):
    before = os.umask(0o027)
    try:
        write("new", b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o7777 == 0o640
    for mode in (0o600, 0o755, 0o777):
        (tmp_path / "new").chmod(mode)
        write("new", b"y")
        assert (tmp_path / "new").stat().st_mode & 0o7777 == mode


def test_nobody_gets_more_rights_by_a_file_that_is_replaced(write, tmp_path):
    (tmp_path / "program").write_bytes(b"x")
    (tmp_path / "program").chmod(0o6755)
    write("program", b"y")
    assert (tmp_path / "program").stat().st_mode & 0o7777 == 0o755


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file away")
def test_the_owner_is_kept(write, tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    os.chown(tmp_path / "file", 1234, 1235)
    write("file", b"y")
    found = (tmp_path / "file").stat()
    assert (found.st_uid, found.st_gid) == (1234, 1235)


def test_a_file_that_nobody_may_write_is_left_alone(write, tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "file").chmod(0o444)
    with pytest.raises(NotAllowed, match="may only be read"):
        write("file", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"


def test_a_link_is_not_written_through_nor_replaced(write, tmp_path):
    (tmp_path / "target").write_bytes(b"old")
    for name, target in (("link", "target"), ("nowhere", "nothing")):
        (tmp_path / name).symlink_to(target)
        with pytest.raises(NotAllowed, match="is a symbolic link"):
            write(name, b"new")
    assert names(tmp_path) == ["link", "nowhere", "target"]
    assert (tmp_path / "target").read_bytes() == b"old"


def test_a_link_that_takes_the_place_in_between_is_replaced_and_not_followed(write, tmp_path, monkeypatch):
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "file").write_bytes(b"old")
    rename = os.rename

    def swap(*names: str, **folders: int):
        (tmp_path / "file").unlink()
        (tmp_path / "file").symlink_to("target")
        rename(*names, **folders)

    monkeypatch.setattr(module.os, "rename", swap)
    write("file", b"new")
    assert (tmp_path / "target").read_bytes() == b"old"
    assert (tmp_path / "file").read_bytes() == b"new"
    assert not (tmp_path / "file").is_symlink()


def test_a_hard_link_keeps_the_old_content_under_its_other_name(write, tmp_path):
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.write_bytes(b"old")
    os.link(outside, tmp_path / "file")
    write("file", b"new")
    assert (outside.read_bytes(), (tmp_path / "file").read_bytes()) == (b"old", b"new")


def test_folders_and_pipes_are_not_replaced(write, tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidPayload, match="is a folder"):
        write("folder", b"x")
    with pytest.raises(NotAllowed, match="a pipe, a socket or a device"):
        write("pipe", b"x")
    assert names(tmp_path) == ["folder", "pipe"]


@contextmanager
def full_disk(size):
    """Let no file grow beyond some bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_else(write, tmp_path):
    write("file", b"old")
    before = descriptors()
    with full_disk(50_000), pytest.raises(AgentFailed, match="'file': File too large"):
        write("file", b"x" * 100_000)
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names(tmp_path) == ["file"]
    assert descriptors() == before


@pytest.mark.parametrize("step", ["write", "fchmod", "fsync", "rename"])
def test_a_failure_of_each_step_leaves_the_old_file_and_nothing_else(write, tmp_path, monkeypatch, step):
    write("file", b"old")

    def fail(*_: object, **__: object):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module.os, step, fail)
    with pytest.raises(AgentFailed, match="No space left"):
        write("file", b"new")
    monkeypatch.undo()
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("step", ["write", "fsync", "rename"])
def test_a_crash_at_any_step_leaves_the_old_file(write, tmp_path, step):
    write("file", b"old")
    code = (
        "import os, sys\n"
        "from motet.tools.confined import Confined\n"
        "from motet.tools.file_writing import write_whole\n"
        f"os.{step} = lambda *_, **__: os._exit(9)\n"
        "with Confined(sys.argv[1]).place('file') as (folder, name): write_whole(folder, name, b'new', 'file')\n"
    )
    assert subprocess.run([sys.executable, "-c", code, tmp_path], check=False, timeout=60).returncode == 9
    assert (tmp_path / "file").read_bytes() == b"old"
    write("file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


def test_what_is_written_is_on_the_disk_before_it_takes_the_old_ones_place(write, monkeypatch):
    steps = []
    for step in ("fsync", "rename"):
        real = getattr(os, step)
        monkeypatch.setattr(module.os, step, lambda *a, s=step, r=real, **k: (steps.append(s), r(*a, **k)))
    write("file", b"x")
    assert steps == ["fsync", "rename", "fsync"]


def test_a_folder_that_cannot_be_synced_is_no_failure_and_a_broken_disk_is(write, monkeypatch):
    numbers = [errno.EIO, errno.EINVAL]
    real = os.fsync

    def fsync(descriptor):
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112
            raise OSError(numbers.pop(), "told")
        real(descriptor)

    monkeypatch.setattr(module.os, "fsync", fsync)
    write("file", b"x")
    with pytest.raises(AgentFailed, match="cannot be put on the disk"):
        write("file", b"x")


@pytest.mark.parametrize("change", [b"longer", b"neu", None])
def test_a_file_that_was_changed_since_it_was_read_is_not_overwritten(write, tmp_path, change):
    write("file", b"old")
    read = os.lstat(tmp_path / "file")
    if change is None:
        (tmp_path / "file").unlink()
    else:
        (tmp_path / "file").write_bytes(change)
        os.utime(tmp_path / "file", ns=(read.st_mtime_ns + 1, read.st_mtime_ns + 1))
    with pytest.raises(Outdated, match="read it again"):
        write("file", b"mine", read)
    assert names(tmp_path) == ([] if change is None else ["file"])
