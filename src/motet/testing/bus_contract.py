"""The contract that every message bus meets, as a class of tests to inherit from."""

from motet.testing.bus_groups import BusGroups
from motet.testing.bus_holding import BusHolding
from motet.testing.bus_order import BusOrder

__all__ = ["MessageBusContract"]


class MessageBusContract(BusGroups, BusHolding, BusOrder):
    """What a message bus has to do: inherit, and give a fixture `buses`.

    It is a function that takes `capacity` and `visibility`, and returns an async context manager that opens a bus with
    these, empty, and closes it. See `Buses`. In virtual time the tests wait for nothing; a bus behind a broker needs
    some thirty seconds for all of them.

    The tests are coroutines: pytest-asyncio (mode "auto") or AnyIO's plugin runs them.
    """
