"""Keeping an index like the folder it is about, and searching in it: the blocking half of `FolderSearch`."""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from motet.kernel.errors import Cancelled, InvalidPayload, MotetError
from motet.tools.confined import Confined, open_file
from motet.tools.errors import TooLarge
from motet.tools.file_reading import as_text, read_all
from motet.tools.search_store import Hit, Known, SearchStore
from motet.tools.search_walk import Candidate, Choice, walk

__all__ = ["Coverage", "SearchBounds", "SearchIndex"]

SETTLED: Final = 2 * 10**9
"""Nanoseconds after a change within which a file may change again and look the same: it is read again until then."""

UNSETTLED: Final = ""


@dataclass(frozen=True, slots=True)
class SearchBounds:
    """What an index takes in at most.

    Args:
        file_bytes: Bytes of one file.
        files: How many files.
        total_bytes: Bytes of all files together.
    """

    file_bytes: int
    files: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is searched, and what is not.

    Args:
        files: How many files are searched.
        skipped: How many are not though they were asked for, by reason: "too large", "no text", "link", "special",
            "unreadable", "too deep", "too many".
    """

    files: int
    skipped: Mapping[str, int]


class SearchIndex:
    """An index of the texts in a folder.

    Any number of threads may use it. One of them at a time refreshes or searches, and a search finds the folder as it
    was when the search was asked for, or later.

    Args:
        root: The folder.
        choice: Which files are searched.
        bounds: How much of them.
        path: Where the index is kept; ":memory:" for nowhere.
    """

    def __init__(self, root: Confined, choice: Choice, bounds: SearchBounds, path: str) -> None:
        self._root, self._choice, self._bounds, self._path = root, choice, bounds, path
        self._store: SearchStore | None = None
        self._lock = threading.Lock()
        self._begun = self._done = 0
        self._covered = Coverage(0, {})

    def refresh(self, stop: threading.Event) -> Coverage:
        """Make the index what the folder is.

        Args:
            stop: Set when nobody wants it any more; what was read by then is kept.

        Raises:
            Cancelled: It was stopped.
            MotetError: The index cannot be used.
        """
        asked = self._begun
        with self._alone(stop) as store:
            return self._refreshed(store, asked, stop)

    def search(self, query: str, folder: str, limit: int, stop: threading.Event) -> tuple[list[Hit], Coverage]:
        """Find files in the folder as it is now.

        Args:
            query: Made by `query_of`.
            folder: Only what is this, or lies in it; "" for everything.
            limit: How many at most.
            stop: Set when nobody wants to know any more.

        Raises:
            Cancelled: It was stopped.
            MotetError: The index cannot be used.
        """
        asked = self._begun
        with self._alone(stop) as store:
            covered = self._refreshed(store, asked, stop)
            return store.find(query, folder, limit, stop.is_set), covered

    def close(self) -> None:
        """Let go of the database; the next search begins with it anew."""
        with self._lock:
            if self._store is not None:
                self._store.close()
            self._store = None

    def abandon(self) -> None:
        """Let go of the database, unless somebody uses it: for whoever cannot wait."""
        if self._lock.acquire(blocking=False):
            self._lock.release()
            self.close()

    @contextmanager
    def _alone(self, stop: threading.Event) -> Iterator[SearchStore]:
        while not self._lock.acquire(timeout=0.05):
            _check(stop)
        try:
            if self._store is None:
                self._store = SearchStore(self._path)
            yield self._store
        finally:
            self._lock.release()

    def _refreshed(self, store: SearchStore, asked: int, stop: threading.Event) -> Coverage:
        # One that began after this was asked for has seen everything that this one would see.
        if self._done <= asked:
            self._begun = number = self._begun + 1
            with store.changing():
                covered = self._update(store, stop)
            _check(stop)
            self._done, self._covered = number, covered
        return self._covered

    def _update(self, store: SearchStore, stop: threading.Event) -> Coverage:
        known, seen, skipped = store.known(), set[str](), Counter[str]()
        taken = room = 0
        for candidate in walk(self._root, self._choice, skipped):
            if stop.is_set():
                break
            size = candidate.found.st_size
            if taken >= self._bounds.files or room + min(size, self._bounds.file_bytes) > self._bounds.total_bytes:
                skipped["too many"] += 1
                continue
            problem = self._keep(store, candidate, known.get(candidate.path))
            seen.add(candidate.path)
            skipped.update([problem] if problem else [])
            taken, room = taken + (not problem), room + (0 if problem else size)
        for path in () if stop.is_set() else known.keys() - seen:
            store.drop(path)
        return Coverage(taken, MappingProxyType(dict(skipped)))

    def _keep(self, store: SearchStore, candidate: Candidate, known: Known | None) -> str:
        """Read a file unless it is known as it is now; tell why it is not searched, if so."""
        stamp = stamp_of(candidate.found)
        if known is not None and known.stamp == stamp != UNSETTLED:
            return known.problem
        text, problem = self._read(candidate)
        store.put(candidate.path, stamp, text, problem)
        return problem

    def _read(self, candidate: Candidate) -> tuple[str | None, str]:
        if candidate.found.st_size > self._bounds.file_bytes:
            return None, "too large"
        try:
            descriptor = open_file(candidate.folder, candidate.name, candidate.path)
        except MotetError:
            return None, "unreadable"
        try:
            return as_text(read_all(descriptor, self._bounds.file_bytes, candidate.path), candidate.path), ""
        except TooLarge:
            return None, "too large"
        except InvalidPayload:
            return None, "no text"
        except OSError:
            return None, "unreadable"
        finally:
            os.close(descriptor)


def stamp_of(found: os.stat_result) -> str:
    """Tell what a file looks like, such that it looks different when it has changed.

    Returns:
        The time of its last change and of that of its attributes, its size and its number; nothing that could be
        compared where it has only just changed.
    """
    changed = max(found.st_mtime_ns, found.st_ctime_ns)
    if time.time_ns() - changed < SETTLED:
        return UNSETTLED
    return f"{found.st_mtime_ns}:{found.st_ctime_ns}:{found.st_size}:{found.st_dev}:{found.st_ino}"


def _check(stop: threading.Event) -> None:
    if stop.is_set():
        raise Cancelled("The search was cancelled")
