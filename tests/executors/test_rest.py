"""`rest`: requests for tasks."""

import asyncio
import json
import time

import pytest
from aiohttp import web
from rest_site import opened, raw

from motet import Context, agent
from motet.executors import rest as module
from motet.executors.rest import Rest, rest
from motet.executors.rest_input import RestInput
from motet.kernel.error_payload import to_payload
from motet.kernel.errors import AgentFailed, AgentTimeout, DeadlineExceeded, InvalidPayload, Unavailable
from motet.kernel.events import RetryScheduled
from motet.kernel.scope import Scope
from started import descriptors
from support import Recorder, StillClock, within


@pytest.fixture
async def site():
    """A server that repeats what it is sent."""
    before = descriptors()
    async with opened() as site:
        yield site
    assert descriptors() <= before


@pytest.fixture
def own() -> Rest:
    """The executor as it is in a program that lets tasks reach the loopback interface."""
    return Rest(private=True)


def status(number: int, **headers: str) -> web.Response:
    return web.Response(status=number, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def test_a_request_and_what_it_gives(site, own):
    given = await own({"url": f"{site.url}/a", "method": "post", "json": {"b": 1}})
    assert (given["url"], given["status"], given["json"]["method"]) == (f"{site.url}/a", 200, "POST")
    assert json.loads(given["json"]["body"]) == {"b": 1}
    assert given["seconds"] > 0
    json.dumps(own.types[1].dump(given))


async def test_the_registered_one_reaches_no_private_address(site):
    with pytest.raises(InvalidPayload, match=r"register Rest\(private=True\)"):
        await rest({"url": site.url})
    assert not site.seen


async def test_a_typing_error_is_told_and_nothing_is_sent(site, own):
    with pytest.raises(InvalidPayload, match="heders: Extra inputs"):
        await own({"url": site.url, "heders": {}})
    assert not site.seen


@pytest.mark.parametrize(("number", "kind"), [(404, AgentFailed), (400, AgentFailed), (500, Unavailable)])
async def test_a_status_is_a_failure_unless_it_is_asked_for(site, own, number, kind):
    site.says("/x", status(number))
    with pytest.raises(kind, match=f"GET {site.url}/x answered {number}") as caught:
        await own({"url": f"{site.url}/x?key=hush"})
    assert type(caught.value) is kind
    assert "hush" not in json.dumps(to_payload(caught.value))
    assert (await own({"url": f"{site.url}/x", "raise_for_status": False}))["status"] == number


async def test_a_busy_service_says_how_long_to_wait(site, own):
    site.says("/", status(429, retry_after="3"))
    with pytest.raises(Unavailable) as caught:
        await own({"url": site.url})
    assert (caught.value.retryable, caught.value.retry_after) == (True, 3.0)
    assert len(site.seen) == 1


RETRY = {"attempts": 3, "backoff": 0.01}


@pytest.mark.parametrize("number", [429, 502, 503, 504])
async def test_a_request_is_sent_again(site, own, number):
    site.says("/", status(number), status(number), status(200))
    assert (await own({"url": site.url, "retry": RETRY}))["status"] == 200
    assert len(site.seen) == 3


async def test_the_last_failure_is_the_one_that_is_told(site, own):
    site.says("/", status(502), status(503), status(504), status(200))
    with pytest.raises(Unavailable, match="answered 504"):
        await own({"url": site.url, "retry": RETRY})
    assert len(site.seen) == 3


async def test_the_last_answer_is_the_one_that_is_given(site, own):
    site.says("/", status(502), status(503))
    given = await own({"url": site.url, "retry": {**RETRY, "attempts": 2}, "raise_for_status": False})
    assert given["status"] == 503


@pytest.mark.parametrize("number", [400, 401, 404, 500, 501])
async def test_what_is_not_named_is_not_sent_again(site, own, number):
    site.says("/", status(number))
    with pytest.raises((AgentFailed, Unavailable)):
        await own({"url": site.url, "retry": RETRY})
    assert len(site.seen) == 1


async def test_what_is_named_is_sent_again(site, own):
    site.says("/", status(404), status(200))
    assert (await own({"url": site.url, "retry": {**RETRY, "on": [404]}}))["status"] == 200


async def test_a_request_that_is_not_idempotent_is_sent_once(site, own):
    site.says("/", status(503), status(200))
    with pytest.raises(InvalidPayload, match="a POST that is sent twice"):
        await own({"url": site.url, "method": "POST", "retry": RETRY})
    with pytest.raises(Unavailable):
        await own({"url": site.url, "method": "POST"})
    assert len(site.seen) == 1
    assert (await own({"url": site.url, "method": "POST", "retry": {**RETRY, "all_methods": True}}))["status"] == 200


async def test_a_broken_connection_is_tried_again(own):
    recorder = Recorder()
    async with raw(b"") as url:
        with pytest.raises(Unavailable):
            await own({"url": url, "retry": RETRY}, observer=recorder)
    assert [event.attempt for event in recorder.of(RetryScheduled)] == [1, 2]


async def test_a_refused_address_is_not_tried_again():
    recorder = Recorder()
    with pytest.raises(InvalidPayload):
        await Rest()({"url": "http://127.0.0.1:1/", "retry": RETRY}, observer=recorder)
    assert not recorder.of(RetryScheduled)


async def test_the_wait_that_a_service_asks_for_is_kept(site, own):
    site.says("/", status(503, retry_after="1"), status(200))
    recorder = Recorder()
    start = time.monotonic()
    await own({"url": site.url, "retry": {**RETRY, "backoff": 0}}, observer=recorder)
    assert time.monotonic() - start >= 0.9
    assert [event.delay for event in recorder.of(RetryScheduled)] == [1.0]


async def test_the_wait_grows_and_is_drawn_at_random(site, own):
    site.says("/", status(503))
    recorder = Recorder()
    with pytest.raises(Unavailable):
        await own({"url": site.url, "retry": {"attempts": 4, "backoff": 0.02}}, observer=recorder, clock=StillClock())
    assert [event.delay for event in recorder.of(RetryScheduled)] == pytest.approx([0.01, 0.02, 0.04])


@pytest.mark.parametrize("seconds", ["61", "99999999999"])
async def test_a_long_wait_is_left_to_the_task(site, own, seconds):
    site.says("/", status(503, retry_after=seconds), status(200))
    with pytest.raises(Unavailable) as caught:
        await within(own({"url": site.url, "retry": RETRY}))
    assert caught.value.retry_after == pytest.approx(float(seconds[:9]))
    assert len(site.seen) == 1


async def test_a_wait_beyond_the_deadline_is_not_begun(site, own):
    site.says("/", status(503, retry_after="30"), status(200))
    with pytest.raises(Unavailable):
        await within(own({"url": site.url, "retry": RETRY}, deadline=10))


async def test_an_answer_that_does_not_come(own):
    async with raw(b"", hold=True) as url:
        with pytest.raises(AgentTimeout, match=f"GET {url}/ took longer than 0.1 s") as caught:
            await within(own({"url": f"{url}/?key=hush", "timeout": 0.1}))
    assert caught.value.retryable
    assert "hush" not in json.dumps(to_payload(caught.value))


async def test_an_answer_that_comes_too_slowly(own):
    async with raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhi", hold=True) as url:
        with pytest.raises(AgentTimeout):
            await within(own({"url": url, "timeout": 0.1}))


async def test_a_timeout_is_tried_again(own):
    recorder = Recorder()
    async with raw(b"", hold=True) as url:
        with pytest.raises(AgentTimeout):
            await within(own({"url": url, "timeout": 0.05, "retry": RETRY}, observer=recorder))
    assert len(recorder.of(RetryScheduled)) == 2


async def test_more_time_than_is_allowed_is_refused(site):
    with pytest.raises(InvalidPayload, match="timeout: 6 s is more than the 5 s that are allowed here"):
        await Rest(private=True, timeout=5)({"url": site.url, "timeout": 6})
    assert not site.seen


async def test_a_deadline_bounds_the_request(own):
    async with raw(b"", hold=True) as url:
        with pytest.raises(DeadlineExceeded):
            await within(own({"url": url, "retry": RETRY}, deadline=0.1))


async def test_a_deadline_of_the_caller_bounds_the_request(own):
    @agent
    async def above(url):
        return await own({"url": url, "retry": RETRY})

    async with raw(b"", hold=True) as url:
        with pytest.raises(DeadlineExceeded):
            await within(above(url, deadline=0.1))


async def test_a_deadline_that_nobody_around_enforces_bounds_the_request(own):
    ctx = Context(Scope.root({}).derive({"deadline": 0.1}), "rest")
    async with raw(b"", hold=True) as url:
        with pytest.raises(DeadlineExceeded, match=f"The deadline passed before GET {url} was done"):
            await within(own.call(RestInput.model_validate({"url": url, "retry": RETRY}), ctx))


async def test_a_cancellation_ends_the_request(own):
    async with raw(b"HTTP/1.1 200 OK\r\n", hold=True) as url:
        before = descriptors()
        working = asyncio.create_task(own({"url": url}))
        while descriptors() == before:
            await asyncio.sleep(0.001)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await within(working)


async def test_a_cancellation_ends_the_wait_for_another_attempt(site, own):
    site.says("/", status(503, retry_after="50"))
    working = asyncio.create_task(own({"url": site.url, "retry": RETRY}))
    while not site.seen:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.05)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(working)
    assert len(site.seen) == 1


