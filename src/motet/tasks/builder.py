"""A task, or a small tree, written as a chain of calls."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any, Generic, Self, TypeVar, cast, overload

from motet.kernel.agent import Agent
from motet.kernel.error_payload import from_payload
from motet.kernel.errors import Cancelled, InvalidPayload, NotAvailable
from motet.kernel.events import Event
from motet.tasks.definition import Retry
from motet.tasks.errors import TreeFailed
from motet.tasks.manager import TaskManager
from motet.tasks.model import Tree
from motet.tasks.status import Status

__all__ = ["TaskBuilder"]

Out = TypeVar("Out")


class TaskBuilder(Generic[Out]):
    """Describes a task, with the tasks that it depends on, and runs it as the root of a tree.

    Args:
        manager: Who stores and runs it.
        executor: The id of the executor, or an agent: then the result has the agent's type.
    """

    @overload
    def __init__(self: "TaskBuilder[Any]", manager: TaskManager, executor: str) -> None: ...
    @overload
    def __init__(self, manager: TaskManager, executor: Agent[Any, Out]) -> None: ...
    def __init__(self, manager: TaskManager, executor: str | Agent[Any, Out]) -> None:
        self._manager = manager
        self._executor = executor
        self._entry: dict[str, Any] = {"executor": executor}
        self._options: dict[str, Any] = {}
        self._needs: list[tuple[TaskBuilder[Any], bool]] = []

    def with_name(self, name: str) -> Self:
        """Name the task; otherwise it is named after its executor."""
        return self._set(name=name)

    def with_input(self, name: str, value: object) -> Self:
        """Give the executor an input."""
        self._entry["inputs"] = {**self._entry.get("inputs", {}), name: value}
        return self

    def with_inputs(self, inputs: Mapping[str, object]) -> Self:
        """Give the executor several inputs; those that were given before stay."""
        self._entry["inputs"] = {**self._entry.get("inputs", {}), **inputs}
        return self

    def with_priority(self, priority: int | str) -> Self:
        """Say how urgent it is: 0 or "urgent", 1 or "high", 2 or "normal", 3 or "low"."""
        return self._set(priority=priority)

    def with_retry(self, retry: int | Retry) -> Self:
        """Say how often it is tried: the number of attempts, or a `Retry`."""
        return self._set(retry=asdict(retry) if isinstance(retry, Retry) else retry)

    def with_timeout(self, seconds: float) -> Self:
        """Say how many seconds one attempt may take."""
        return self._set(timeout=seconds)

    def not_before(self, when: datetime | float) -> Self:
        """Say before when it does not start: a time with a time zone, or seconds since 1970 UTC."""
        if isinstance(when, datetime) and when.tzinfo is None:
            raise InvalidPayload(f"{when} has no time zone: write datetime(..., tzinfo=UTC), or what you mean")
        return self._set(not_before=when.timestamp() if isinstance(when, datetime) else when)

    def with_concurrency_key(self, key: str) -> Self:
        """Let it run only beside as many tasks of this key as the manager allows."""
        return self._set(concurrency_key=key)

    def with_fields(self, **fields: object) -> Self:
        """Add fields of your own, JSON values, which stay with the task."""
        return self._set(**fields)

    def with_user(self, user: str) -> Self:
        """Say whose tree it is."""
        self._options["user"] = user
        return self

    def with_parent(self, parent: "TaskBuilder[Any]") -> Self:
        """Let another builder's task depend on this one, and this one belong to it."""
        parent.depends_on(self)
        return self

    def with_key(self, key: str) -> Self:
        """Make the creation idempotent: the same key gives the same tree."""
        self._options["key"] = key
        return self

    def depends_on(self, *others: "TaskBuilder[Any] | str", required: bool = True) -> Self:
        """Let it wait for other tasks, whose results arrive in its inputs under their names.

        Args:
            *others: Other builders, whose tasks become part of this tree; or names of tasks in this tree.
            required: Whether they have to complete; otherwise they only have to end.
        """
        for other in others:
            if isinstance(other, str):
                self._entry.setdefault("dependencies", []).append({"name": other, "required": required})
            else:
                self._needs.append((other, required))
        return self

    def build(self) -> list[dict[str, Any]]:
        """Return the task array: this task as the root, and all that it depends on below it."""
        builders = self._collected()
        names = {builder: builder._name() for builder in builders}  # noqa: SLF001 - of its own kind
        return [builder._written(names, None if builder is self else names[self]) for builder in builders]  # noqa: SLF001

    async def create(self) -> Tree:
        """Store the tree, without starting it.

        Raises:
            InvalidPlan: It is no tree; every problem is listed.
        """
        return await self._manager.create(self.build(), **self._options)

    async def execute(self) -> Out:
        """Run the tree, and return what this task gave.

        Raises:
            InvalidPlan: It is no tree; every problem is listed.
            TreeFailed: It did not complete; the cause is the error of the task that failed.
            Cancelled: It was cancelled.
        """
        return self._result(await self._manager.execute(self.build(), **self._options))

    async def stream(self, *, chunks: bool = True) -> AsyncGenerator[Event]:
        """Run the tree, and yield what happens in it; leaving early cancels it.

        Yields:
            What `TaskManager.watch` does.
        """
        run = await self._manager.submit(self.build(), **self._options)
        ended = False
        try:
            async with aclosing(self._manager.watch(run.id, chunks=chunks)) as events:
                async for event in events:
                    yield event
            ended = True
        finally:
            if not ended:
                with suppress(NotAvailable):  # the manager was closed: whoever opens the next one goes on
                    await run.cancel()

    def _set(self, **fields: object) -> Self:
        self._entry.update(fields)
        return self

    def _name(self) -> str:
        named = self._entry.get("name")
        return str(named if named is not None else getattr(self._executor, "name", self._executor))

    def _collected(self) -> "list[TaskBuilder[Any]]":
        found: dict[TaskBuilder[Any], None] = {}
        work: list[TaskBuilder[Any]] = [self]
        while work:
            builder = work.pop()
            if builder not in found:
                found[builder] = None
                work.extend(other for other, _ in reversed(builder._needs))  # noqa: SLF001 - of its own kind
        return list(found)

    def _written(self, names: "Mapping[TaskBuilder[Any], str]", parent: str | None) -> dict[str, Any]:
        links = [{"name": names[other], "required": required} for other, required in self._needs]
        written = [*self._entry.get("dependencies", []), *links]
        entry = {**self._entry, "name": names[self], "dependencies": written, "parent": parent}
        return {key: value for key, value in entry.items() if value is not None and (key != "dependencies" or value)}

    def _result(self, tree: Tree) -> Out:
        root = tree.root_task
        if root.status is Status.COMPLETED and tree.status is Status.COMPLETED:
            read: Callable[[object], object] = (
                self._executor.types[1].adapter.validate_python if isinstance(self._executor, Agent) else _as_it_is
            )
            return cast("Out", read(root.result))
        if tree.status is Status.INPUT_REQUIRED:
            asking = [f"{task.id}: {task.question.text}" for task in tree.tasks if task.question is not None]
            raise TreeFailed(f"Tree {tree.id} waits for answers: {'; '.join(asking)}", tree=tree.id)
        if tree.status is Status.CANCELLED:
            raise Cancelled(f"Tree {tree.id} was cancelled")
        failed = next((task for task in tree.tasks if task.status is Status.FAILED and task.executor is not None), root)
        cause = None if failed.error is None else from_payload(failed.error)
        raise TreeFailed(f"Tree {tree.id} has failed: {failed.name!r}: {cause}", tree=tree.id) from cause


def _as_it_is(value: object) -> object:
    return value
