"""The contract that every way to reach a remote agent meets, as a class of tests to inherit from."""

from motet.testing.transport_calls import TransportCalls
from motet.testing.transport_streams import TransportStreams
from motet.testing.transport_values import TransportValues

__all__ = ["TransportContract"]


class TransportContract(TransportValues, TransportStreams, TransportCalls):
    """What a transport has to do: inherit, and give a fixture `reach`.

    It is a function that takes an agent and returns an async context manager: on entering, the agent is served in the
    event loop of the test and reached by one new client, and a `Reached` is given. See `Reach`.

    The tests are coroutines: pytest-asyncio (mode "auto") or AnyIO's plugin runs them.
    """
