"""Spans of calls that cross a wire: children of the call whose traceparent crosses it."""

from collections.abc import Callable
from typing import Any

from motet.kernel.errors import MissingExtra
from motet.kernel.event import Event
from motet.kernel.events import RemoteEnded, RemoteStarted
from motet.observability.errors import error_code
from motet.observability.metadata import Value
from motet.observability.otel_open import OpenSpans, abandon, finish
from motet.observability.shelf import Shelf

try:
    from opentelemetry import trace as traces
except ImportError as error:
    raise MissingExtra.of("OpenTelemetry", "otel") from error

__all__ = ["RemoteSpans"]


class RemoteSpans:
    """Makes a span of every remote call.

    Args:
        spans: Where open spans are.
        size: How many may be open; the oldest is ended when there are more.
    """

    def __init__(self, spans: OpenSpans, size: int) -> None:
        self._spans = spans
        self._calls: Shelf[traces.Span] = Shelf(size)
        self.handlers: dict[type[Event], Callable[[Any], None]] = {
            RemoteStarted: self._remote_started,
            RemoteEnded: self._remote_ended,
        }

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def dropped(self) -> int:
        """How many had to be ended before their end was told."""
        return self._calls.dropped

    def close(self) -> None:
        """End whatever is open."""
        for span in self._calls.clear():
            abandon(span)

    def _remote_started(self, event: RemoteStarted) -> None:
        host, _, port = event.peer.rpartition(":")
        attributes: dict[str, Value] = {"network.protocol.name": event.protocol, "server.address": host or event.peer}
        if host and port.isdigit():
            attributes["server.port"] = int(port)
        name, kind = f"{event.protocol} {event.peer}", traces.SpanKind.CLIENT
        span = self._spans.start(event.trace, event.client, event.span, name, attributes, kind=kind)
        gone = self._calls.put((event.span, event.call), span)
        if gone is not None:
            abandon(gone)

    def _remote_ended(self, event: RemoteEnded) -> None:
        span = self._calls.take((event.span, event.call))
        if span is None:
            return
        span.set_attributes({"motet.sent": event.sent, "motet.received": event.received})
        if event.cancelling is not None:
            span.set_attribute("motet.cancelling", event.cancelling)
        finish(span, event.status, error_code(event.error))
