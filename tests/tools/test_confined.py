"""The way into a folder, and that nothing leads out of it."""

import errno
import os
import socket
import threading
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.kernel.errors import AgentFailed, InvalidPayload, MotetError, NotAvailable, NotFound
from motet.tools import confined as module
from motet.tools.confined import Confined, explained, parts_of
from motet.tools.errors import NotAllowed
from started import descriptors


@pytest.fixture
def outside(tmp_path):
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret").write_text("secret")
    return folder


@pytest.fixture
def root(tmp_path, outside):
    """A root with a file, a folder, and links of every kind."""
    folder = tmp_path / "root"
    (folder / "inner").mkdir(parents=True)
    (folder / "plain").write_text("plain")
    (folder / "inner" / "deep").write_text("deep")
    (folder / "to_file").symlink_to(outside / "secret")
    (folder / "to_folder").symlink_to(outside)
    (folder / "to_inside").symlink_to("inner")
    (folder / "to_plain").symlink_to("plain")
    (folder / "to_nothing").symlink_to("nothing")
    (folder / "to_itself").symlink_to("to_itself")
    return Confined(folder)


def read(root: Confined, path: str) -> bytes:
    with root.file(path) as descriptor:
        return os.read(descriptor, 100)


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        (".", ()),
        ("./.", ()),
        ("a", ("a",)),
        ("./a/./b", ("a", "b")),
        ("...", ("...",)),
        ("a..b/..c", ("a..b", "..c")),
        ("a\\..\\b", ("a\\..\\b",)),
        ("-rf", ("-rf",)),
        ("ü/日本", ("ü", "日本")),
        ("a" * 255, ("a" * 255,)),
    ],
)
def test_a_path_is_its_names(path, parts):
    assert parts_of(path) == parts


@pytest.mark.parametrize("path", ["..", "../x", "a/..", "a/../b", "a/../../b", "/", "/etc/passwd", "//etc", "./.."])
def test_a_path_that_would_lead_out_is_not_allowed(path):
    with pytest.raises(NotAllowed, match="from the root"):
        parts_of(path)


@pytest.mark.parametrize("path", ["", "a//b", "a/", "a\0b", "\0", "a" * 256, "ü" * 128, "a/" * 2048 + "b", "\ud800"])
def test_what_is_no_path(path):
    with pytest.raises(InvalidPayload):
        parts_of(path)


@given(st.text(alphabet=st.sampled_from("ab./\\\0~ü\ud800\n-"), max_size=20))
def test_whatever_is_taken_for_a_path_has_no_part_that_leads_out(path):
    try:
        parts = parts_of(path)
    except MotetError:
        return
    assert not {"", ".", "..", "/"} & set(parts)
    assert not any("/" in part or "\0" in part for part in parts)


def test_what_lies_inside_is_opened(root):
    assert read(root, "plain") == b"plain"
    assert read(root, "inner/deep") == read(root, "./inner/./deep") == b"deep"


@pytest.mark.parametrize("path", ["to_file", "to_plain", "to_nothing", "to_itself"])
def test_a_link_to_a_file_is_not_followed_wherever_it_leads(root, path):
    with pytest.raises(NotAllowed, match="is a symbolic link"):
        read(root, path)


@pytest.mark.parametrize("path", ["to_folder/secret", "to_inside/deep", "to_folder", "to_inside"])
def test_a_link_to_a_folder_is_not_followed_wherever_it_leads(root, path):
    with pytest.raises(NotAllowed, match="is a symbolic link"):
        read(root, path)
    with pytest.raises(NotAllowed, match="is a symbolic link"), root.folder(path):
        pass
    with pytest.raises(NotAllowed, match="is a symbolic link"), root.place(f"{path}/new"):
        pass


@pytest.mark.parametrize("path", ["nothing", "inner/nothing", "nothing/deep"])
def test_what_is_not_there(root, path):
    with pytest.raises(NotFound, match="list the folder above it"):
        read(root, path)


