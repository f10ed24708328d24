"""A trace goes on behind a real wire: the span of the request is the parent of what the server does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace import SpanKind
from spans import exported

from motet import Context, TaskManager, agent
from motet.devtools.span import walk
from motet.devtools.spans import grow
from motet.executors.rest import Rest
from motet.kernel.observers import Observer
from motet.tasks.executors import Executors
from support import Recorder, within


@agent
async def look_up(payload: str, ctx: Context) -> str:
    """Do something for whoever asks."""
    return payload.upper()


@asynccontextmanager
async def served(observer: Observer) -> AsyncIterator[str]:
    """Serve that agent as a program would that knows nothing of ours but the header."""

    async def answer(request: web.Request) -> web.Response:
        options = {"traceparent": request.headers["traceparent"]}
        return web.json_response(await look_up(await request.text(), observer=observer, **options))

    app = web.Application()
    app.router.add_post("/", answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def ask(url: str, here: Observer) -> None:
    """Run a task that calls the server."""
    executors = Executors()
    executors.add(Rest(private=True))
    inputs = {"url": url, "method": "POST", "body": "a"}
    async with TaskManager(executors=executors, observer=here) as manager:
        tree = await within(manager.execute([{"name": "asks", "executor": "rest", "inputs": inputs}]))
    assert tree.result["json"] == "A"


async def test_the_span_of_the_request_is_the_parent_of_the_servers_span() -> None:
    here, there = exported(), exported()
    async with served(there.observer) as url:
        await ask(url, here.observer)
    (request,) = [span for span in here.spans if span.kind is SpanKind.CLIENT]
    (server,) = there.spans
    assert here.traces == there.traces
    assert server.name == "invoke_agent look_up"
    assert server.parent.span_id == request.context.span_id
    assert here.parents()[request.name] == "invoke_agent rest"
    assert here.parents()["invoke_agent rest"] == "task asks"


async def test_one_observer_of_both_sides_puts_them_together_likewise() -> None:
    both = exported()
    async with served(both.observer) as url:
        await ask(url, both.observer)
    (request,) = [span.name for span in both.spans if span.kind is SpanKind.CLIENT]
    assert both.parents() == {
        "invoke_agent look_up": request,
        request: "invoke_agent rest",
        "invoke_agent rest": "task asks",
        "task asks": "tree asks",
        "tree asks": "-",
    }


@pytest.mark.parametrize("sampled", [False, True])
async def test_what_is_not_recorded_here_is_not_recorded_there(sampled: bool) -> None:
    here, there = exported(None if sampled else ParentBased(ALWAYS_OFF)), exported()
    async with served(there.observer) as url:
        await ask(url, here.observer)
    assert [bool(one.spans) for one in (here, there)] == [sampled, sampled]


async def test_in_a_history_of_both_sides_what_the_server_does_is_below_the_call() -> None:
    recorder = Recorder()
    async with served(recorder) as url:
        await ask(url, recorder)
    assert [(span.name, [child.name for child in span.children]) for span in walk(grow(recorder.events))] == [
        ("asks", ["asks"]),
        ("asks", ["rest"]),
        ("rest", ["look_up"]),
        ("look_up", []),
    ]
