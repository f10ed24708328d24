"""The serving side of a loopback: calls come in as bytes, and are made at the top of a context of their own."""

import asyncio
import contextvars
import json
from typing import Any, Final

from motet.kernel.agent import Agent
from motet.kernel.error_payload import to_payload
from motet.kernel.errors import Cancelled
from motet.kernel.observers import Observer
from motet.kernel.schema import ANY
from motet.kernel.scope import CallOptions
from motet.testing.loopback_pipe import Pipe
from motet.testing.loopback_wire import Frame, Head, decode, encode

__all__ = ["WINDOW", "LoopbackServer"]

WINDOW: Final = 16
"""How many chunks of one call may be under way before its emitters wait for the reader."""


class LoopbackServer:
    """Serves one agent to one client, any number of calls at once.

    Args:
        agent: What is served.
        calls: Where calls come from.
        answers: Where answers go.
        observer: Told of what happens on this side.
    """

    def __init__(self, agent: Agent[Any, Any], calls: Pipe, answers: Pipe, observer: Observer | None) -> None:
        self._agent = agent
        self._calls = calls
        self._answers = answers
        self._observer = observer
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._windows: dict[int, asyncio.Semaphore] = {}

    async def run(self) -> None:
        """Serve until the client is gone; what is under way is cancelled then."""
        try:
            while (frame := await self._calls.read()) is not None:
                self._take(frame)
        finally:
            tasks = list(self._tasks.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _take(self, frame: Frame) -> None:
        call = frame.head["id"]
        if frame.head["kind"] == "call":
            # A context of its own: nothing of the client's gets here but through the frame.
            work = self._answer(call, frame)
            task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
            self._tasks[call], self._windows[call] = task, asyncio.Semaphore(WINDOW)
            task.add_done_callback(lambda _: self._forget(call))
        elif call in self._tasks and frame.head["kind"] == "cancel":
            self._tasks[call].cancel()
        elif call in self._windows:
            self._windows[call].release()

    def _forget(self, call: int) -> None:
        del self._tasks[call], self._windows[call]

    async def _answer(self, call: int, frame: Frame) -> None:
        agent = self._agent
        try:
            payload = decode(agent.types[0], frame.body, agent.name, "input")
            output = await self._called(call, payload, frame.head)
            answer = Frame({"kind": "result", "id": call}, encode(agent.types[1], output, agent.name, "output"))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            answer = _failed(call, Cancelled(f"{agent.name!r} was cancelled from within"))
        except Exception as error:  # noqa: BLE001 - told to the client
            answer = _failed(call, error)
        self._answers.write(answer)

    async def _called(self, call: int, payload: object, head: Head) -> object:
        options: CallOptions = {"traceparent": head["traceparent"], "metadata": head["metadata"]}
        if "deadline" in head:
            options["deadline"] = head["deadline"]
        if self._observer is not None:
            options["observer"] = self._observer
        if not head["stream"]:
            return await self._agent(payload, **options)
        async with self._agent.stream(payload, buffer=1, **options) as stream:
            async for chunk in stream:
                await self._windows[call].acquire()
                told: Head = {"kind": "chunk", "id": call, "path": list(chunk.path[1:]), "seq": chunk.seq}
                told["since"] = chunk.since
                self._answers.write(Frame(told, encode(ANY, chunk.value, chunk.agent, "chunk")))
            return await stream.result()


def _failed(call: int, error: Exception) -> Frame:
    return Frame({"kind": "error", "id": call}, json.dumps(to_payload(error)).encode())