def test_what_is_no_file_and_no_folder(root):
    with pytest.raises(InvalidPayload, match="'inner' is a folder"):
        read(root, "inner")
    with pytest.raises(InvalidPayload, match="'plain' is no folder"):
        read(root, "plain/deep")
    with pytest.raises(InvalidPayload, match="is the root itself"):
        read(root, ".")


def test_pipes_sockets_and_devices_are_refused_at_once(root):
    os.mkfifo(root.path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(root.path / "socket"))
        for path in ("pipe", "socket"):
            with pytest.raises(NotAllowed, match="a pipe, a socket or a device"):
                read(root, path)
    with pytest.raises(NotAllowed, match="a pipe, a socket or a device"):
        read(Confined("/dev"), "zero")


def test_a_pipe_that_takes_the_place_of_a_file_in_between_does_not_hold_anybody_up(root, monkeypatch):
    os.mkfifo(root.path / "pipe")
    looked = os.lstat(root.path / "plain")
    monkeypatch.setattr(module.os, "lstat", lambda *_, **__: looked)
    with pytest.raises(NotAllowed, match="a pipe, a socket or a device"):
        read(root, "pipe")


def test_a_link_that_takes_the_place_of_a_file_in_between_is_not_followed(root, monkeypatch):
    looked, real = os.lstat(root.path / "plain"), os.lstat
    answers = [looked]
    monkeypatch.setattr(module.os, "lstat", lambda *a, **k: answers.pop() if answers else real(*a, **k))
    with pytest.raises(NotAllowed, match="is a symbolic link"):
        read(root, "to_file")


def test_the_links_in_the_roots_own_path_are_followed_once(tmp_path, root, outside):
    (tmp_path / "way").symlink_to("root")
    through = Confined(tmp_path / "way")
    (tmp_path / "way").unlink()
    (tmp_path / "way").symlink_to(outside)
    assert read(through, "plain") == b"plain"


def test_a_root_that_is_no_folder_and_one_that_has_gone(tmp_path, root):
    for missing in (tmp_path / "nothing", root.path / "plain"):
        with pytest.raises(NotFound, match="is no folder: make it first"):
            Confined(missing)
    root.path.rename(tmp_path / "away")
    with pytest.raises(NotFound, match="root folder is gone"):
        read(root, "plain")


def test_another_system_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SUPPORTED", False)
    with pytest.raises(NotAvailable, match="POSIX"):
        Confined(tmp_path)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOENT, NotFound),
        (errno.EACCES, NotAllowed),
        (errno.EROFS, NotAllowed),
        (errno.EIO, AgentFailed),
        (errno.EMFILE, AgentFailed),
        (errno.ELOOP, AgentFailed),
    ],
)
def test_what_the_system_says_becomes_an_error_of_ours(number, kind):
    assert type(explained(OSError(number, os.strerror(number)), "x")) is kind


def test_nothing_stays_open(root):
    before = descriptors()
    for path in ("plain", "inner/deep", "to_file", "to_folder/secret", "nothing", "inner", "inner/deep/x", ".", "a//b"):
        with suppress(MotetError):
            read(root, path)
    with root.folder("inner"), root.place("inner/new"):
        pass
    assert descriptors() == before


def test_a_folder_that_is_swapped_for_a_link_again_and_again_never_leads_outside(root, outside):
    (outside / "deep").write_text("outside")
    inner, away, swaps = root.path / "inner", root.path / "away", 3000
    done = threading.Event()

    def swap() -> None:
        try:
            for _ in range(swaps):
                inner.rename(away)
                inner.symlink_to(outside)
                inner.unlink()
                away.rename(inner)
        finally:
            done.set()

    swapper = threading.Thread(target=swap)
    swapper.start()
    seen, refused = set(), 0
    while not done.is_set():
        try:
            seen.add(read(root, "inner/deep"))
        except (NotFound, NotAllowed, InvalidPayload):
            refused += 1
    swapper.join()
    # How the system lets the two threads take turns decides how often each happened, on a slow machine if at all.
    assert seen <= {b"deep"}
    assert seen or refused
