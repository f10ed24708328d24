"""From events to measured values: what of each kind of event is told to which instruments."""

from collections.abc import Callable
from typing import Any, Final

from motet.kernel.event import Event
from motet.kernel.events import (
    AgentChosen,
    AgentEnded,
    AgentStarted,
    BudgetSpent,
    ChunkEmitted,
    DeadlinePassed,
    Intervened,
    JoinFired,
    LateDropped,
    MessageSent,
    NodeEnded,
    NodeStarted,
    RemoteEnded,
    RemoteStarted,
    RetryScheduled,
    RunCancelled,
    RunEnded,
    RunStarted,
    TaskChanged,
    TaskChunk,
    ToolCalled,
    TreeChanged,
)
from motet.observability.desk import Book, Desk, Level
from motet.observability.errors import error_code
from motet.observability.instruments import INSTRUMENTS
from motet.observability.measuring_tasks import TaskMeasures

__all__ = ["Measure", "measures"]

Measure = Callable[[Any], None]


def measures(desk: Desk) -> tuple[dict[type[Event], Measure], list[Level]]:
    """Put together what is done with each kind of event.

    Args:
        desk: Where the values go.

    Returns:
        The function for each kind, and the levels, which are told when somebody looks.
    """
    every = {instrument for instruments in INSTRUMENTS.values() for instrument in instruments}
    books = {instrument.name.removeprefix("motet."): desk.book(instrument) for instrument in every}
    levels = {name: Level(book) for name, book in books.items() if book.instrument.kind == "gauge"}
    tasks = TaskMeasures(books)
    found: dict[type[Event], Measure] = {
        kind: make(books, levels) for kind, make in {**_CALLS, **_FLOWS, **_REMOTE}.items()
    }
    return {**found, TaskChanged: tasks.task, TreeChanged: tasks.tree, TaskChunk: tasks.chunk}, list(levels.values())


Books = dict[str, Book]
Levels = dict[str, Level]
Make = Callable[[Books, Levels], Measure]


def _agent_started(books: Books, levels: Levels) -> Measure:
    move = levels["agent.running"].move
    return lambda event: move((event.agent,), 1)


def _agent_ended(books: Books, levels: Levels) -> Measure:
    tell, move = books["agent.duration"].tell_call, levels["agent.running"].move

    def measure(event: AgentEnded) -> None:
        move((event.agent,), -1)
        tell((event.agent, event.status, "" if event.error is None else error_code(event.error)), event.seconds)

    return measure


def _agent_chosen(books: Books, levels: Levels) -> Measure:
    chosen, failed = books["composition.chosen"].tell, books["composition.failed"].tell

    def measure(event: AgentChosen) -> None:
        chosen((event.agent, event.chosen), 1)
        if event.failed:
            failed((event.agent,), len(event.failed))

    return measure


def _intervened(books: Books, levels: Levels) -> Measure:
    tell = books["middleware.interventions"].tell
    return lambda event: tell((event.agent, event.by, event.what), 1)


def _chunk_emitted(books: Books, levels: Levels) -> Measure:
    chunks, restarts = books["agent.chunks"].tell_call, books["agent.restarts"].tell

    def measure(event: ChunkEmitted) -> None:
        if event.restart:
            restarts((event.agent,), 1)
        else:
            chunks((event.agent,), 1)

    return measure


def _retry_scheduled(books: Books, levels: Levels) -> Measure:
    retries, delay = books["agent.retries"].tell, books["agent.retry.delay"].tell

    def measure(event: RetryScheduled) -> None:
        retries((event.agent, error_code(event.error)), 1)
        delay((event.agent,), event.delay)

    return measure


def _deadline_passed(books: Books, levels: Levels) -> Measure:
    tell = books["agent.deadlines"].tell_call
    return lambda event: tell((event.agent,), 1)


