"""Spans of OpenTelemetry: their ids, parents and attributes, what is current, and how they end."""

import asyncio
import contextvars
import gc
import logging
from contextlib import suppress

import pytest
from every_event import KINDS, every_event
from opentelemetry import baggage
from opentelemetry import context as contexts
from opentelemetry import trace as traces
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace import StatusCode
from spans import exported

from motet import Context, Flow, Stream, TaskManager, agent, executor, tool
from motet.kernel.errors import Cancelled, InvalidAgent, NotAvailable
from motet.kernel.events import AgentEnded, AgentStarted, RemoteEnded, RemoteStarted
from motet.kernel.traceparent import parse_traceparent
from motet.middleware import Observe
from motet.observability import otel_open
from motet.observability.otel_spans import OtelSpans
from motet.observability.tracer import Tracer
from motet.tasks.executors import Executors
from support import Recorder, echo, node, until, within


@pytest.fixture(autouse=True)
def nothing_current(caplog):
    """OpenTelemetry has said nothing, and nothing of it is current any more."""
    before = contexts.get_current()
    yield
    assert contexts.get_current() is before
    assert not [record for record in caplog.get_records("call") if record.name.startswith("opentelemetry")]


def test_every_kind_of_event_is_handled():
    assert set(exported().observer._handlers) == KINDS


def test_of_every_event_nothing_of_payloads_messages_or_metadata_leaves():
    found = exported()
    for event in every_event():
        found.observer(event)
    assert found.observer.open == 0
    assert {span.name for span in found.spans} == {
        "execute_tool ann",
        "http example.org:80",
        "invoke_workflow flow",
        "invoke_agent node",
        "task task",
        "tree tree",
    }
    tool_span = found.one("execute_tool ann")
    described = dict(tool_span.attributes)
    assert described.pop("gen_ai.tool.description") == "hush"  # what the tool says of itself to every model
    told = repr([described, *(span.attributes for span in found.spans if span is not tool_span)])
    told += repr([[(event.name, event.attributes) for event in span.events] for span in found.spans])
    told += repr([span.status.description for span in found.spans])
    assert "hush" not in told


async def test_ids_are_those_of_the_calls_and_name_what_crosses_a_wire():
    found, recorder = exported(), Recorder()
    headers = []

    @agent
    async def caller(payload: int, ctx: Context) -> int:
        headers.append(ctx.traceparent)
        return await echo(payload)

    tracer = Tracer()
    tracer.register(found.observer, recorder)
    await caller(1, observer=tracer)
    span = found.one("invoke_agent caller")
    assert parse_traceparent(headers[0]) == (f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}", True)
    assert [f"{span.context.span_id:016x}" for span in found.spans] == [
        event.span for event in reversed(recorder.of(AgentStarted))
    ]
    assert found.parents() == {"invoke_agent echo": "invoke_agent caller", "invoke_agent caller": "-"}


async def test_a_trace_goes_on_on_the_other_side_of_a_wire():
    here, there = exported(), exported()
    headers = []

    @agent
    async def caller(payload: int, ctx: Context) -> None:
        headers.append(ctx.traceparent)

    await caller(1, observer=here.observer)
    await echo(1, observer=there.observer, traceparent=headers[0])
    assert here.traces == there.traces
    assert there.one("invoke_agent echo").parent.span_id == here.one("invoke_agent caller").context.span_id


@pytest.mark.parametrize("way", ["agent", "flow", "submit", "tree"])
async def test_what_begins_within_a_current_span_becomes_its_child(way):
    found = exported()
    executors = Executors()

    @executor("nothing", executors=executors)
    async def nothing(inputs: dict[str, str], ctx: Context) -> str:
        return ctx.trace

    async with TaskManager(executors=executors, observer=found.observer) as manager:
        tracer = found.provider.get_tracer("http server")
        with tracer.start_as_current_span("GET /") as server:
            if way == "agent":
                await echo(1, observer=found.observer)
            elif way == "flow":
                await Flow("f", echo, observers=[found.observer])(1)
            elif way == "submit":
                await (await Flow("f", echo, observers=[found.observer]).submit(1))
            else:
                await manager.execute([{"name": "t", "executor": "nothing"}])
    assert len(found.traces) == 1
    top = {"agent": "invoke_agent echo", "tree": "tree t"}.get(way, "invoke_workflow f")
    assert found.parents()[top] == "GET /"
    assert found.one(top).parent.span_id == server.get_span_context().span_id


