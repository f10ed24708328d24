"""The contract that every middleware meets, as a class of tests to inherit from."""

from motet.testing.middleware_calls import MiddlewareCalls
from motet.testing.middleware_streams import MiddlewareStreams

__all__ = ["MiddlewareContract"]


class MiddlewareContract(MiddlewareCalls, MiddlewareStreams):
    """What a middleware has to leave intact: inherit, and give a fixture `middleware`, a fresh one for each test.

    It has to let texts pass, in and out, and to let at least two calls be at work at once. Set `holds_chunks` on the
    class where it keeps chunks back until the output is there.

    The tests are coroutines: pytest-asyncio (mode "auto") or AnyIO's plugin runs them.
    """
