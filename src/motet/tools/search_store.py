"""The index of a folder's texts: an SQLite database with a full-text table, of its own and for nothing else."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from motet.kernel.errors import InvalidPayload, NotAvailable, Unavailable

__all__ = ["Hit", "Known", "SearchStore"]

APPLICATION: Final = 0x4D6F7449
VERSION: Final = 1
MAX_SNIPPET: Final = 600
BEGIN, END = "\x02", "\x03"
"""What marks matches within; texts do not keep these characters."""

_AROUND: Final = " \t#=-*/\"'"
"""What stands around a title."""

_TABLES: Final = """
CREATE TABLE files (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, stamp TEXT NOT NULL, problem TEXT NOT NULL);
CREATE VIRTUAL TABLE pages USING fts5(path, title, body, tokenize='unicode61 remove_diacritics 2');
"""
_FIND: Final = """
SELECT rowid, path, title, -bm25(pages, 5.0, 3.0, 1.0) FROM pages
WHERE pages MATCH ? AND (? = '' OR path = ? OR substr(path, 1, length(?) + 1) = ? || '/')
ORDER BY bm25(pages, 5.0, 3.0, 1.0), path LIMIT ?
"""
_SHOW: Final = """
SELECT snippet(pages, 2, char(2), char(3), '…', 24), highlight(pages, 2, char(2), char(3)) FROM pages
WHERE pages MATCH ? AND rowid = ?
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A file that was found.

    Args:
        path: Where it is, from the root.
        title: Its first line that says something.
        line: The line of the first match, from 1; None where only the path or the title matches.
        snippet: Some of its text, with the matches between `**` and `**`.
        score: How well it matches; higher is better, and means something within one search only.
    """

    path: str
    title: str
    line: int | None
    snippet: str
    score: float


@dataclass(frozen=True, slots=True)
class Known:
    """What the index knows of a file: its id, what it looked like when it was read, and why it is not searched."""

    id: int
    stamp: str
    problem: str


class SearchStore:
    """The database. It is used by one thread at a time.

    Args:
        path: Its file; ":memory:" for none.

    Raises:
        InvalidPayload: The file is something else.
        NotAvailable: This SQLite has no full-text search.
    """

    def __init__(self, path: str) -> None:
        with translated(f"index={path!r}"):
            self._database = sqlite3.connect(path, timeout=10.0, isolation_level=None, check_same_thread=False)
        try:
            self._open(path)
        except BaseException:
            self._database.close()
            raise

    def close(self) -> None:
        """Let go of the database; it can be called twice."""
        self._database.close()

    def _open(self, path: str) -> None:
        with translated(f"index={path!r}"):
            (application,) = self._database.execute("PRAGMA application_id").fetchone()
            (version,) = self._database.execute("PRAGMA user_version").fetchone()
            tables = self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if tables and application != APPLICATION:
                raise InvalidPayload(f"index={path!r} is a database of something else: name a file of its own")
            if tables and version == VERSION:
                return
            self._database.executescript(
                "BEGIN IMMEDIATE; DROP TABLE IF EXISTS files; DROP TABLE IF EXISTS pages;"
                f"{_TABLES} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; COMMIT;"
            )

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Make several changes one; what is in it when it ends without an error stays."""
        with translated("the index"):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def known(self) -> dict[str, Known]:
        """Return what is known of each file, by path."""
        rows = self._database.execute("SELECT path, id, stamp, problem FROM files")
        return {path: Known(*told) for path, *told in rows}

    def put(self, path: str, stamp: str, text: str | None, problem: str = "") -> None:
        """Take a file in, or what is new of it; without a text it is only remembered why."""
        self.drop(path)
        made = self._database.execute(
            "INSERT INTO files (path, stamp, problem) VALUES (?, ?, ?)", (path, stamp, problem)
        )
        if text is not None:
            body = text.replace(BEGIN, " ").replace(END, " ")
            row = (made.lastrowid, path, _title(body), body)
            self._database.execute("INSERT INTO pages (rowid, path, title, body) VALUES (?, ?, ?, ?)", row)

    def drop(self, path: str) -> None:
        """Forget a file."""
        self._database.execute("DELETE FROM pages WHERE rowid = (SELECT id FROM files WHERE path = ?)", (path,))
        self._database.execute("DELETE FROM files WHERE path = ?", (path,))

    def find(self, query: str, folder: str, limit: int, stopped: Callable[[], bool]) -> list[Hit]:
        """Find files, the best first.

        Args:
            query: Made by `query_of`.
            folder: Only what is this, or lies in it; "" for everything.
            limit: How many at most.
            stopped: Tells whether nobody wants to know any more; asked now and then.
        """
        self._database.set_progress_handler(stopped, 10_000)
        try:
            with translated("the index"):
                rows = self._database.execute(_FIND, (query, folder, folder, folder, folder, limit)).fetchall()
                return [self._hit(query, *row) for row in rows]
        finally:
            self._database.set_progress_handler(None, 0)

    def _hit(self, query: str, row: int, path: str, title: str, score: float) -> Hit:
        snippet, marked = self._database.execute(_SHOW, (query, row)).fetchone()
        first = marked.find(BEGIN)
        line = None if first < 0 else marked.count("\n", 0, first) + 1
        return Hit(path, title, line, _shown(snippet), score)


def _shown(snippet: str) -> str:
    """Write a snippet on one line; a "word" may be longer than any line, so it is cut around the first match."""
    start = max(0, snippet.find(BEGIN) - MAX_SNIPPET // 2)
    cut = snippet[start : start + MAX_SNIPPET]
    marked = cut + END if cut.count(BEGIN) > cut.count(END) else cut
    return " ".join(marked.replace(BEGIN, "**").replace(END, "**").split())


def _title(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip(_AROUND)), "")
    return first.strip(_AROUND)[:200]


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Make errors of ours of what SQLite says."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "no such module: fts5" in str(error):
            raise NotAvailable("Search needs an SQLite with FTS5, which this Python was built without") from error
        raise Unavailable(f"{what} cannot be used now: {error}") from error
    except sqlite3.DatabaseError as error:
        raise InvalidPayload(f"{what} is no database, or a broken one: delete it, and it is made anew") from error
