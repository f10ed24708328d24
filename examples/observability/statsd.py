"""A collector for StatsD, with the tags of Datadog: one page, as it stands on one method.

    python examples/observability/statsd.py [HOST:PORT]

runs an agent a few times and sends what is measured to a StatsD server, as datagrams; 127.0.0.1:8125 unless told.
"""

import asyncio
import re
import socket
import sys
from collections.abc import Callable, Mapping

from motet import agent
from motet.observability.collector import MetricsCollector
from motet.observability.instruments import Instrument
from motet.observability.tracer import Tracer

KINDS: Mapping[str, str] = {"counter": "c", "histogram": "h", "gauge": "g"}
NOT_ALLOWED = re.compile(r"[^\w./\-]")


class StatsdCollector(MetricsCollector):
    """Sends every value as a datagram; what the network does not take is lost, as StatsD has it, and counted.

    Args:
        host: Where the server is.
        port: Its port.

    Attributes:
        lost: How many datagrams could not be sent.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 8125) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._address = (socket.gethostbyname(host), port)
        self.lost = 0

    def series(self, instrument: Instrument, labels: Mapping[str, str]) -> Callable[[float], None]:
        """Return what sends the values of a series; durations go out in milliseconds."""
        tags = ",".join(f"{name}:{NOT_ALLOWED.sub('_', value)}" for name, value in labels.items() if value)
        timed = instrument.kind == "histogram" and instrument.unit == "s"
        end = f"|{'ms' if timed else KINDS[instrument.kind]}{f'|#{tags}' if tags else ''}"
        scale = 1000 if timed else 1

        def send(value: float) -> None:
            try:
                self._socket.sendto(f"{instrument.name}:{value * scale:.6g}{end}".encode(), self._address)
            except OSError:
                self.lost += 1

        return send

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


@agent
async def greet(name: str) -> str:
    """Greet somebody."""
    return f"Hello, {name}!"


async def main(place: str) -> None:
    """Run the agent, and tell StatsD."""
    host, _, port = place.partition(":")
    collector, tracer = StatsdCollector(host, int(port or 8125)), Tracer()
    tracer.register(collector)
    for name in ("Ann", "Bob", "Cid"):
        print(await greet(name, observer=tracer))
    tracer.pull()  # gauges are told when somebody looks: a program that goes on calls this every ten seconds or so
    collector.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:8125"))
