"""`FolderSearch`: full-text search over the files of one folder."""

import os
import threading
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from motet.kernel.errors import InvalidPayload
from motet.tools.bounds import at_least
from motet.tools.confined import Confined, parts_of
from motet.tools.search_index import Coverage, SearchBounds, SearchIndex
from motet.tools.search_store import Hit
from motet.tools.search_walk import Choice
from motet.tools.search_words import Match, query_of
from motet.tools.tool import Tool, tool
from motet.tools.worker import Worker

__all__ = ["EXCLUDE", "INCLUDE", "Findings", "FolderSearch"]

INCLUDE: Final = (
    *("*.md", "*.markdown", "*.rst", "*.txt", "*.adoc", "*.html", "*.css", "*.csv", "*.sql", "*.sh"),
    *("*.py", "*.pyi", "*.toml", "*.yaml", "*.yml", "*.json", "*.ini", "*.cfg", "*.xml", "*.proto"),
    *("*.js", "*.ts", "*.jsx", "*.tsx", "*.go", "*.rs", "*.java", "*.kt", "*.c", "*.h", "*.cpp", "*.hpp", "*.cs"),
    *("*.rb", "*.php", "*.swift", "*.scala", "Makefile", "Dockerfile", "README", "LICENSE"),
)
"""The files that are searched unless `include=` names others."""

EXCLUDE: Final = (".*", "node_modules", "__pycache__")
"""What is left out unless `exclude=` names something else: what is hidden, and what is not people's own writing."""

MAX_LIMIT: Final = 100


@dataclass(frozen=True, slots=True)
class Findings:
    """What a search found.

    Args:
        hits: The files, the best first.
        more: Whether there are more than were asked for.
        files: How many files were searched.
        skipped: How many were not though they are of a kind that is searched, by reason: "too large", "no text",
            "link", "special", "unreadable", "too deep", "too many".
    """

    hits: tuple[Hit, ...]
    more: bool
    files: int
    skipped: Mapping[str, int]


class FolderSearch:
    """Full-text search over the files of one folder, ranked, with snippets.

    The index is brought up to date by each search: files that are new or have changed (in time, size or number) are
    read, and those that have gone are forgotten. Files are opened as `Files` opens them: no link is followed, and
    nothing leads out of the folder. What somebody looks for is words, never the index's own query language.

    Args:
        root: The folder.
        index: The file to keep the index in, which is made if it is not there; None keeps it in memory.
        include: Patterns for the files that are searched, such as "*.md"; one with a "/" is for the whole path.
        exclude: Patterns for files and folders that are left out, likewise.
        max_file_bytes: Bytes that a file may have; larger ones are not searched.
        max_files: How many files are searched, in the order of their names.
        max_total_bytes: Bytes that all of them may have together.

    Raises:
        ValueError: A bound makes no sense.
        NotFound: There is no such folder.
        NotAvailable: The system is no POSIX system.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        *,
        index: str | os.PathLike[str] | None = None,
        include: Iterable[str] = INCLUDE,
        exclude: Iterable[str] = EXCLUDE,
        max_file_bytes: int = 2**20,
        max_files: int = 20_000,
        max_total_bytes: int = 2**28,
    ) -> None:
        at_least(1, max_file_bytes=max_file_bytes, max_files=max_files, max_total_bytes=max_total_bytes)
        self._index = SearchIndex(
            Confined(root),
            Choice(include, exclude),
            SearchBounds(max_file_bytes, max_files, max_total_bytes),
            ":memory:" if index is None else os.fspath(index),
        )
        self._worker = Worker("search")
        weakref.finalize(self, self._index.abandon)

    async def search(self, query: str, path: str = ".", limit: int = 10, match: Match = "all") -> Findings:
        """Find files by the words in them; the best come first, each with a snippet.

        Args:
            query: Words. Put a phrase between double quotes, and a * after the beginning of a word.
            path: Only what lies in this folder, from the root.
            limit: How many files to return.
            match: Whether "all" of the words have to be in a file, or "any" of them.

        Raises:
            InvalidPayload: There is no word in the query, or it is too long.
            MotetError: The path leads outside, or the index cannot be used.
        """
        if not 1 <= limit <= MAX_LIMIT:
            raise InvalidPayload(f"limit is a number from 1 to {MAX_LIMIT}")
        wanted, folder, stop = query_of(query, match), "/".join(parts_of(path)), threading.Event()
        hits, covered = await self._worker.run_until(stop, self._index.search, wanted, folder, limit + 1, stop)
        return Findings(tuple(hits[:limit]), len(hits) > limit, covered.files, covered.skipped)

    async def refresh(self) -> Coverage:
        """Bring the index up to date, as each search does; the first time takes longest.

        Raises:
            MotetError: The index cannot be used.
        """
        stop = threading.Event()
        return await self._worker.run_until(stop, self._index.refresh, stop)

    @cached_property
    def tools(self) -> tuple[Tool, ...]:
        """What a model is given: one tool."""
        return (tool(name="search_folder")(self.search),)

    async def close(self) -> None:
        """Let go of the index; another search would begin with it anew."""
        await self._worker.run(self._index.close)
