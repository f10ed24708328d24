"""The contract that every server side of a protocol meets, as a class of tests to inherit from."""

from motet.testing.adapter_calls import AdapterCalls
from motet.testing.adapter_messages import AdapterMessages

__all__ = ["ProtocolAdapterContract"]


class ProtocolAdapterContract(AdapterMessages, AdapterCalls):
    """What an adapter has to do with what strangers send: inherit, and give a fixture `serve`.

    It is a function that takes an agent and returns an async context manager: on entering, the agent is served in the
    event loop of the test, and a function is given that makes one more `RawPeer` of it. See `Serve`. Set `outlasts` on
    the class where work goes on when its peer is gone.

    That values of all types, chunks and cancellations cross between the adapter and a client of its own is what
    `TransportContract` is for. The tests are coroutines: pytest-asyncio (mode "auto") or AnyIO's plugin runs them.
    """
