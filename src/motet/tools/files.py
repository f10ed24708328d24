"""`Files`: the files of one folder, to read and, where that is allowed, to write."""

import os
import threading
from collections.abc import Callable
from functools import cached_property, partial
from typing import Final, ParamSpec, TypeVar

from motet.kernel.errors import InvalidPayload
from motet.tools.bounds import at_least
from motet.tools.confined import Confined
from motet.tools.errors import NotAllowed
from motet.tools.file_changes import make_folder, move, remove
from motet.tools.file_editing import FileEditor, Written
from motet.tools.file_listing import Entry, Listing, listed
from motet.tools.file_reading import FileText
from motet.tools.tool import Tool, tool
from motet.tools.worker import Worker

__all__ = ["Files"]

P = ParamSpec("P")
T = TypeVar("T")

MAX_DEPTH: Final = 32


class Files:
    """The files of one folder.

    Paths are written from that folder. Nothing leads out of it: no "..", no absolute path, and no symbolic link, which
    is never followed, wherever it leads. Only regular files are opened. A hard link cannot be told from a file: it is
    read like one, but nothing is ever written through it, for a file is written anew and takes the old one's place. So
    a file is always whole, and one that cannot be written, on a full disk for example, stays as it was. Changes by one
    `Files` come one after another. POSIX systems only.

    Args:
        root: The folder.
        write: Whether anything may be changed.
        max_bytes: Bytes that are read at once, and that a file which is written may have.
        max_entries: How many entries of a folder are listed at once.

    Raises:
        ValueError: A bound makes no sense.
        NotFound: There is no such folder.
        NotAvailable: The system is no POSIX system.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        *,
        write: bool = False,
        max_bytes: int = 2**20,
        max_entries: int = 1000,
    ) -> None:
        at_least(1, max_bytes=max_bytes, max_entries=max_entries)
        self._root = Confined(root)
        self._may_write = write
        self._editor = FileEditor(self._root, max_bytes)
        self._max_entries = max_entries
        self._worker = Worker("files")
        self._changing = threading.Lock()

    async def read(self, path: str, start_line: int | None = None, lines: int | None = None) -> FileText:
        """Read a text file, or some lines of it.

        Args:
            path: The file, such as "src/main.py".
            start_line: The first line to read, from 1; all of the file unless given.
            lines: How many lines to read.

        Raises:
            MotetError: There is no such file, it lies outside, or it is no text.
            TooLarge: It has to be read in parts.
        """
        if any(number is not None and number < 1 for number in (start_line, lines)):
            raise InvalidPayload("start_line and lines are numbers from 1")
        return await self._worker.run(self._editor.read, path, start_line, lines)

    async def read_bytes(self, path: str) -> bytes:
        """Read a file as bytes.

        Args:
            path: The file.

        Raises:
            MotetError: As for `read`.
        """
        return await self._worker.run(self._editor.read_bytes, path)

    async def list(self, path: str = ".", depth: int = 1) -> Listing:
        """List what is in a folder.

        Args:
            path: The folder; "." is the root.
            depth: How many levels to go down.

        Raises:
            MotetError: There is no such folder, or it lies outside.
        """
        if not 1 <= depth <= MAX_DEPTH:
            raise InvalidPayload(f"depth is a number from 1 to {MAX_DEPTH}")
        return await self._worker.run(listed, self._root, path, depth, self._max_entries)

    async def stat(self, path: str) -> Entry:
        """Tell what something is, how large, and when it was changed.

        Args:
            path: A file or folder.

        Raises:
            MotetError: There is nothing, or it lies outside.
        """
        return await self._worker.run(self._editor.stat, path)

    async def write(self, path: str, text: str, *, create_folders: bool = False) -> Written:
        """Write a text file; one that is there already is replaced.

        Args:
            path: The file.
            text: All that it will say.
            create_folders: Whether to make the folders that it lies in.

        Raises:
            MotetError: It lies outside, it is no regular file, or writing is not allowed.
            TooLarge: The text is too long.
        """
        return await self._change(self._editor.write, path, text, create_folders)

    async def append(self, path: str, text: str) -> Written:
        """Add text to the end of a text file; one that is not there is made.

        Args:
            path: The file.
            text: What to add; it begins on a new line only if the file ends with a line end.

        Raises:
            MotetError: As for `write`.
        """
        return await self._change(self._editor.append, path, text)

    async def replace(self, path: str, old: str, new: str) -> Written:
        """Replace a piece of a text file that stands in it exactly once.

        Args:
            path: The file.
            old: The piece, exactly as it stands there, with spaces and line ends.
            new: What to write in its place.

        Raises:
            InvalidPayload: The piece stands there not at all, or several times; the message says which.
            MotetError: As for `write`.
        """
        return await self._change(self._editor.replace, path, old, new)

    async def delete(self, path: str) -> None:
        """Delete a file, a link itself, or an empty folder.

        Args:
            path: What to delete.

        Raises:
            MotetError: There is nothing, it lies outside, or the folder is not empty.
        """
        await self._change(remove, self._root, path)

    async def move(self, source: str, target: str) -> None:
        """Move or rename a file or a folder; nothing may be at its new path.

        Args:
            source: What to move.
            target: Its new path.

        Raises:
            MotetError: There is nothing, something is in the way, or one of the two lies outside.
        """
        await self._change(move, self._root, source, target)

    async def make_folder(self, path: str) -> None:
        """Make a folder, and those above it.

        Args:
            path: The folder.

        Raises:
            MotetError: Something else is there, or it lies outside.
        """
        await self._change(make_folder, self._root, path)

    @cached_property
    def tools(self) -> tuple[Tool, ...]:
        """What a model is given: the tools to read with and, where that is allowed, those to write with."""
        reading = (
            tool(name="read_file")(self.read),
            tool(name="list_files")(self.list),
            tool(name="file_info")(self.stat),
        )
        writing = (
            tool(name="write_file")(self.write),
            tool(name="append_file")(self.append),
            tool(name="replace_in_file")(self.replace),
            tool(name="delete_file")(self.delete),
            tool(name="move_file")(self.move),
            tool(name="make_folder")(self.make_folder),
        )
        return (*reading, *writing) if self._may_write else reading

    async def _change(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if not self._may_write:
            raise NotAllowed("These files may only be read: Files(..., write=True) allows to change them")
        return await self._worker.run(self._alone, partial(function, *args, **kwargs))

    def _alone(self, change: Callable[[], T]) -> T:
        with self._changing:
            return change()
