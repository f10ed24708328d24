"""The flights that are under way, by the keys of their payloads."""

import asyncio

from motet.middleware.flight import Flight

__all__ = ["Flights"]


class Flights:
    """The flights of one cache in one event loop.

    Args:
        loop: Where they are under way.
    """

    __slots__ = ("_by_key", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._by_key: dict[str, list[Flight]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._by_key.values()))

    def add(self, flight: Flight) -> None:
        """Take note of a flight that begins."""
        self._by_key.setdefault(flight.key, []).append(flight)

    def remove(self, flight: Flight) -> None:
        """Take note of a flight that is over."""
        others = [other for other in self._by_key[flight.key] if other is not flight]
        if others:
            self._by_key[flight.key] = others
        else:
            del self._by_key[flight.key]

    def joinable(self, key: str) -> Flight | None:
        """Return the flight that answers for a key, if there is one."""
        return next((flight for flight in self._by_key.get(key, ()) if flight.shared), None)

    def spoil(self, key: str | None) -> list[Flight]:
        """Let nobody else join the flights of a key, and keep nothing of what comes of them.

        Args:
            key: Of which payload; None means all.

        Returns:
            The flights whose answers are being stored right now.
        """
        chosen = [self._by_key.get(key, [])] if key is not None else self._by_key.values()
        spoiled = [flight for flights in chosen for flight in flights]
        for flight in spoiled:
            flight.shared, flight.stale = False, True
        return [flight for flight in spoiled if flight.storing]
