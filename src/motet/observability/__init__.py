"""What runs, seen from outside: metrics, spans and logs. All of them are observers, and stand on the kernel alone."""

from motet.observability.collector import MetricsCollector
from motet.observability.configuring import Observability, configure
from motet.observability.instruments import INSTRUMENTS, Instrument
from motet.observability.logging_events import EventLog
from motet.observability.logging_formats import JsonFormatter, TextFormatter
from motet.observability.logging_handlers import BufferedHandler, LineHandler
from motet.observability.memory import MemoryCollector, Snapshot
from motet.observability.tracer import Tracer

__all__ = [
    "INSTRUMENTS",
    "BufferedHandler",
    "EventLog",
    "Instrument",
    "JsonFormatter",
    "LineHandler",
    "MemoryCollector",
    "MetricsCollector",
    "Observability",
    "Snapshot",
    "TextFormatter",
    "Tracer",
    "configure",
]
