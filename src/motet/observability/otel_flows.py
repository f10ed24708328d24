"""Spans of the runs of flows, and of what their nodes work on."""

from collections.abc import Callable
from typing import Any

from motet.kernel.event import Event
from motet.kernel.events import (
    JoinFired,
    LateDropped,
    MessageSent,
    NodeEnded,
    NodeStarted,
    RunCancelled,
    RunEnded,
    RunStarted,
)
from motet.kernel.text import characters
from motet.observability import gen_ai
from motet.observability.errors import error_code
from motet.observability.metadata import Allowed, Value
from motet.observability.otel_open import OpenSpans

__all__ = ["FlowSpans"]


class FlowSpans:
    """Makes a span of every run, and of every message that a node works on.

    Args:
        spans: Where open spans are.
        metadata: What of metadata may leave.
    """

    def __init__(self, spans: OpenSpans, metadata: Allowed) -> None:
        self._spans = spans
        self._metadata = metadata
        self.handlers: dict[type[Event], Callable[[Any], None]] = {
            RunStarted: self._run_started,
            RunEnded: self._run_ended,
            RunCancelled: self._run_cancelled,
            NodeStarted: self._node_started,
            NodeEnded: self._node_ended,
            MessageSent: self._message_sent,
            JoinFired: self._join_fired,
            LateDropped: self._late_dropped,
        }

    def _run_started(self, event: RunStarted) -> None:
        flow = characters(event.flow)
        attributes = {
            gen_ai.OPERATION: gen_ai.INVOKE_WORKFLOW,
            gen_ai.WORKFLOW_NAME: flow,
            **self._metadata.of(event.span),
        }
        name = f"{gen_ai.INVOKE_WORKFLOW} {flow}"
        found = self._spans.begin(event.trace, event.span, event.parent, name, attributes)
        if found.depth:
            found.span.update_name(name)  # a flow that is called is an agent, too: one call, one span

    def _run_ended(self, event: RunEnded) -> None:
        self._spans.end(event.span, event.status, error_code(event.error))

    def _run_cancelled(self, event: RunCancelled) -> None:
        self._spans.mark(event.span, "cancel", {})

    def _node_started(self, event: NodeStarted) -> None:
        node = characters(event.node)
        attributes: dict[str, Value] = {
            gen_ai.OPERATION: gen_ai.INVOKE_AGENT,
            gen_ai.AGENT_NAME: node,
            gen_ai.WORKFLOW_NAME: characters(event.flow),
            "motet.attempt": event.attempt,
            **self._metadata.of(event.span),
        }
        name = f"{gen_ai.INVOKE_AGENT} {node}"
        self._spans.begin(event.trace, event.span, event.parent, name, attributes, current=True)

    def _node_ended(self, event: NodeEnded) -> None:
        self._spans.end(event.span, event.status, error_code(event.error), current=True)

    def _message_sent(self, event: MessageSent) -> None:
        self._spans.mark(event.span, "sent", {"motet.to": event.to})

    def _join_fired(self, event: JoinFired) -> None:
        told: dict[str, Value] = {"motet.node": event.node, "motet.size": event.size, "motet.complete": event.complete}
        self._spans.mark(event.span, "join", told)

    def _late_dropped(self, event: LateDropped) -> None:
        self._spans.mark(event.span, "late", {"motet.node": event.node})
