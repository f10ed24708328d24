"""Text files of a folder, read and changed within a bound: the blocking half of `Files`."""

import os
from dataclasses import dataclass

from motet.kernel.errors import InvalidPayload
from motet.tools.confined import Confined, open_file, parts_of
from motet.tools.errors import TooLarge
from motet.tools.file_changes import make_folder
from motet.tools.file_listing import Entry, entry_of
from motet.tools.file_reading import FileText, as_text, read_all, read_lines
from motet.tools.file_writing import found_at, write_whole

__all__ = ["FileEditor", "Written"]


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written: where it is, and how many bytes it has now."""

    path: str
    bytes: int


class FileEditor:
    """Reads and changes the text files of one folder.

    Args:
        root: The folder.
        most: Bytes that are read at once, and that a file may have which is written.
    """

    def __init__(self, root: Confined, most: int) -> None:
        self._root = root
        self._most = most

    def read(self, path: str, start_line: int | None, lines: int | None) -> FileText:
        """Read a text file, or some lines of it."""
        if start_line is not None or lines is not None:
            with self._root.file(path) as descriptor:
                return read_lines(descriptor, start_line or 1, lines, self._most, path)
        text = as_text(self.read_bytes(path), path)
        return FileText(path, text, 1, text.count("\n") + (not text.endswith("\n") and bool(text)), complete=True)

    def read_bytes(self, path: str) -> bytes:
        """Read a whole file."""
        with self._root.file(path) as descriptor:
            return read_all(descriptor, self._most, path)

    def stat(self, path: str) -> Entry:
        """Tell what something is."""
        if not parts_of(path):
            with self._root.folder(path) as descriptor:
                return entry_of(path, os.fstat(descriptor))
        with self._root.place(path) as (folder, name):
            found = found_at(folder, name, path)
        if found is None:
            raise self._root.missing(path)
        return entry_of(path, found)

    def write(self, path: str, text: str, create_folders: bool) -> Written:
        """Write a text file."""
        data = self._encoded(path, text)
        above = "/".join(parts_of(path)[:-1])
        if create_folders and above:
            make_folder(self._root, above)
        with self._root.place(path) as (folder, name):
            write_whole(folder, name, data, path)
        return Written(path, len(data))

    def append(self, path: str, text: str) -> Written:
        """Add text to the end of a text file."""
        with self._root.place(path) as (folder, name):
            if found_at(folder, name, path) is None:
                before, old = None, ""
            else:
                before, old = self._opened(folder, name, path)
            data = self._encoded(path, old + text)
            write_whole(folder, name, data, path, before)
        return Written(path, len(data))

    def replace(self, path: str, old: str, new: str) -> Written:
        """Replace a piece of a text file that stands in it once."""
        with self._root.place(path) as (folder, name):
            before, text = self._opened(folder, name, path)
            data = self._encoded(path, _replaced(text, old, new, path))
            write_whole(folder, name, data, path, before)
        return Written(path, len(data))

    def _opened(self, folder: int, name: str, path: str) -> tuple[os.stat_result, str]:
        descriptor = open_file(folder, name, path)
        try:
            return os.fstat(descriptor), as_text(read_all(descriptor, self._most, path), path)
        finally:
            os.close(descriptor)

    def _encoded(self, path: str, text: str) -> bytes:
        try:
            data = text.encode()
        except UnicodeEncodeError as error:
            raise InvalidPayload(f"The text for {path!r} holds characters that UTF-8 cannot say") from error
        if len(data) > self._most:
            raise TooLarge(f"{path!r} would have {len(data)} bytes, and may have {self._most}: split it")
        return data


def _replaced(text: str, old: str, new: str, path: str) -> str:
    if not old:
        raise InvalidPayload("old is empty: give the piece of text to replace")
    found = text.count(old)
    # Pieces that overlap are counted once by `count`, and are two places all the same.
    again = found == 1 and old in text[text.index(old) + 1 :]
    if found == 1 and not again:
        return text.replace(old, new)
    if found:
        raise InvalidPayload(
            f"old stands in {path!r} {found + again} times: give more of the text around the place that is meant"
        )
    raise InvalidPayload(
        f"old does not stand in {path!r}: read the file, and give the piece exactly as it is, with spaces and line ends"
    )
