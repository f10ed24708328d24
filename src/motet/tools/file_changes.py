"""Changes of what is in a folder: folders made, things moved and removed, never over a link and never over another."""

import errno
import os
import stat

from motet.kernel.errors import InvalidPayload, MotetError
from motet.tools.confined import Confined, explained, parts_of
from motet.tools.file_writing import found_at, synced

__all__ = ["make_folder", "move", "remove"]

NOT_EMPTY = {errno.ENOTEMPTY, errno.EEXIST}


def make_folder(root: Confined, path: str) -> None:
    """Make a folder, and those above it; one that is there already is left as it is.

    Args:
        root: What it lies in.
        path: The folder, from the root.

    Raises:
        MotetError: Something else is there, or the way leads over a link.
    """
    parts = parts_of(path)
    for count in range(1, len(parts) + 1):
        above = "/".join(parts[:count])
        with root.place(above) as (folder, name):
            try:
                os.mkdir(name, dir_fd=folder)
            except FileExistsError:
                continue  # whether it is a folder shows in the next step
            except OSError as error:
                raise explained(error, above, folder, name) from error
            synced(folder)
    with root.folder(path):
        pass


def remove(root: Confined, path: str) -> None:
    """Remove a file, a link itself, or an empty folder.

    Args:
        root: What it lies in.
        path: What to remove, from the root.

    Raises:
        MotetError: There is nothing, the folder is not empty, or the way leads over a link.
    """
    with root.place(path) as (folder, name):
        try:
            is_folder = stat.S_ISDIR(os.lstat(name, dir_fd=folder).st_mode)
            (os.rmdir if is_folder else os.unlink)(name, dir_fd=folder)
        except OSError as error:
            if error.errno in NOT_EMPTY:
                raise InvalidPayload(f"The folder {path!r} is not empty: delete what is in it first") from error
            raise explained(error, path, folder, name) from error
        synced(folder)


def move(root: Confined, source: str, target: str) -> None:
    """Move a file, a folder or a link itself to where nothing is.

    Args:
        root: What both lie in.
        source: What to move, from the root.
        target: Its new path.

    Raises:
        MotetError: There is nothing to move, something is there already, or a way leads over a link.
    """
    with root.place(source) as (folder, name), root.place(target) as (new_folder, new_name):
        if found_at(new_folder, new_name, target) is not None:
            raise InvalidPayload(f"There is something at {target!r} already: delete it first, or move to another name")
        try:
            os.rename(name, new_name, src_dir_fd=folder, dst_dir_fd=new_folder)
        except OSError as error:
            raise _unmoved(error, source, target, folder, name) from error
        synced(new_folder)
        synced(folder)


def _unmoved(error: OSError, source: str, target: str, folder: int, name: str) -> MotetError:
    if error.errno == errno.EINVAL:
        return InvalidPayload(f"{source!r} cannot be moved into itself, to {target!r}")
    return explained(error, source, folder, name)