class Bag(SpanProcessor):
    """Keeps of each span that begins what baggage it was given, as processors do that make attributes of it."""

    def __init__(self) -> None:
        self.kept = []

    def on_start(self, span, parent_context=None):
        self.kept.append((span.name, dict(baggage.get_all(parent_context))))


@pytest.mark.parametrize("header", ["", f"00-{'a' * 32}-{'b' * 16}-01"])
async def test_baggage_reaches_the_processors_of_all_spans(header):
    found, bag, executors = exported(), Bag(), Executors()
    found.provider.add_span_processor(bag)

    @agent
    def below(payload: int) -> int:
        return payload

    @executor("work", executors=executors)
    async def work(inputs: dict[str, str]) -> int:
        return await below(1)

    token = contexts.attach(baggage.set_baggage("tenant", "acme"))
    try:
        await Flow("f", echo >> below, observers=[found.observer])(1, traceparent=header)
        async with TaskManager(executors=executors, observer=found.observer) as manager:
            await within(manager.execute([{"name": "t", "executor": "work"}]))
    finally:
        contexts.detach(token)
    names = ["invoke_workflow f", "invoke_agent echo", "invoke_agent below"]
    names += ["task t", "invoke_agent work", "invoke_agent below", "tree t"]
    assert bag.kept == [(name, {"tenant": "acme"}) for name in names]
    assert (found.one("invoke_workflow f").parent is None) is not bool(header)


async def test_a_header_of_the_wire_and_a_server_span_of_the_same_trace_are_put_together():
    found = exported()
    tracer = found.provider.get_tracer("http server")
    header = f"00-{'a' * 32}-{'b' * 16}-01"
    remote = traces.SpanContext(int("a" * 32, 16), int("b" * 16, 16), is_remote=True, trace_flags=traces.TraceFlags(1))
    around = traces.set_span_in_context(traces.NonRecordingSpan(remote))
    with tracer.start_as_current_span("GET /", context=around):
        await echo(1, observer=found.observer, traceparent=header)
    assert found.traces == {"a" * 32}
    assert found.parents() == {"invoke_agent echo": "GET /", "GET /": "?"}


@pytest.mark.parametrize("thread", [True, False])
async def test_while_an_agent_runs_its_span_is_current_so_other_instrumentation_is_below_it(thread):
    found = exported()
    tracer = found.provider.get_tracer("http client")

    def request(payload: int) -> int:
        with tracer.start_as_current_span("GET /else"):
            return payload

    @agent
    async def outer(payload: int) -> int:
        with tracer.start_as_current_span("mine"):
            return await agent(request, thread=thread)(payload)

    await outer(1, observer=found.observer)
    assert found.parents() == {
        "GET /else": "invoke_agent request",
        "invoke_agent request": "mine",
        "mine": "invoke_agent outer",
        "invoke_agent outer": "-",
    }


async def test_nodes_are_current_one_after_another_and_parallel_ones_do_not_mix():
    found = exported()
    tracer = found.provider.get_tracer("http client")

    def asking(name):
        async def ask(payload):
            await asyncio.sleep(0)
            with tracer.start_as_current_span(f"by {name}"):
                await asyncio.sleep(0)
            return payload

        return node(name, ask)

    flow = Flow("f", asking("a") >> [asking("b"), asking("c")], observers=[found.observer])
    await within(flow.submit_nowait(1))
    parents = found.parents()
    assert {parents[f"by {name}"] for name in "abc"} == {f"invoke_agent {name}" for name in "abc"}
    assert [parents[f"by {name}"] for name in "abc"] == [f"invoke_agent {name}" for name in "abc"]


@pytest.mark.parametrize("closed", [False, True])
async def test_what_user_code_left_attached_is_taken_away_with_the_span(closed):
    found = exported()

    @agent
    async def careless(payload: int) -> None:
        contexts.attach(contexts.set_value("mine", 1))
        if closed:
            found.observer.close()

    await careless(1, observer=found.observer)
    assert contexts.get_value("mine") is None


