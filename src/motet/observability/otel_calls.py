"""Spans of calls of agents, with what is told of them: tools, models, chunks, retries."""

from collections.abc import Callable
from typing import Any

from motet.kernel.event import Event
from motet.kernel.events import (
    AgentChosen,
    AgentEnded,
    AgentStarted,
    BudgetSpent,
    ChunkEmitted,
    DeadlinePassed,
    Intervened,
    RetryScheduled,
    ToolCalled,
)
from motet.kernel.text import characters
from motet.observability import gen_ai
from motet.observability.errors import error_code
from motet.observability.metadata import Allowed, Value
from motet.observability.otel_open import OpenSpans
from motet.observability.plain import word_of

__all__ = ["CallSpans"]


class CallSpans:
    """Makes a span of every call.

    Args:
        spans: Where open spans are.
        metadata: What of metadata may leave.
    """

    def __init__(self, spans: OpenSpans, metadata: Allowed) -> None:
        self._spans = spans
        self._metadata = metadata
        self.handlers: dict[type[Event], Callable[[Any], None]] = {
            AgentStarted: self._agent_started,
            AgentEnded: self._agent_ended,
            AgentChosen: self._agent_chosen,
            Intervened: self._intervened,
            ChunkEmitted: self._chunk_emitted,
            RetryScheduled: self._retry_scheduled,
            DeadlinePassed: self._deadline_passed,
            BudgetSpent: self._budget_spent,
            ToolCalled: self._tool_called,
        }

    def _agent_started(self, event: AgentStarted) -> None:
        agent = characters(event.agent)
        attributes = {
            gen_ai.OPERATION: gen_ai.INVOKE_AGENT,
            gen_ai.AGENT_NAME: agent,
            **self._metadata.of(event.span),
        }
        name = f"{gen_ai.INVOKE_AGENT} {agent}"
        self._spans.begin(event.trace, event.span, event.parent, name, attributes, current=True)

    def _agent_ended(self, event: AgentEnded) -> None:
        self._spans.end(event.span, event.status, error_code(event.error), current=True)

    def _agent_chosen(self, event: AgentChosen) -> None:
        told: dict[str, Value] = {"motet.chosen": characters(event.chosen), "motet.failed": len(event.failed)}
        self._spans.mark(event.span, "chosen", told)

    def _intervened(self, event: Intervened) -> None:
        self._spans.mark(event.span, f"{event.by}.{event.what}", {})

    def _chunk_emitted(self, event: ChunkEmitted) -> None:
        found = self._spans.get(event.span)
        if found is None:
            return
        if event.restart:
            found.span.add_event("restart")
        else:
            found.chunks += 1

    def _retry_scheduled(self, event: RetryScheduled) -> None:
        told: dict[str, Value] = {"motet.attempt": event.attempt, "motet.delay": event.delay}
        self._spans.mark(event.span, "retry", {**told, gen_ai.ERROR_TYPE: error_code(event.error)})

    def _deadline_passed(self, event: DeadlinePassed) -> None:
        self._spans.mark(event.span, "deadline", {})

    def _budget_spent(self, event: BudgetSpent) -> None:
        found = self._spans.get(event.span)
        if found is None:
            return
        read, written = found.tokens
        found.tokens = read, written = read + event.input_tokens, written + event.output_tokens
        told: dict[str, Value] = {}
        if event.model:
            model = word_of(event.model)
            found.span.update_name(f"{gen_ai.CHAT} {model}")
            told = {gen_ai.OPERATION: gen_ai.CHAT, gen_ai.MODEL: model}
        if event.provider:
            told[gen_ai.PROVIDER] = word_of(event.provider)
        if read or written:
            told |= {gen_ai.INPUT_TOKENS: read, gen_ai.OUTPUT_TOKENS: written}
        found.span.set_attributes(told)

    def _tool_called(self, event: ToolCalled) -> None:
        found = self._spans.get(event.span)
        if found is None:
            return
        tool = characters(event.agent)
        found.span.update_name(f"{gen_ai.EXECUTE_TOOL} {tool}")
        told = {gen_ai.OPERATION: gen_ai.EXECUTE_TOOL, gen_ai.TOOL_NAME: tool, gen_ai.TOOL_TYPE: "function"}
        if event.description:
            told[gen_ai.TOOL_DESCRIPTION] = characters(event.description)
        found.span.set_attributes(told)
