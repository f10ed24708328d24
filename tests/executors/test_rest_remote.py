"""What observers are told of requests: one event for each begin and each end, with bytes and the time of cancelling."""

import asyncio

import pytest
from aiohttp import web
from rest_site import opened, raw

from motet import Context, agent
from motet.executors.rest import Rest
from motet.kernel.errors import AgentFailed, AgentTimeout, InvalidPayload, Unavailable
from motet.kernel.events import AgentStarted, RemoteEnded, RemoteStarted, RetryScheduled
from support import Recorder, within

OWN = Rest(private=True)


@pytest.fixture
async def site():
    async with opened() as site:
        yield site


@pytest.fixture
def recorder():
    return Recorder()


def pairs(recorder):
    """Check that each begin has one end, and return both in order."""
    started, ended = recorder.of(RemoteStarted), recorder.of(RemoteEnded)
    (call,) = recorder.of(AgentStarted)
    for events in (started, ended):
        assert [event.call for event in events] == list(range(1, len(started) + 1))
        assert all((event.trace, event.span, event.agent) == (call.trace, call.span, "rest") for event in events)
    assert all(event.protocol == "http" for event in (*started, *ended))
    assert [event.peer for event in started] == [event.peer for event in ended]
    return list(zip(started, ended, strict=True))


async def test_a_request_is_told_with_its_bytes_and_its_peer(site, recorder):
    body = "x" * 200_000
    given = await OWN({"url": f"{site.url}/path?key=hush", "method": "POST", "body": body}, observer=recorder)
    ((started, ended),) = pairs(recorder)
    assert started.peer == site.url.removeprefix("http://")
    assert (ended.status, ended.error, ended.cancelling) == ("completed", None, None)
    assert ended.sent == len(body) == len(site.bodies[0])
    assert ended.received == int(given["headers"]["content-length"])
    assert ended.seconds >= 0
    assert "hush" not in repr(recorder.events)


async def test_each_redirect_is_a_request_of_its_own(site, recorder):
    site.says("/a", web.Response(status=307, headers={"location": "/b"}))
    site.says("/b", web.Response(status=303, headers={"location": "/c"}))
    await OWN({"url": f"{site.url}/a", "method": "POST", "body": "four"}, observer=recorder)
    assert [ended.sent for _, ended in pairs(recorder)] == [4, 4, 0]
    assert [ended.status for _, ended in pairs(recorder)] == ["completed"] * 3


async def test_each_attempt_is_a_request_of_its_own_and_a_status_that_is_a_failure_is_one(site, recorder):
    site.says("/", web.Response(status=503), web.Response(status=429), web.Response(status=200))
    retry = {"attempts": 3, "backoff": 0}
    await OWN({"url": site.url, "retry": retry}, observer=recorder)
    found = pairs(recorder)
    assert [ended.status for _, ended in found] == ["failed", "failed", "completed"]
    assert [type(ended.error) for _, ended in found] == [Unavailable, Unavailable, type(None)]
    assert len(recorder.of(RetryScheduled)) == 2


async def test_each_request_names_its_own_span_to_the_other_side(site, recorder):
    site.says("/", web.Response(status=503), web.Response(status=307, headers={"location": "/there"}))
    await OWN({"url": site.url, "retry": {"attempts": 2, "backoff": 0}}, observer=recorder)
    (call,) = recorder.of(AgentStarted)
    clients = [started.client for started, _ in pairs(recorder)]
    assert len({call.span, *clients}) == 4
    assert [request.headers["traceparent"] for request in site.seen] == [f"00-{call.trace}-{of}-01" for of in clients]


async def test_where_nobody_observes_the_header_names_the_call(site):
    @agent
    async def calls(payload: str, ctx: Context) -> tuple[str, str]:
        await OWN({"url": payload})
        return ctx.trace, ctx.span

    trace, span = await calls(site.url, traceparent=f"00-{'a' * 32}-{'b' * 16}-00")
    (_, seen, parent, flags) = site.seen[0].headers["traceparent"].split("-")
    assert (seen, flags) == (trace, "00")
    assert parent != span  # that of the executor


@pytest.mark.parametrize(
    ("executor", "headers", "told"),
    [(OWN, {"Traceparent": "mine"}, "mine"), (Rest(private=True, traceparent=False), {}, None)],
)
async def test_a_header_of_the_tasks_own_counts_more_and_none_is_sent_where_it_is_not_wanted(
    site, recorder, executor, headers, told
):
    await executor({"url": site.url, "headers": headers}, observer=recorder)
    assert site.seen[0].headers.getall("traceparent", [None]) == [told]


async def test_a_status_that_the_caller_takes_is_a_failure_on_the_wire_all_the_same(site, recorder):
    site.says("/", web.Response(status=404))
    await OWN({"url": site.url, "raise_for_status": False}, observer=recorder)
    ((_, ended),) = pairs(recorder)
    assert (ended.status, type(ended.error)) == ("failed", AgentFailed)


async def test_a_connection_that_breaks_off_is_told(recorder):
    async with raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc") as url:
        with pytest.raises(Unavailable):
            await OWN({"url": url}, observer=recorder)
    ((_, ended),) = pairs(recorder)
    assert (ended.status, type(ended.error)) == ("failed", Unavailable)


async def test_an_address_that_may_not_be_reached_is_told_as_a_failure(site, recorder):
    with pytest.raises(InvalidPayload):
        await Rest()({"url": site.url}, observer=recorder)
    ((_, ended),) = pairs(recorder)
    assert (ended.status, ended.sent, ended.received) == ("failed", 0, 0)


async def test_an_answer_that_is_too_long_is_told_with_what_was_read(site, recorder):
    with pytest.raises(AgentFailed):
        await Rest(private=True, max_bytes=10)({"url": site.url}, observer=recorder)
    ((_, ended),) = pairs(recorder)
    assert ended.status == "failed"
    assert ended.received > 10


@pytest.mark.parametrize("way", ["cancel", "timeout"])
async def test_cancelling_is_told_with_the_time_it_took(recorder, way):
    async with raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n", hold=True) as url:
        inputs = {"url": url} | ({"timeout": 0.05} if way == "timeout" else {})
        task = asyncio.create_task(OWN(inputs, observer=recorder))
        if way == "cancel":
            async with asyncio.timeout(20):
                while not recorder.of(RemoteStarted):
                    await asyncio.sleep(0)
            task.cancel()
        with pytest.raises(asyncio.CancelledError if way == "cancel" else AgentTimeout):
            await within(task)
    ((_, ended),) = pairs(recorder)
    assert (ended.status, type(ended.error)) == ("cancelled", asyncio.CancelledError)
    assert ended.cancelling >= 0


async def test_unobserved_nothing_is_told(site):
    assert (await OWN({"url": site.url}))["status"] == 200
