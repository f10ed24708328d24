"""Iterating over what comes out of a flow: the outputs of many runs in order, and those of a long-lived pipeline."""

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Iterator
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, cast

from motet.flow.books import Parcel, Run
from motet.flow.graph import FlowError, OnError
from motet.flow.outlet import Outlet
from motet.flow.runtime import Runtime

__all__ = ["Outputs", "Results"]

Out = TypeVar("Out")
Submit = Callable[[Any], Coroutine[Any, Any, Run[Out]]]


class Results(AsyncIterator[Out], Generic[Out]):
    """The outputs of many inputs, in the order of the inputs. Made by `Flow.map`.

    Args:
        payloads: The inputs.
        submit: Sends one in, when there is room.
        try_submit: Sends one in if there is room now, and returns None otherwise.
        ahead: How many may be inside before the first of them has been read.
    """

    def __init__(
        self,
        payloads: Iterable[Any] | AsyncIterable[Any],
        submit: Submit[Out],
        try_submit: Callable[[Any], Run[Out] | None],
        ahead: int,
    ) -> None:
        self._submit = submit
        self._try_submit = try_submit
        self._ahead = ahead
        self._runs: deque[Run[Out]] = deque()
        self._source: Iterator[Any] | None = None
        self._held: tuple[Any] | None = None
        self._feeder: _Feeder[Out] | None = None
        if isinstance(payloads, AsyncIterable):
            self._feeder = _Feeder(payloads, submit, ahead)
        else:
            self._source = iter(payloads)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Out:
        try:
            if self._feeder is not None:
                run = await self._feeder.next()
            else:
                held = self._fill()
                if held is not None and not self._runs:
                    self._runs.append(await self._submit(held[0]))
                    held = None
                self._held = held
                run = self._runs.popleft() if self._runs else None
            if run is not None and run.status == "running":
                self._runs.appendleft(run)
                await run.ended()
                self._runs.popleft()
        except BaseException:
            self._drop()
            raise
        if run is None:
            raise StopAsyncIteration
        if run.error is not None:
            self._drop()
        return run.result()

    def _fill(self) -> tuple[Any] | None:
        """Send in what there is room for; return the input, in a tuple, that there was none for."""
        runs, held = self._runs, self._held
        while len(runs) < self._ahead:
            if held is None:
                if self._source is None:
                    return None
                try:
                    held = (next(self._source),)
                except StopIteration:
                    self._source = None
                    return None
            run = self._try_submit(held[0])
            if run is None:
                return held
            runs.append(run)
            held = None
        return held

    async def aclose(self) -> None:
        """End the runs whose outputs have not been read."""
        self._drop()
        if self._feeder is not None:
            await self._feeder.stop()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __del__(self) -> None:
        self._drop()

    def _drop(self) -> None:
        self._source = self._held = None
        runs, self._runs = self._runs, deque()
        if self._feeder is not None:
            self._feeder.drop()
        for run in runs:
            run.cancel()


class _Feeder(Generic[Out]):
    """Takes inputs from an asynchronous iterable while outputs are read: neither waits for the other."""

    def __init__(self, payloads: AsyncIterable[Any], submit: Submit[Out], ahead: int) -> None:
        self._payloads = payloads
        self._submit = submit
        self._runs: asyncio.Queue[Run[Out] | BaseException | None] = asyncio.Queue(ahead)
        self._task: asyncio.Task[None] | None = None

    async def next(self) -> Run[Out] | None:
        """Return the oldest run, or None when all have been returned."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(_feed(self._payloads, self._submit, self._runs))
        entry = await self._runs.get()
        if isinstance(entry, BaseException):
            raise entry
        return entry

    async def stop(self) -> None:
        """End the feeding, and wait until it has ended."""
        self.drop()
        if self._task is not None:
            await asyncio.wait((self._task,))

    def drop(self) -> None:
        """End the feeding and the runs that nobody has taken."""
        if self._task is not None and not self._task.done() and not self._task.get_loop().is_closed():
            self._task.cancel()
        while not self._runs.empty():
            entry = self._runs.get_nowait()
            if isinstance(entry, Run):
                entry.cancel()


async def _feed(
    payloads: AsyncIterable[Any], submit: Submit[Out], runs: "asyncio.Queue[Run[Out] | BaseException | None]"
) -> None:
    try:
        async for payload in payloads:
            run = await submit(payload)
            try:
                await runs.put(run)
            except asyncio.CancelledError:
                run.cancel()
                raise
    except Exception as error:  # noqa: BLE001 - raised where the outputs are read
        await runs.put(error)
    else:
        await runs.put(None)


class Outputs(AsyncIterator[Out], Generic[Out]):
    """What comes out of a long-lived pipeline. Made by `Flow.outputs`.

    Args:
        outlet: Where outputs wait.
        runtime: Told of each that is taken.
        on_error: Whether a failed run's error is raised, or given as a `FlowError`.
    """

    def __init__(self, outlet: Outlet[Parcel], runtime: Runtime, on_error: OnError) -> None:
        self._outlet = outlet
        self._runtime = runtime
        self._on_error = on_error
        outlet.readers += 1

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Out:
        outlet = self._outlet
        while not len(outlet):
            if outlet.finished:
                raise StopAsyncIteration
            await outlet.wait()
        value, error = outlet.take()
        if outlet.waiting:
            self._runtime.taken(outlet)
        if error is None:
            return cast("Out", value)
        if self._on_error == "emit":
            name = value.context.agent if isinstance(value, Run) else ""
            return cast("Out", FlowError(name, error, None))
        raise error

    def __del__(self) -> None:
        self._outlet.readers -= 1