async def test_an_answer_that_is_too_long(site):
    site.says("/", web.Response(body=b"x" * 11))
    with pytest.raises(AgentFailed, match="is longer than 10 bytes"):
        await Rest(private=True, max_bytes=10)({"url": site.url, "retry": RETRY})
    assert len(site.seen) == 1


async def test_credentials_of_one_call_are_unknown_to_another(site, own):
    auths = [{"type": "bearer", "token": f"hush{number}"} for number in range(20)]
    calls = [own({"url": site.url, "auth": auth}) for auth in auths]
    calls += [own({"url": site.url}) for _ in range(20)]
    given = await asyncio.gather(*calls)
    seen = [one["json"]["headers"].get("authorization") for one in given]
    assert seen == [f"Bearer hush{number}" for number in range(20)] + [None] * 20
    assert "hush" not in f"{vars(own)} {vars(module)}"


def test_the_demo_shows_what_would_be_sent_and_no_credentials():
    inputs = {
        "url": "http://x/",
        "json": {"a": 1},
        "auth": {"type": "bearer", "token": "hush"},
        "headers": {"a": "hush"},
    }
    given = Rest.demo(inputs)
    assert given["json"] == {"url": "http://x/", "json": {"a": 1}}
    assert "hush" not in json.dumps(rest.types[1].validator("rest", "output")(given))
