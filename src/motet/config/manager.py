"""`ConfigManager`: settings from every place, typed, and where each of them comes from."""

import os
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, Literal, Self

from motet.config.changes import Change, Subscriber, Subscribers, changes_between
from motet.config.checking import check_value
from motet.config.errors import InvalidConfig
from motet.config.held import Held, hold
from motet.config.keys import find_leaf, unflatten
from motet.config.layer import Layer
from motet.config.options import by_key, options_of
from motet.config.places import FileScope, Places
from motet.config.reading import Surroundings, read_layers
from motet.config.settings import Settings
from motet.config.source import Source
from motet.config.watcher import Watcher
from motet.kernel.errors import NotAvailable

__all__ = ["ConfigManager", "Scope"]

Scope = Literal["here"] | FileScope


class ConfigManager:
    """Settings: defaults, below the user's file, the project's file, secrets, environment variables, and arguments.

    It reads when it is made, and when it is told to; between that nothing changes. A profile of a file stands just
    above that file. It can be used from several threads.

    Args:
        arguments: The top layer, as tables (`{"tasks": {"store": "memory://"}}`) or by key (`{"tasks.store": ...}`).
        global_file: The user's file; `$XDG_CONFIG_HOME/motet/config.toml` unless given here or in MOTET_CONFIG_GLOBAL.
        project_file: The project's file; the nearest `motet.toml`, or `pyproject.toml` with a table [tool.motet], from
            the folder upwards, unless given here or in MOTET_CONFIG_PROJECT.
        folder: Where the search for it begins; the working folder unless given.
        profile: Which `[profiles.NAME]` of the files counts; that of MOTET_PROFILE unless given.
        secrets: A folder of files that are each called `SECTION__KEY`; that of MOTET_SECRETS_DIR unless given.
        environment: The environment variables; those of the process unless given.

    Raises:
        InvalidConfig: Something is wrong; every problem is listed with its place.
        MissingExtra: There are environment variables, and what reads them is not installed.
    """

    def __init__(
        self,
        arguments: Mapping[str, object] | None = None,
        *,
        global_file: str | os.PathLike[str] | None = None,
        project_file: str | os.PathLike[str] | None = None,
        folder: str | os.PathLike[str] | None = None,
        profile: str | None = None,
        secrets: str | os.PathLike[str] | None = None,
        environment: Mapping[str, str] | None = None,
        _closed: bool = False,
    ) -> None:
        base = None if folder is None else Path(folder)
        self._around = Surroundings(environment, base, global_file, project_file, profile, secrets, closed=_closed)
        self._arguments = by_key(arguments or {})
        self._subscribers = Subscribers()
        self._lock = threading.RLock()
        self._problem: InvalidConfig | None = None
        self._held: Held = hold(read_layers(self._around, unflatten(self._arguments)))

    @classmethod
    def isolated(cls, arguments: Mapping[str, object] | None = None) -> Self:
        """Make one that reads no file and no environment variable: for tests, and for programs that say everything.

        Args:
            arguments: What is not to be as it is by default.
        """
        return cls(arguments, _closed=True)

    def __repr__(self) -> str:
        return f"<ConfigManager of {len(self._held.given)} settings>"

    # What there is

    @property
    def settings(self) -> Settings:
        """All settings, frozen: `config.settings.tasks.max_concurrency`."""
        return self._held.settings

    @property
    def problem(self) -> InvalidConfig | None:
        """Why what the files say now does not count; None where it does."""
        return self._problem

    @property
    def places(self) -> Places:
        """The files, as of now."""
        return self._around.places()

    def get(self, key: str) -> Any:
        """Return the value of a setting.

        Args:
            key: Such as "tasks.max_concurrency".

        Raises:
            NotFound: There is no such setting; the message names the nearest.
        """
        return self._held.value(key)

    def source_of(self, key: str) -> Source:
        """Say where the value of a setting comes from: its layer, and the file and line, or the variable.

        Raises:
            NotFound: There is no such setting.
        """
        return self._held.source(key)

    def options(self, section: str) -> dict[str, Any]:
        """Return a section as keyword arguments: `TaskManager(**config.options("tasks"))`.

        Args:
            section: Such as "tasks" or "executors.rest".

        Raises:
            NotFound: There is no such section.
        """
        return options_of(self.settings, section)

    # What changes

    def set(self, key: str, value: object, *, scope: Scope = "here", profile: str | None = None) -> tuple[Change, ...]:
        """Change a setting.

        Args:
            key: Such as "tasks.max_concurrency".
            value: What it is to be.
            scope: "here": for this manager, above everything else; "project" or "global": in that file, whose comments
                and order stay as they are. A project file is made in the folder if there is none.
            profile: The profile of the file to write to.

        Returns:
            What has changed by that: nothing where a layer above says something else.

        Raises:
            NotFound: There is no such setting, or no such scope.
            InvalidConfig: The value does not fit, the profile has no name, or the file cannot be written, and nothing
                is changed; or the files cannot be used for another reason, and the last good settings stay.
            NotAvailable: There is no such file for this manager.
            MissingExtra: What writes files is not installed.
        """
        checked = check_value(find_leaf(key), value)
        if scope == "here":
            return self._argue(key, {key: checked})
        # Loaded here: it needs an optional dependency, and few programs write.
        from motet.config.writing import write_setting  # noqa: PLC0415

        with self._lock:
            write_setting(self.file_of(scope), scope, key, checked, profile)
        return self.reload()

    def unset(self, key: str, *, scope: Scope = "here", profile: str | None = None) -> tuple[Change, ...]:
        """Take a setting back, so that the layers below say again what holds.

        Args:
            key: Such as "tasks.max_concurrency".
            scope: As of `set`.
            profile: The profile of the file to take it out of.

        Returns:
            What has changed by that: nothing where it was not set there.

        Raises:
            MotetError: As `set` does.
        """
        find_leaf(key)
        if scope == "here":
            return self._argue(key, {})
        from motet.config.writing import remove_setting  # noqa: PLC0415 - as above

        with self._lock:
            remove_setting(self.file_of(scope), scope, key, profile)
        return self.reload()

    def _argue(self, key: str, said: Mapping[str, object]) -> tuple[Change, ...]:
        with self._lock:
            others = {known: value for known, value in self._arguments.items() if known != key}
            self._arguments = {**others, **said}
            below = [layer for layer in self._held.layers if layer.name != "argument"]
            changes = self._take([*below, Layer("argument", unflatten(self._arguments))])
        self._subscribers.tell(changes)
        return changes

    def file_of(self, scope: FileScope) -> Path:
        """Return the file that a scope is written to.

        Raises:
            NotFound: There is no such scope.
            NotAvailable: There is no such file for this manager.
        """
        file = self.places.file_of(scope)
        if file is None:
            raise NotAvailable(f'there is no {scope} file here to write to: set it with scope="here"')
        return file

    def reload(self) -> tuple[Change, ...]:
        """Read everything anew, and tell subscribers what has changed.

        Returns:
            What has changed.

        Raises:
            InvalidConfig: Something is wrong now; the last good settings stay.
        """
        with self._lock:
            try:
                layers = read_layers(self._around, unflatten(self._arguments))
            except InvalidConfig as error:
                self._problem = error
                raise
            self._problem = None
            changes = self._take(layers)
        self._subscribers.tell(changes)
        return changes

    def _take(self, layers: list[Layer]) -> tuple[Change, ...]:
        before, self._held = self._held, hold(layers)
        return changes_between(before.values(), self._held.values(), layers)

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call somebody with every `Change`, in the thread that has made it; one who fails is logged.

        Returns:
            What ends that.
        """
        return self._subscribers.add(subscriber)

    async def watch(self, on_error: Callable[[InvalidConfig], object] | None = None) -> AsyncGenerator[Change]:
        """Watch the files, reload when one changes, and yield what has changed by that.

        A file that cannot be used is logged, and the last good settings stay until it can be.

        Args:
            on_error: Called with what is wrong, too.

        Raises:
            NotAvailable: These settings come from no file.
            MissingExtra: What watches files is not installed.
        """
        async with aclosing(Watcher(self._around, self.reload, on_error).changes()) as changes:
            async for change in changes:
                yield change

    @asynccontextmanager
    async def watching(self, on_error: Callable[[InvalidConfig], object] | None = None) -> AsyncIterator[Self]:
        """Watch the files in the background: `async with config.watching():`; subscribers are told.

        Args:
            on_error: Called with what is wrong with a file, too.
        """
        async with Watcher(self._around, self.reload, on_error).running():
            yield self
