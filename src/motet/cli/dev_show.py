"""What `motet dev` shows: what was loaded and what is wrong, and each run's chunks, result or failure."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from textwrap import indent

from motet.cli.failures import payload_of
from motet.cli.output import Output
from motet.cli.show import ForPeople, ForPrograms, Show
from motet.cli.signals import Interrupted
from motet.devtools.explain import explain
from motet.devtools.outcome import Broken, Mended, Outcome, Reloaded
from motet.devtools.sources import Sources
from motet.devtools.words import counted, seconds
from motet.kernel.errors import MotetError

__all__ = ["DevForPeople", "DevForPrograms", "DevShow"]


class DevShow(ABC):
    """Where everything goes that happens in development mode."""

    @abstractmethod
    def outcome(self, outcome: Outcome, *, serving: bool, lagging: int) -> None:
        """Show what came of a change.

        Args:
            outcome: A new version, or what is wrong.
            serving: Whether there was a version before.
            lagging: How many calls go on with an earlier version.
        """

    @abstractmethod
    def ready(self, version: Reloaded, unwatched: Sequence[str]) -> None:
        """Show that the first version is served, and which folders it comes from that are not watched."""

    @abstractmethod
    def slow(self, place: str) -> None:
        """Show that loading takes long, and at which line of the user's files it is; empty if in none."""

    @abstractmethod
    def run(self, number: int, text: str, *, again: bool) -> Show:
        """Begin to show a run.

        Args:
            number: Which one.
            text: Its INPUT.
            again: Whether it was not typed just now.
        """

    @abstractmethod
    def failed(self, show: Show, error: BaseException) -> None:
        """Show why a run failed."""

    @abstractmethod
    def refused(self, error: MotetError) -> None:
        """Show why there is nothing to follow."""

    @abstractmethod
    def interrupted(self, interrupted: Interrupted) -> None:
        """Show that a signal has ended it."""


class DevForPeople(DevShow):
    """Results on standard output, everything else on standard error.

    Args:
        out: Standard output.
        target: What is followed, as the user wrote it.
        sources: What is watched; None as long as nothing is.
    """

    def __init__(self, out: Output, target: str, sources: Sources | None) -> None:
        self._out = out
        self._target = target
        self._sources = sources
        self._now = ForPeople(out)

    def ready(self, version: Reloaded, unwatched: Sequence[str]) -> None:
        """Write it in a line, and another one for what is not watched."""
        files = counted(len(version.modules), "file")
        self._say(f"{self._target} is ready ({files}): write an INPUT and press Enter; Ctrl-C ends this")
        if unwatched:
            self._say(f"not watched: {', '.join(unwatched)} (--watch FOLDER adds one)")

    def outcome(self, outcome: Outcome, *, serving: bool, lagging: int) -> None:
        """Write it in a line; an error in as many as it takes."""
        match outcome:
            case Reloaded():
                self._say(_reloaded(outcome) + (f"; {_lagging(lagging)}" if lagging else ""))
            case Broken():
                what = _files(outcome.changed) or self._target
                then = "what was there before goes on" if serving else "it is tried again when a file changes"
                self._say(f"{what} cannot be loaded, {then}:\n{indent(outcome.text, '  ')}")
            case Mended():
                self._say("what is served is what the files say again")

    def slow(self, place: str) -> None:
        """Write it in a line."""
        self._say(f"loading takes long{place and f': it is at {place}'}; nothing else is loaded before that ends")

    def run(self, number: int, text: str, *, again: bool) -> Show:
        """Write which INPUT it is, unless the user has just typed it."""
        self._now.end_line()
        self._now = ForPeople(self._out)
        if again:
            self._say(f"running {text}")
        return self._now

    def failed(self, show: Show, error: BaseException) -> None:
        """Write the error, and the calls in the user's files that led to it."""
        if self._sources is None or isinstance(error, MotetError):
            show.failed(error)
            return
        self._say(f"the run has failed:\n{indent(explain(error, self._sources), '  ')}")

    def refused(self, error: MotetError) -> None:
        """Write why, in one line."""
        self._now.refused(error)

    def interrupted(self, interrupted: Interrupted) -> None:
        """Write one word."""
        self._now.interrupted(interrupted)

    def _say(self, text: str) -> None:
        self._now.complain(text)


class DevForPrograms(DevShow):
    """One JSON document on each line, whose key says what it is.

    Args:
        out: Standard output.
    """

    def __init__(self, out: Output) -> None:
        self._out = out

    def ready(self, version: Reloaded, unwatched: Sequence[str]) -> None:
        """Write the version, and what is not watched."""
        self._out.document({"ready": {**_version(version), "unwatched": list(unwatched)}})

    def outcome(self, outcome: Outcome, *, serving: bool, lagging: int) -> None:
        """Write a document."""
        match outcome:
            case Reloaded():
                self._out.document({"reloaded": {**_version(outcome), "lagging": lagging}})
            case Broken():
                self._out.document(
                    {"broken": {"changed": list(outcome.changed), "text": outcome.text, "error": outcome.error}}
                )
            case Mended():
                self._out.document({"mended": {"version": outcome.version}})

    def slow(self, place: str) -> None:
        """Write a document."""
        self._out.document({"slow": {"at": place}})

    def run(self, number: int, text: str, *, again: bool) -> Show:
        """Write that it begins."""
        self._out.document({"run": number, "input": text, "again": again})
        return _RunForPrograms(self._out, number)

    def failed(self, show: Show, error: BaseException) -> None:
        """Write an error payload."""
        show.failed(error)

    def refused(self, error: MotetError) -> None:
        """Write an error payload."""
        self._out.document({"error": payload_of(error)})

    def interrupted(self, interrupted: Interrupted) -> None:
        """Write an error payload."""
        ForPrograms(self._out, stream=True).interrupted(interrupted)


class _RunForPrograms(ForPrograms):
    def __init__(self, out: Output, number: int) -> None:
        super().__init__(out, stream=True)
        self._number = number

    def _write(self, data: object) -> None:
        super()._write({"run": self._number, **data} if isinstance(data, dict) else data)


def _version(version: Reloaded) -> dict[str, object]:
    return {
        "version": version.version,
        "changed": list(version.changed),
        "modules": list(version.modules),
        "seconds": round(version.seconds, 4),
    }


def _reloaded(version: Reloaded) -> str:
    files = _files(version.changed)
    more = len(version.modules) - len(version.changed)
    told = f"{files} and {more} more" if more > 0 and files else files or counted(len(version.modules), "file")
    return f"reloaded {told} in {seconds(version.seconds)}"


def _files(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} others" if len(names) > 3 else "")


def _lagging(number: int) -> str:
    return f"{counted(number, 'run')} {'ends' if number == 1 else 'end'} with the code of before"
