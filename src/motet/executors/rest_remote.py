"""What observers are told of requests: each that crosses the wire begins once, and ends once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from motet.kernel.context import Context
from motet.kernel.errors import AgentFailed, MotetError, Unavailable
from motet.kernel.events import RemoteEnded, RemoteStarted
from motet.kernel.invoke import status_of
from motet.kernel.traceparent import format_traceparent

__all__ = ["Remote", "RemoteCall"]

TOO_MANY: Final = 429


class RemoteCall:
    """A request that is under way.

    Args:
        ctx: The call.
        traceparent: The header that names it to the other side.

    Attributes:
        sent: Bytes of its payload that were sent.
        received: Bytes of the answer that were read.
        refusal: What its status stands for, where that is a failure.
        wished: When somebody wished to cancel it, by the clock; None if nobody did.
    """

    __slots__ = ("_ctx", "received", "refusal", "sent", "traceparent", "wished")

    def __init__(self, ctx: Context, traceparent: str) -> None:
        self._ctx = ctx
        self.traceparent = traceparent
        self.sent = 0
        self.received = 0
        self.refusal: MotetError | None = None
        self.wished: float | None = None

    def wish(self) -> None:
        """Take note that somebody wishes to cancel: from here on, the time until nothing is under way is taken."""
        self.wished = self._ctx.now()

    def answered(self, status: int) -> None:
        """Take note of the status of the answer."""
        if status >= 400:
            kind = Unavailable if status >= 500 or status == TOO_MANY else AgentFailed
            self.refusal = kind(f"The answer is {status}", status=status)


class Remote:
    """Tells of the requests of one call: retries and redirects are requests of their own, numbered from 1.

    Args:
        ctx: The call.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._calls = 0

    @contextmanager
    def call(self, protocol: str, peer: str) -> Iterator[RemoteCall]:
        """Tell of a request, from where it begins to where it is over.

        Args:
            protocol: What is spoken.
            peer: Who is called.
        """
        ctx, observer = self._ctx, self._ctx.scope.observer
        if observer is None:
            yield RemoteCall(ctx, ctx.traceparent)
            return
        self._calls += 1
        number, start, client = self._calls, ctx.now(), ctx.scope.ids.span()
        told = RemoteCall(ctx, format_traceparent(ctx.trace, client, sampled=ctx.sampled is not False))
        observer(RemoteStarted(ctx.trace, start, ctx.span, ctx.agent, protocol, peer, number, client))
        failure: BaseException | None = None
        try:
            yield told
        except BaseException as error:
            failure = error
            raise
        finally:
            now = ctx.now()
            failure = failure or told.refusal
            cancelling = None if told.wished is None else now - told.wished
            ended = status_of(failure), now - start, told.sent, told.received, failure, cancelling, number
            observer(RemoteEnded(ctx.trace, now, ctx.span, ctx.agent, protocol, peer, *ended))
