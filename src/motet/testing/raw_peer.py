"""What the contract of protocol adapters needs: somebody who speaks a protocol by hand, and may say anything."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from motet.kernel.agent import Agent
from motet.kernel.errors import Fault

__all__ = ["RawAnswer", "RawPeer", "Serve"]


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What came back for a message.

    Args:
        raw: The bytes that came.
        output: What the agent gave, as JSON data; None where it is an error.
        code: The code of the error, such as "invalid_payload"; empty where it is none.
        message: What the error says.
        fault: Whose fault it is, as the protocol says it: an HTTP status of 4xx is the caller's.
    """

    raw: bytes
    output: Any = None
    code: str = ""
    message: str = ""
    fault: Fault | None = None


class RawPeer(ABC):
    """A client without a client's manners: it writes bytes, and reads what comes.

    It connects when something is to be sent and it is not connected, so one that was thrown out can go on. There is one
    message under way at a time.
    """

    @property
    @abstractmethod
    def garbage(self) -> Sequence[bytes]:
        """Bytes that are no message of the protocol, but whole, so that there is nothing more to wait for."""

    @abstractmethod
    def message(self, payload: str, *, traceparent: str = "", deadline: float | None = None) -> bytes:
        """Write a call of the agent that is served.

        Args:
            payload: JSON text, or what somebody takes for that; it is put in as it is.
            traceparent: The span around it, in the form of W3C Trace Context, or what somebody takes for that.
            deadline: Seconds that the call may take.
        """

    @abstractmethod
    async def send(self, data: bytes) -> None:
        """Send bytes at once, whatever they are."""

    @abstractmethod
    async def receive(self) -> RawAnswer | None:
        """Wait for an answer, and read it; None when the connection was closed instead."""

    @abstractmethod
    async def leave(self) -> None:
        """Close the connection, without a word, in the middle of whatever is under way."""


Serve = Callable[[Agent[Any, Any]], AbstractAsyncContextManager[Callable[[], RawPeer]]]
"""Serves an agent over a protocol, in the event loop of the caller, until the block is left.

The function that the block is given makes one more peer of it.
"""