async def test_failures_and_cancellations_end_their_spans_with_a_code_and_without_a_message():
    found = exported()
    begun = asyncio.Event()

    @agent
    async def fail(payload: int) -> None:
        raise ConnectionError("hush")

    @agent
    async def hang(payload: int) -> None:
        begun.set()
        await asyncio.Event().wait()

    with pytest.raises(ConnectionError):
        await fail(1, observer=found.observer)
    task = asyncio.create_task(hang(1, observer=found.observer))
    await within(begun.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    failed, cancelled = found.one("invoke_agent fail"), found.one("invoke_agent hang")
    assert (failed.status.status_code, failed.status.description) == (StatusCode.ERROR, "ConnectionError")
    assert failed.attributes["error.type"] == "ConnectionError"
    assert (cancelled.status.status_code, cancelled.attributes["motet.status"]) == (StatusCode.UNSET, "cancelled")
    assert found.observer.open == 0


async def test_a_cancelled_run_ends_all_its_spans():
    found = exported()
    begun = asyncio.Event()

    async def hang(payload):
        begun.set()
        await asyncio.Event().wait()

    run = Flow("f", node("hang", hang), observers=[found.observer]).submit_nowait(1)
    await within(begun.wait())
    run.cancel()
    with pytest.raises(Cancelled):
        await within(run)
    span = found.one("invoke_workflow f")
    assert span.attributes["motet.status"] == "cancelled"
    assert [event.name for event in span.events] == ["cancel"]
    await until(lambda: not found.observer.open)  # whoever waits for a cancelled run does not wait for its nodes
    assert found.one("invoke_agent hang").attributes["motet.status"] == "cancelled"


async def test_a_called_flow_is_one_span_also_within_a_flow():
    found = exported()
    inner = Flow("inner", echo)
    await Flow("outer", inner, observers=[found.observer])(1, observer=found.observer)
    assert found.parents() == {
        "invoke_workflow outer": "-",
        "invoke_workflow inner": "invoke_workflow outer",
        "invoke_agent echo": "invoke_workflow inner",
    }
    assert found.one("invoke_workflow inner").attributes["gen_ai.workflow.name"] == "inner"


async def test_an_observer_that_is_told_twice_makes_one_span():
    found = exported()
    tracer = found.provider.get_tracer("http client")

    @agent(use=[Observe(found.observer)])
    async def seen(payload: int) -> int:
        with tracer.start_as_current_span("inside"):
            return payload

    await seen(1, observer=found.observer)
    assert found.parents() == {"inside": "invoke_agent seen", "invoke_agent seen": "-"}
    await seen(1)
    assert len(found.named("invoke_agent seen")) == 2
    assert found.observer.open == 0


async def test_calls_of_models_and_tools_have_the_attributes_of_the_conventions():
    found = exported()

    @agent
    async def ask(question: str, ctx: Context) -> str:
        ctx.spend(model="gpt-x", provider="openai", input_tokens=10, output_tokens=5)
        ctx.spend(model="gpt-x", provider="openai", input_tokens=1, output_tokens=2)
        return question

    @tool
    async def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    await ask("?", observer=found.observer)
    await add({"a": 1, "b": 2}, observer=found.observer)
    assert dict(found.one("chat gpt-x").attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.agent.name": "ask",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-x",
        "gen_ai.usage.input_tokens": 11,
        "gen_ai.usage.output_tokens": 7,
        "motet.status": "completed",
    }
    told = found.one("execute_tool add").attributes
    assert told["gen_ai.operation.name"] == "execute_tool"
    assert (told["gen_ai.tool.name"], told["gen_ai.tool.type"]) == ("add", "function")
    assert told["gen_ai.tool.description"] == "Add two numbers."


async def test_only_metadata_that_is_allowed_leaves():
    found, plain = exported(attributes=["tenant"]), exported()
    metadata = {"tenant": "acme", "api_key": "hush"}
    flow = Flow("f", echo)
    for each in (found, plain):
        await echo(1, observer=each.observer, metadata=metadata)
        await flow.submit_nowait(1, observer=each.observer, metadata=metadata)
    assert len(found.spans) == 3
    assert all(span.attributes["motet.metadata.tenant"] == "acme" for span in found.spans)
    assert not any("hush" in repr(span.attributes) for span in found.spans)
    assert not any("acme" in repr(span.attributes) for span in plain.spans)


async def test_what_is_no_text_is_written_so_that_every_exporter_can_send_it():
    class Unwritable:
        def __str__(self) -> str:
            raise RuntimeError("hush")

    found = exported(attributes=["tenant", "plan", "seats"])

    @agent
    async def ask(payload: int, ctx: Context) -> None:
        ctx.spend(model="m\ud800", provider="p\udcff")

    @tool(description="Add \udcff.")
    async def add(a: int) -> int:
        return a

    await ask(1, observer=found.observer, metadata={"tenant": "a\udcffb", "plan": Unwritable(), "seats": 7})
    await add({"a": 1}, observer=found.observer)
    await Flow("f\udcff", echo)(1, observer=found.observer)
    told = found.one("chat m?").attributes
    assert told["motet.metadata.tenant"] == "a?b"
    assert told["motet.metadata.plan"] == "<Unwritable that cannot be written: RuntimeError>"
    assert told["motet.metadata.seats"] == 7
    assert (told["gen_ai.request.model"], told["gen_ai.provider.name"]) == ("m?", "p?")
    assert found.one("execute_tool add").attributes["gen_ai.tool.description"] == "Add ?."
    assert found.named("invoke_workflow f?")
    encode_spans(found.spans).SerializeToString()  # one that could not be written would take all others with it


async def test_a_number_that_no_exporter_has_room_for_is_written_as_a_word(caplog):
    found = exported(attributes=["id", "low", "high"])
    await echo(1, observer=found.observer, metadata={"id": 2**127, "low": -(2**63), "high": 2**63 - 1})
    (resource,) = encode_spans(found.spans).resource_spans
    told = {pair.key: pair.value for pair in resource.scope_spans[0].spans[0].attributes}
    assert told["motet.metadata.id"].string_value == str(2**127)
    assert (told["motet.metadata.low"].int_value, told["motet.metadata.high"].int_value) == (-(2**63), 2**63 - 1)
    assert not caplog.records


async def test_chunks_are_counted_and_not_kept():
    found = exported()

    @agent
    async def talk(payload: int, ctx: Context) -> None:
        await ctx.emit("hush")
        await ctx.restart()
        await ctx.emit("hush")

    async with talk.stream(1, observer=found.observer) as stream:
        await stream.result()
    span = found.one("invoke_agent talk")
    assert span.attributes["motet.chunks"] == 2
    assert [event.name for event in span.events] == ["restart"]


async def test_remote_calls_are_client_spans_below_the_call():
    found = exported()

    @agent
    async def call(payload: int, ctx: Context) -> None:
        for number in (1, 2):
            ctx.scope.observer(RemoteStarted(ctx.trace, 1.0, ctx.span, "call", "http", "[::1]:80", number))
            ended = RemoteEnded(
                ctx.trace, 2.0, ctx.span, "call", "http", "[::1]:80", "failed", 1.0, 3, 4, OSError(), 0.5, number
            )
            ctx.scope.observer(ended)

    await call(1, observer=found.observer)
    spans = found.named("http [::1]:80")
    assert len(spans) == 2
    assert all(span.kind is traces.SpanKind.CLIENT for span in spans)
    assert found.parents()["http [::1]:80"] == "invoke_agent call"
    assert dict(spans[0].attributes) == {
        "network.protocol.name": "http",
        "server.address": "[::1]",
        "server.port": 80,
        "motet.sent": 3,
        "motet.received": 4,
        "motet.cancelling": 0.5,
        "motet.status": "failed",
        "error.type": "OSError",
    }


async def test_attempts_of_a_task_are_spans_of_their_own():
    found, executors, times = exported(), Executors(), []

    @executor("flaky", executors=executors)
    async def flaky(inputs: dict[str, str]) -> str:
        times.append(1)
        if len(times) == 1:
            raise ConnectionError("hush")
        return "done"

    async with TaskManager(executors=executors, observer=found.observer) as manager:
        retry = {"attempts": 2, "initial": 0}
        await within(manager.execute([{"name": "t", "executor": "flaky", "retry": retry}]))
    first, second = found.named("task t")
    assert [span.attributes["motet.attempt"] for span in (first, second)] == [1, 2]
    assert [span.status.status_code for span in (first, second)] == [StatusCode.ERROR, StatusCode.UNSET]
    tree = found.one("tree t")
    assert {first.parent.span_id, second.parent.span_id} == {tree.context.span_id}
    assert tree.start_time <= first.start_time


async def test_a_tree_that_ends_in_another_process_is_one_span_with_the_same_id(tmp_path):
    begun, ended, executors = exported(), exported(), Executors()

    @executor("ask", executors=executors)
    async def ask(inputs: dict[str, str], ctx: Context) -> str:
        return await ctx.ask("?", str)

    store = f"sqlite:///{tmp_path / 'tasks.db'}"
    async with TaskManager(store, executors=executors, observer=begun.observer) as manager:
        tree = await within(manager.execute([{"name": "t", "executor": "ask"}]))
    begun.observer.close()
    async with TaskManager(store, executors=executors, observer=ended.observer) as manager:
        await manager.answer(tree.tasks[0].id, "yes")
        await within(manager.wait(tree.id))
    assert not begun.named("tree t")
    span = ended.one("tree t")
    assert begun.traces == ended.traces == {tree.trace}
    assert {one.parent.span_id for one in (*begun.named("task t"), *ended.named("task t"))} == {span.context.span_id}


def test_spans_whose_end_never_comes_are_bounded_and_end_as_unfinished():
    found = exported(max_open=10)
    for number in range(25):
        found.observer(AgentStarted("a" * 32, 1.0, f"{number + 1:016x}", "", "ann"))
        found.observer(RemoteStarted("a" * 32, 1.0, f"{number + 1:016x}", "ann", "http", "host:1"))
    assert (found.observer.open, found.observer.unfinished) == (20, 30)
    found.observer.close()
    assert found.observer.open == 0
    assert len(found.spans) == 50
    assert all(span.attributes["motet.unfinished"] for span in found.spans)


def test_a_span_that_gives_way_while_its_end_is_told_ends_once(monkeypatch):
    found = exported(max_open=1)

    def meanwhile(*told: object) -> None:
        found.observer(AgentStarted("a" * 32, 1.0, "c" * 16, "", "bob"))  # as from another thread

    monkeypatch.setattr(otel_open, "leave", meanwhile)
    found.observer(AgentStarted("a" * 32, 1.0, "b" * 16, "", "ann"))
    found.observer(AgentEnded("a" * 32, 2.0, "b" * 16, "ann", "completed", 1.0))
    assert [span.name for span in found.spans] == ["invoke_agent ann"]
    assert (found.observer.open, found.observer.unfinished) == (1, 1)


async def at_once() -> None:
    """Call an agent five times at once, so that all five spans are open together."""

    @agent
    async def wait(payload: int) -> None:
        await asyncio.sleep(0)

    await asyncio.gather(*(wait(number) for number in range(5)))


async def trace_of(observer) -> str:
    """Return the trace of a call that nothing is around."""

    @agent
    async def alone(payload: int, ctx: Context) -> str:
        return ctx.trace

    return await alone(1, observer=observer)


@pytest.mark.parametrize("inside", ["gathered", "one below another", "told twice"])
async def test_after_a_span_gave_way_later_calls_of_the_task_have_traces_of_their_own(inside):
    found = exported(max_open=2)

    @agent(use=[Observe(found.observer)] if inside == "told twice" else [])
    async def outer(payload: int) -> None:
        if payload and inside == "one below another":
            await outer(payload - 1)
        else:
            await at_once()

    before = contexts.get_current()
    await outer(5, observer=found.observer)
    assert contexts.get_current() is before
    assert found.observer.unfinished > 2
    assert len({await trace_of(found.observer) for _ in range(3)}) == 3
    assert [span.parent for span in found.named("invoke_agent alone")] == [None] * 3


async def test_what_runs_within_a_span_that_gave_way_stays_in_its_trace_and_what_was_around_comes_back():
    found = exported(max_open=2)
    tracer = found.provider.get_tracer("http server")

    @agent
    async def outer(payload: int, ctx: Context) -> str:
        await at_once()
        with tracer.start_as_current_span("late"):
            return ctx.trace

    with tracer.start_as_current_span("GET /") as server:
        trace = await outer(1, observer=found.observer)
        assert traces.get_current_span() is server
    assert found.one("invoke_agent outer").attributes["motet.unfinished"]
    assert found.parents()["late"] == "invoke_agent outer"
    assert found.traces == {trace}


async def test_closing_within_a_call_leaves_nothing_of_it_current_afterwards():
    found = exported()

    @agent
    async def outer(payload: int) -> int:
        found.observer.close()
        return await echo(payload)

    await outer(1, observer=found.observer)
    assert len({await trace_of(found.observer) for _ in range(3)}) == 3
    assert found.parents() == {
        "invoke_agent outer": "-",
        "invoke_agent echo": "invoke_agent outer",
        "invoke_agent alone": "-",
    }


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("thrown", [False, True])
async def test_several_observers_of_one_call_leave_nothing_of_it_current_afterwards(count: int, thrown: bool):
    tracer, all_found = Tracer(), [exported() for _ in range(count)]
    tracer.register(*(found.observer for found in all_found))

    @agent
    async def outer(payload: int) -> int:
        if thrown:
            raise ValueError(payload)
        return await echo(payload)

    for _ in range(2):
        with suppress(ValueError):
            await outer(1, observer=tracer)
    assert len({await trace_of(tracer) for _ in range(3)}) == 3
    for found in all_found:
        assert found.parents()["invoke_agent outer"] == found.parents()["invoke_agent alone"] == "-"
        assert len(found.traces) == 5


async def test_a_call_that_is_thrown_away_ends_its_span_and_logs_nothing(caplog):
    found = exported()

    @agent
    async def wait(payload: int) -> None:
        await asyncio.Event().wait()

    call = wait(1, observer=found.observer)
    # It runs up to its first wait, and is closed in another context, as the garbage collector may do.
    contextvars.copy_context().run(call.send, None)
    assert found.observer.open == 1
    with pytest.raises(ValueError, match="different Context"):
        contextvars.copy_context().run(call.close)
    del call
    gc.collect()
    assert found.observer.open == 0
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_leaving_a_stream_early_ends_its_spans():
    found = exported()

    @agent
    async def count(payload: int):
        for number in range(payload):
            yield str(number)

    stream: Stream[str] = count.stream(100, buffer=1, observer=found.observer)
    async with stream:
        async for _ in stream:
            break
    assert found.one("invoke_agent count").attributes["motet.status"] == "cancelled"
    assert found.observer.open == 0


async def test_a_sampler_that_drops_a_trace_drops_all_of_it():
    found = exported(ParentBased(ALWAYS_OFF))
    await Flow("f", echo, observers=[found.observer])(1)
    tracer = found.provider.get_tracer("http server")
    with tracer.start_as_current_span("GET /"):
        await echo(1, observer=found.observer)
    assert not found.spans
    assert found.observer.open == 0


async def test_two_observers_of_one_provider_and_others_of_its_tracer_do_not_mix_up_ids():
    found = exported()
    second = OtelSpans(found.provider)
    await echo(1, observer=found.observer)
    await echo(1, observer=second)
    tracer = found.provider.get_tracer("motet")
    with tracer.start_as_current_span("mine"):
        pass
    assert len({span.context.span_id for span in found.spans}) == 3
    assert len(found.traces) == 3


def test_a_provider_that_exports_nothing_is_refused():
    with pytest.raises(NotAvailable, match=r"pass provider=TracerProvider\(\)"):
        OtelSpans(traces.NoOpTracerProvider())


def test_wrong_names_of_metadata_are_refused():
    with pytest.raises(InvalidAgent, match="it takes names of metadata"):
        OtelSpans(TracerProvider(shutdown_on_exit=False), attributes="tenant")
