"""Observers that know what runs around a trace that begins."""

import pytest

from motet import Flow, agent
from motet.kernel.context import CURRENT, Context
from motet.kernel.events import AgentStarted, RunEnded, RunStarted
from motet.kernel.observers import Surroundings, around_of, combine, sampled_by
from support import Recorder, echo

TRACE, SPAN = "a" * 32, "b" * 16
HEADER = f"00-{TRACE}-{SPAN}-01"


class Knowing(Recorder, Surroundings):
    """An observer that knows what runs around."""

    def __init__(self, header: str = HEADER) -> None:
        super().__init__()
        self.header = header

    def around(self) -> str:
        return self.header


class Failing(Knowing):
    """One that fails when it is asked."""

    def around(self) -> str:
        raise OSError("hush")


@agent
async def outer(payload: int) -> int:
    return await echo(payload)


async def test_a_trace_that_begins_goes_on_with_what_runs_around():
    observer = Knowing()
    await outer(1, observer=observer)
    first, second = observer.of(AgentStarted)
    assert (first.trace, first.parent, second.trace, second.parent) == (TRACE, SPAN, TRACE, first.span)


async def test_a_flow_asks_its_own_observers():
    observer = Knowing()
    await Flow("f", echo, observers=[observer])(1)
    await Flow("f", echo, observers=[observer]).submit_nowait(1)
    assert [(event.trace, event.parent) for event in observer.of(RunStarted)] == [(TRACE, SPAN)] * 2


@pytest.mark.parametrize("header", ["", "nonsense", f"00-{'0' * 32}-{SPAN}-01"])
async def test_where_nothing_runs_around_a_trace_is_its_own(header):
    observer = Knowing(header)
    await echo(1, observer=observer)
    (event,) = observer.of(AgentStarted)
    assert event.parent == ""
    assert event.trace not in {TRACE, "0" * 32}


async def test_a_header_that_is_given_counts_more():
    observer = Knowing()
    await echo(1, observer=observer, traceparent=f"00-{'c' * 32}-{'d' * 16}-01")
    (event,) = observer.of(AgentStarted)
    assert (event.trace, event.parent) == ("c" * 32, "d" * 16)


async def test_a_trace_that_has_an_id_already_keeps_it():
    observer = Knowing()

    @agent
    async def known(payload: int, ctx: Context) -> str:
        trace = ctx.trace
        await echo(payload, observer=observer)
        return trace

    assert observer.of(AgentStarted) == []
    trace = await known(1)
    assert [event.trace for event in observer.of(AgentStarted)] == [trace]


async def test_an_observer_that_cannot_tell_is_logged_and_the_next_one_is_asked(caplog):
    assert around_of([Failing(), Knowing()]) == HEADER
    assert "could not tell what runs around" in caplog.text
    observer = Failing()
    await echo(1, observer=observer)
    assert len(observer.of(AgentStarted)) == 1


def test_several_observers_know_what_one_of_them_knows():
    combined = combine([Recorder(), Knowing()])
    assert around_of([combined]) == HEADER
    assert around_of([Recorder()]) == ""


async def test_an_observer_finds_the_context_of_what_it_is_told():
    spans = []

    def observe(event):
        if isinstance(event, RunStarted | RunEnded):
            spans.append((event.span, CURRENT.get().span))

    await Flow("f", echo, observers=[observe]).submit_nowait(1)
    assert len(spans) == 2
    assert all(told == current for told, current in spans)
    assert CURRENT.get() is None


def test_a_method_of_that_name_alone_says_nothing(caplog):
    class Unrelated(Recorder):
        def around(self, work: int) -> int:
            return work

    assert around_of([Unrelated(), Knowing()]) == HEADER
    assert not caplog.text


class Deciding(Recorder, Surroundings):
    """An observer that knows which of two spans is recorded."""

    def around(self) -> str:
        return ""

    def sampled(self, span: str) -> bool | None:
        return {"yes": True, "no": False}.get(span)


class Doubting(Deciding):
    """One that fails when it is asked."""

    def sampled(self, span: str) -> bool | None:
        raise OSError("hush")


def test_the_first_observer_that_knows_tells_whether_a_span_is_recorded(caplog):
    combined = combine([Recorder(), Knowing(), Doubting(), Deciding()])
    assert [sampled_by([combined], span) for span in ("yes", "no", "other")] == [True, False, None]
    assert caplog.text.count("could not tell whether a span is recorded") == 3


@pytest.mark.parametrize(
    ("told", "sampled", "flags"), [({}, None, "01"), ({"traceparent": HEADER}, True, "01"), (None, False, "00")]
)
async def test_what_the_header_has_said_about_recording_goes_on_with_the_calls_below(told, sampled, flags):
    @agent
    async def below(payload: int, ctx: Context) -> tuple[bool | None, str]:
        return ctx.sampled, ctx.traceparent[-2:]

    @agent
    async def calls(payload: int) -> tuple[bool | None, str]:
        return await below(payload)

    options = {"traceparent": f"00-{TRACE}-{SPAN}-00"} if told is None else told
    for observer in (Recorder(), Deciding()):
        assert await calls(1, **options) == (sampled, flags)
        assert await calls(1, **options, observer=observer) == (sampled, flags)
