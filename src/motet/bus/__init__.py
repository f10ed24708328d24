"""Message buses: what carries messages between flows, in memory; later one file for each broker."""

from motet.bus.memory import MemoryBus

__all__ = ["MemoryBus"]
