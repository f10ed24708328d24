"""Where durable tasks are kept and with what they run: from the options of a command to a task manager."""

import shlex
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from motet.cli.failures import InvalidUsage
from motet.cli.history_store import DEFAULT_STORE, url_of
from motet.cli.load import load, parse
from motet.cli.lookup import anything_at, current_folder
from motet.cli.observing import observing
from motet.cli.recording import Recording
from motet.config.passwords import without_password
from motet.executors.agent import AgentExecutor
from motet.executors.agent import agent as any_agent
from motet.executors.command import Command
from motet.kernel.observers import Observer, combine
from motet.tasks.executors import DEFAULT_EXECUTORS, Executors
from motet.tasks.manager import TaskManager
from motet.tasks.stores import open_store

__all__ = ["DEFAULT_STORE", "MEMORY", "Setup", "check_there_is", "executors_for", "import_all", "opened"]

MEMORY: Final = "memory://"

CONCURRENCY: Final = 16

_FILES: Final = {"sqlite", "duckdb"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the options of a command say.

    Args:
        store: The URL of the store.
        imports: Files and modules that register executors and agents.
        allow_command: Programs that the executor `command` may start.
        allow_private: Whether the executor `rest` reaches addresses that are not public.
        max_concurrency: How many tasks run at once; None: 16.
        demo: Whether executors answer with their demo results.
        root: The folder from which the executor `agent` loads files; this one unless given.
        deadline: Seconds that the work may take.
        manager: What else the task manager is made with.
        command: What else the executor `command` is made with.
        rest: What else the executor `rest` is made with.
        configured: The names of what the configuration says, and no option.
    """

    store: str = DEFAULT_STORE
    imports: tuple[str, ...] = ()
    allow_command: tuple[str, ...] = ()
    allow_private: bool = False
    max_concurrency: int | None = None
    demo: bool = False
    root: str | None = None
    deadline: float | None = None
    manager: Mapping[str, Any] = field(default_factory=dict)
    command: Mapping[str, Any] = field(default_factory=dict)
    rest: Mapping[str, Any] = field(default_factory=dict)
    configured: frozenset[str] = frozenset()

    @property
    def kept(self) -> bool:
        """Whether the store outlives this process."""
        return not self.store.startswith(MEMORY)

    def line(self, command: str, *arguments: str, value: str | None = None) -> str:
        """Write the command line that does something else with the same store and the same executors.

        Args:
            command: Such as "tasks resume".
            *arguments: Its arguments.
            value: A last argument, which may be anything.
        """
        words = ["motet", *command.split(), *arguments]
        # After `--` nothing is an option.
        dash = value is not None and value.startswith("-")
        words += [] if value is None or dash else [value]
        words += self._options()
        words += ["--", value] if value is not None and dash else []
        return shlex.join(words)

    def _options(self) -> list[str]:
        """Write the options; those that the configuration has given are given by it again, the store apart."""
        shown = without_password(self.store)
        words = [] if "store" in self.configured and shown != self.store else ["--store", shown]
        lists = {"imports": ("--import", self.imports), "allow_command": ("--allow-command", self.allow_command)}
        for name, (option, values) in lists.items():
            words += [word for each in values if name not in self.configured for word in (option, each)]
        others = {
            "root": ["--root", str(self.root)] if self.root not in {None, "."} else [],
            "allow_private": ["--allow-private"] * self.allow_private,
            "demo": ["--demo"] * self.demo,
            "max_concurrency": [] if self.max_concurrency is None else ["--max-concurrency", str(self.max_concurrency)],
        }
        return words + [word for name, each in others.items() if name not in self.configured for word in each]


@asynccontextmanager
async def opened(
    setup: Setup, observer: Observer | None = None, recording: Recording | None = None
) -> AsyncIterator[TaskManager]:
    """Open a manager that works on nothing of its own accord, observed as the configuration says.

    Args:
        setup: Where tasks are kept and with what they run.
        observer: Told of everything that happens.
        recording: Keeps the history.

    Raises:
        MotetError: The store cannot be used.
    """
    store = open_store(setup.store)
    async with AsyncExitStack() as stack:
        told = stack.enter_context(observing())
        observers: list[Observer | None] = [observer, recording, None if told is None else told.tracer]
        made = TaskManager(
            store,
            executors=executors_for(setup),
            max_concurrency=setup.max_concurrency or CONCURRENCY,
            resume=False,
            demo=setup.demo,
            observer=combine(one for one in observers if one is not None),
            **setup.manager,
        )
        stack.push_async_callback(store.close)
        if recording is not None:
            await store.open()
            await stack.enter_async_context(recording.beside(store, setup.store))
        yield await stack.enter_async_context(made)


def executors_for(setup: Setup) -> Executors:
    """Return the default executors, with those in front that know more: what the user allows."""
    executors = Executors(DEFAULT_EXECUTORS)
    if DEFAULT_EXECUTORS.find(any_agent.name) in {any_agent, None}:
        executors.add(AgentExecutor(root=setup.root or Path()), demo=AgentExecutor.demo)
    if setup.allow_command:
        executors.add(Command(allow=setup.allow_command, **setup.command), demo=Command.demo)
    if setup.allow_private or setup.rest:
        # Loaded here: it needs an optional dependency.
        from motet.executors.rest import Rest  # noqa: PLC0415

        executors.add(Rest(private=setup.allow_private, **setup.rest), demo=Rest.demo)
    return executors


def import_all(sources: tuple[str, ...]) -> None:
    """Import what --import names.

    Raises:
        MotetError: One of them cannot be imported.
    """
    for source in sources:
        target = parse(source)
        if target.name:
            raise InvalidUsage(f"--import takes a whole file or module: give {target.source} without :{target.name}")
        load(target)


def check_there_is(store: str) -> None:
    """See to it that a command which only looks does not make a new, empty store.

    Args:
        store: The URL.

    Raises:
        InvalidUsage: There is no such file, the system refuses to tell, or the store is one in memory, which is gone
            with its process.
    """
    if store.startswith(MEMORY):
        raise InvalidUsage(f"{store} keeps nothing from one command to the next: give another --store URL")
    if store.partition("://")[0].partition("+")[0] not in _FILES:
        return
    url = url_of(store)
    path = None if url is None else url.database
    if path and not anything_at(path):
        raise InvalidUsage(
            f"there is no store at {path} (looked from {current_folder()}): "
            "run a tree first, as in motet run tasks.json, or give --store URL"
        )
