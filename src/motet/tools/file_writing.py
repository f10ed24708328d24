"""Writing a file so that it is always whole: the old one, or the new one, whatever happens in between."""

import errno
import os
import secrets
import stat
from contextlib import suppress
from typing import Final

from motet.kernel.errors import AgentFailed
from motet.tools.confined import explained, unlike
from motet.tools.errors import NotAllowed, Outdated

__all__ = ["found_at", "same_file", "synced", "write_whole"]

NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
UNSYNCED: Final = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS}
"""What file systems say that cannot sync a folder."""


def found_at(folder: int, name: str, path: str) -> os.stat_result | None:
    """Tell what a name stands for, itself and not what it leads to; None for nothing.

    Args:
        folder: The descriptor of the folder.
        name: The name in it.
        path: What to call it in an error.
    """
    try:
        return os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise explained(error, path, folder, name) from error


def same_file(one: os.stat_result, other: os.stat_result | None) -> bool:
    """Tell whether a file is still what it was."""
    if other is None:
        return False
    return (one.st_dev, one.st_ino, one.st_size, one.st_mtime_ns) == (
        other.st_dev,
        other.st_ino,
        other.st_size,
        other.st_mtime_ns,
    )


def write_whole(folder: int, name: str, data: bytes, path: str, read: os.stat_result | None = None) -> None:
    """Put a new file in the place of a name: written beside it, on the disk, and then renamed.

    A rename replaces the name: it writes neither through a link that stands there nor through another name (a hard
    link) of the old file, which keeps the old content under that one. Owner and permissions are kept as far as the
    system lets us.

    Args:
        folder: The descriptor of the folder.
        name: The file's name in it.
        data: What it will hold.
        path: What to call it in an error.
        read: What the file was when `data` was made from it; None for whatever it is.

    Raises:
        MotetError: It is no regular file, it must not be written, or it is not what it was; the old one is untouched.
    """
    before = found_at(folder, name, path)
    _writable(before, path)
    fresh = f".{secrets.token_hex(8)}.motet-new"
    try:
        _write(folder, fresh, data, before)
        _unchanged(read, folder, name, path)
        os.rename(fresh, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(fresh, dir_fd=folder)
        if isinstance(error, OSError):
            raise explained(error, path, folder, name) from error
        raise
    synced(folder)


def _writable(before: os.stat_result | None, path: str) -> None:
    if before is None:
        return
    if not stat.S_ISREG(before.st_mode):
        raise unlike(before, path)
    if not before.st_mode & 0o222:
        raise NotAllowed(f"{path!r} may only be read: nobody is allowed to write it")


def _unchanged(read: os.stat_result | None, folder: int, name: str, path: str) -> None:
    if read is not None and not same_file(read, found_at(folder, name, path)):
        raise Outdated(f"{path!r} has been changed meanwhile: read it again, and then change what it says now")


def _write(folder: int, fresh: str, data: bytes, before: os.stat_result | None) -> None:
    # What replaces a file is nobody else's to read before it has that file's permissions.
    descriptor = os.open(fresh, NEW, 0o666 if before is None else 0o600, dir_fd=folder)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        if before is not None:
            with suppress(PermissionError):
                os.fchown(descriptor, before.st_uid, before.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(before.st_mode) & 0o777)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def synced(folder: int) -> None:
    """Have what was renamed, made or removed in a folder on the disk."""
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in UNSYNCED:
            raise AgentFailed(f"The folder cannot be put on the disk: {error.strerror}") from error
