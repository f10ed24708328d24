"""Errors as plain data, for every wire: any exception in, an exception of the same class out."""

import sys
from collections.abc import Iterator, Mapping
from typing import Final, NotRequired, TypedDict, cast

from motet.kernel.errors import AgentFailed, Detail, Fault, MotetError, is_retryable

__all__ = ["ErrorPayload", "from_payload", "text_of", "to_payload"]

DEPTH: Final = 16
"""How many causes of causes go along: a chain that a peer made up must not exhaust the stack."""


class ErrorPayload(TypedDict):
    """An error as plain data: what crosses a wire."""

    code: str
    message: str
    fault: str
    retryable: bool
    details: dict[str, Detail]
    retry_after: NotRequired[float]
    cause: NotRequired["ErrorPayload"]


def text_of(error: BaseException) -> str:
    """Return what an error says; empty where it says nothing, or where that cannot be made into text.

    Whoever tells of an error calls this: a `__str__` of the user's may raise anything, and would hide the error itself.
    """
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - it is the user's code, and what failed is told without it
        return ""


def to_payload(error: BaseException) -> ErrorPayload:
    """Turn any exception, with its chain of causes, into plain data.

    Args:
        error: What was raised. An exception from outside the tree becomes an `agent_failed` payload that keeps the
            exception's type name under `details["type"]`.
    """
    chain = _chain(error)
    payload = _single(chain[-1])
    for around in reversed(chain[:-1]):
        payload = {**_single(around), "cause": payload}
    return payload


def _chain(error: BaseException) -> list[BaseException]:
    """List an error and its causes, each once: `raise error from error` makes a circle of them."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and len(chain) <= DEPTH and not any(cause is known for known in chain):
        chain.append(cause)
        cause = cause.__cause__
    return chain


def _single(error: BaseException) -> ErrorPayload:
    if not isinstance(error, MotetError):
        return ErrorPayload(
            code=AgentFailed.code,
            message=text_of(error) or type(error).__name__,
            fault=str(Fault.AGENT),
            retryable=is_retryable(error),
            details={"type": type(error).__name__},
        )
    payload = ErrorPayload(
        code=error.code,
        message=error.message,
        fault=str(error.fault),
        retryable=error.retryable,
        details=dict(error.details),
    )
    if error.retry_after is not None:
        payload["retry_after"] = error.retry_after
    return payload


def from_payload(payload: Mapping[str, object]) -> MotetError:
    """Make the exception again that `to_payload` described.

    Args:
        payload: An `ErrorPayload`, or what a peer sent in its place: missing or odd entries get defaults.

    Returns:
        An error of the class that has the payload's code; `AgentFailed` keeping the code in its details where no
        class has it.
    """
    error = innermost = _made(payload)
    cause = payload.get("cause")
    for _ in range(DEPTH):
        if not isinstance(cause, Mapping):
            break
        innermost.__cause__ = _made(cause)
        innermost = innermost.__cause__
        cause = cause.get("cause")
    return error


def _made(payload: Mapping[str, object]) -> MotetError:
    code = str(payload.get("code", AgentFailed.code))
    found = next((cls for cls in _classes(MotetError) if cls.code == code), None)
    cls = found or AgentFailed
    # Made without its own __init__: a class of the user's may ask for arguments that no payload has.
    error = cls.__new__(cls)
    MotetError.__init__(error, str(payload.get("message", code)))
    raw = payload.get("details")
    details = {str(key): cast("Detail", value) for key, value in raw.items()} if isinstance(raw, Mapping) else {}
    error.details = details if found else {**details, "code": code}
    fault, retryable = payload.get("fault"), payload.get("retryable")
    error.fault = Fault(fault) if isinstance(fault, str) and fault in tuple(Fault) else error.fault
    error.retryable = retryable if isinstance(retryable, bool) else error.retryable
    error.retry_after = _seconds(payload.get("retry_after"))
    return error


def _seconds(raw: object) -> float | None:
    # JSON's numbers may be larger than any float, and some readers let NaN pass.
    if not isinstance(raw, int | float) or isinstance(raw, bool):
        return None
    return float(raw) if 0 <= raw <= sys.float_info.max else None


def _classes(root: type[MotetError]) -> Iterator[type[MotetError]]:
    yield root
    for child in root.__subclasses__():
        yield from _classes(child)