def _budget_spent(books: Books, levels: Levels) -> Measure:
    tokens, cost = books["llm.tokens"].tell_call, books["llm.cost"].tell_call

    def measure(event: BudgetSpent) -> None:
        labels = event.agent, event.provider, event.model
        rest = max(0, event.tokens - event.input_tokens - event.output_tokens)
        for kind, count in (("input", event.input_tokens), ("output", event.output_tokens), ("any", rest)):
            if count:
                tokens((*labels, kind), count)
        if event.cost:
            cost(labels, event.cost)

    return measure


def _tool_called(books: Books, levels: Levels) -> Measure:
    tell = books["tool.calls"].tell
    return lambda event: tell((event.agent,), 1)


_CALLS: Final[dict[type[Event], Make]] = {
    AgentStarted: _agent_started,
    AgentEnded: _agent_ended,
    AgentChosen: _agent_chosen,
    Intervened: _intervened,
    ChunkEmitted: _chunk_emitted,
    RetryScheduled: _retry_scheduled,
    DeadlinePassed: _deadline_passed,
    BudgetSpent: _budget_spent,
    ToolCalled: _tool_called,
}


def _run_started(books: Books, levels: Levels) -> Measure:
    move = levels["flow.running"].move
    return lambda event: move((event.flow,), 1)


def _run_ended(books: Books, levels: Levels) -> Measure:
    tell, move = books["flow.duration"].tell_call, levels["flow.running"].move

    def measure(event: RunEnded) -> None:
        move((event.flow,), -1)
        tell((event.flow, event.status, error_code(event.error)), event.seconds)

    return measure


def _run_cancelled(books: Books, levels: Levels) -> Measure:
    tell = books["flow.cancels"].tell
    return lambda event: tell((event.flow,), 1)


def _node_started(books: Books, levels: Levels) -> Measure:
    move = levels["node.running"].move
    return lambda event: move((event.flow, event.node), 1)


def _node_ended(books: Books, levels: Levels) -> Measure:
    tell, move = books["node.duration"].tell_call, levels["node.running"].move

    def measure(event: NodeEnded) -> None:
        move((event.flow, event.node), -1)
        code = "" if event.error is None else error_code(event.error)
        tell((event.flow, event.node, event.status, code), event.seconds)

    return measure


def _message_sent(books: Books, levels: Levels) -> Measure:
    tell = books["node.sent"].tell
    return lambda event: tell((event.flow, event.node), 1)


def _join_fired(books: Books, levels: Levels) -> Measure:
    tell = books["join.size"].tell
    return lambda event: tell((event.flow, event.node, "true" if event.complete else "false"), event.size)


def _late_dropped(books: Books, levels: Levels) -> Measure:
    tell = books["join.late"].tell
    return lambda event: tell((event.flow, event.node), 1)


_FLOWS: Final[dict[type[Event], Make]] = {
    RunStarted: _run_started,
    RunEnded: _run_ended,
    RunCancelled: _run_cancelled,
    NodeStarted: _node_started,
    NodeEnded: _node_ended,
    MessageSent: _message_sent,
    JoinFired: _join_fired,
    LateDropped: _late_dropped,
}


def _remote_started(books: Books, levels: Levels) -> Measure:
    move = levels["remote.running"].move
    return lambda event: move((event.protocol, event.peer), 1)


def _remote_ended(books: Books, levels: Levels) -> Measure:
    tell, move = books["remote.duration"].tell_call, levels["remote.running"].move
    sent, received = books["remote.sent"].tell, books["remote.received"].tell
    cancelling = books["remote.cancel.duration"].tell

    def measure(event: RemoteEnded) -> None:
        place = event.protocol, event.peer
        move(place, -1)
        tell((event.agent, *place, event.status, error_code(event.error)), event.seconds)
        sent(place, event.sent)
        received(place, event.received)
        if event.cancelling is not None:
            cancelling(place, event.cancelling)

    return measure


_REMOTE: Final[dict[type[Event], Make]] = {RemoteStarted: _remote_started, RemoteEnded: _remote_ended}
