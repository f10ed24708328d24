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

    Raises:
        ValueError: Nothing could ever be inside.
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
        self._reading = False
        if ahead < 1:
            raise ValueError(f"ahead={ahead}: at least one input has to be inside")
        if isinstance(payloads, AsyncIterable):
            self._feeder = _Feeder(payloads, submit, ahead)
        else:
            self._source = iter(payloads)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Out:
        if self._reading:
            raise RuntimeError("The outputs are being read already: one reader at a time keeps their order")
        self._reading = True
        runs = self._runs
        try:
            if self._feeder is not None:
                run = await self._feeder.next()
                if run is not None:
                    runs.append(run)
            else:
                self._held = held = self._fill()
                if held is not None and not runs:
                    self._held = None
                    runs.append(await self._submit(held[0]))
            if not runs:
                raise StopAsyncIteration  # noqa: TRY301 - whatever ends the iteration ends it for good
            run = runs[0]
            if run.status == "running":
                await run.ended()
            runs.popleft()
            return run.result()
        except BaseException:
            self._drop()
            raise
        finally:
            self._reading = False

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
        self._runs: asyncio.Queue[Run[Out] | BaseException | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(ahead)
        self._task: asyncio.Task[None] | None = None
        self._over = False

    async def next(self) -> Run[Out] | None:
        """Return the oldest run, or None when all have been returned. The one before it has been read."""
        if self._over:
            return None
        if self._task is None:
            feeding = _feed(self._payloads, self._submit, self._runs, self._room)
            self._task = asyncio.get_running_loop().create_task(feeding)
        else:
            self._room.release()
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
        self._over = True
        while not self._runs.empty():
            entry = self._runs.get_nowait()
            if isinstance(entry, Run):
                entry.cancel()
        if self._task is not None and not self._task.done() and not self._task.get_loop().is_closed():
            self._task.cancel()
            self._runs.put_nowait(None)  # for whoever waits for an output in another task


async def _feed(
    payloads: AsyncIterable[Any],
    submit: Submit[Out],
    runs: "asyncio.Queue[Run[Out] | BaseException | None]",
    room: asyncio.Semaphore,
) -> None:
    inputs = aiter(payloads)
    try:
        while True:
            await room.acquire()
            runs.put_nowait(await submit(await anext(inputs)))
    except StopAsyncIteration:
        pass
    except Exception as error:  # noqa: BLE001 - raised where the outputs are read
        runs.put_nowait(error)
    finally:
        runs.put_nowait(None)


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
        self._closed = False
        outlet.readers += 1

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Out:
        outlet = self._outlet
        while self._closed or not outlet.items:
            if self._closed or outlet.finished:
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

    async def aclose(self) -> None:
        """Read no more: `stop()` does not wait for this iteration to take what comes out."""
        self._leave()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def __del__(self) -> None:
        self._leave()

    def _leave(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._outlet.readers -= 1
        if self._runtime.stopping:  # what it would have read holds up the flow no more
            self._runtime.close(self._outlet)
