"""What an HTTP answer means for a task: its output, or its failure."""

from base64 import b64encode
from collections.abc import Mapping
from email.message import Message
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final, NotRequired

from pydantic_core import from_json
from typing_extensions import TypedDict

from motet.executors.rest_exchange import Answer
from motet.kernel.errors import AgentFailed, MotetError, Unavailable

__all__ = ["RestOutput", "failure", "output_of", "retry_after"]

TOO_MANY: Final = 429

_ODD: Final = {"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined"}
"""Charsets of Python that texts in the net are not written in; some take very long to read."""


class RestOutput(TypedDict):
    """An answer; its body is under one of `json`, `text` and `base64`, by its type."""

    url: str  #: where it came from in the end, without credentials of `auth`
    status: int
    headers: dict[str, str]  #: with names in lower case
    json: NotRequired[Any]
    text: NotRequired[str]
    base64: NotRequired[str]
    seconds: float


def output_of(answer: Answer, seconds: float) -> RestOutput:
    """Make the output of a task.

    Args:
        answer: What came back.
        seconds: How long it took.
    """
    output = RestOutput(url=answer.url, status=answer.status, headers=dict(answer.headers), seconds=round(seconds, 6))
    kind = Message()
    kind["content-type"] = answer.headers.get("content-type", "")
    name = kind.get_content_type() if "content-type" in answer.headers else ""
    if name == "application/json" or name.endswith("+json"):
        try:
            output["json"] = from_json(answer.body, allow_inf_nan=False)
        except ValueError:
            pass  # it only says that it is JSON: the text is what there is
        else:
            return output
    text = _text(answer.body, name, kind.get_content_charset())
    if text is None:
        output["base64"] = b64encode(answer.body).decode()
    else:
        output["text"] = text
    return output


def _text(body: bytes, kind: str, charset: str | None) -> str | None:
    """Read a body as text; None where it is none."""
    if not body:
        return ""
    texts = ("application/json", "application/xml", "application/javascript", "application/x-www-form-urlencoded")
    if charset is None and not kind.startswith("text/") and not kind.endswith(("+json", "+xml")) and kind not in texts:
        return None
    try:
        return body.decode("utf-8" if charset is None or charset in _ODD else charset, errors="replace")
    except (LookupError, ValueError):  # it is the name of no charset
        return body.decode(errors="replace")


def failure(answer: Answer, place: str, now: float) -> MotetError | None:
    """Return the error that a status stands for; None where it stands for none.

    Args:
        answer: What came back.
        place: Where it came from, for the message.
        now: The time of day, in seconds since 1970 UTC.
    """
    status = answer.status
    if status < 400:
        return None
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "a status of its own"
    # Its body is not shown: services like to repeat what they were sent, credentials too.
    told = f"{place} answered {status} ({phrase}): say raise_for_status=false to get the answer as the result"
    if status >= 500 or status == TOO_MANY:
        return Unavailable(told, retry_after=retry_after(answer.headers, now), status=status)
    return AgentFailed(told, status=status)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Read how long to wait: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3.

    Args:
        headers: With names in lower case.
        now: The time of day, in seconds since 1970 UTC.

    Returns:
        Seconds from now; None where nothing is said that can be understood.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, OverflowError):
        return None
