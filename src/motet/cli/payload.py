"""INPUT: from what the user wrote to the payload of an agent."""

import json
import shlex
import sys
from typing import Any

from pydantic_core import ValidationError

from motet.cli.brief import brief, example
from motet.cli.failures import InvalidUsage
from motet.kernel.agent import Agent
from motet.kernel.errors import InvalidPayload
from motet.kernel.schema import Schema

__all__ = ["check_encoding", "missing", "parse_payload", "read_input"]


def read_input(text: str) -> str:
    """Return INPUT itself, or standard input where it is `-`, without the line end that `echo` adds.

    Raises:
        InvalidUsage: Standard input is closed, cannot be read, or is no text.
    """
    if text != "-":
        return text
    stream = sys.stdin
    if stream is None:
        raise InvalidUsage("INPUT is `-`, but standard input is closed: pipe a value in, or write it as INPUT")
    try:
        read = stream.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidUsage(f"standard input is no UTF-8 text (byte {error.start}): encode it as UTF-8") from error
    except OSError as error:
        raise InvalidUsage(f"standard input cannot be read: {error.strerror or error}") from error
    return read.removesuffix("\n").removesuffix("\r")


def check_encoding(text: str, name: str) -> None:
    """See whether an argument is text.

    Args:
        text: What the user wrote.
        name: What it is called in messages.

    Raises:
        InvalidUsage: The bytes of the argument are no UTF-8.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidUsage(f"{name} is no UTF-8 text (character {error.start + 1}): encode it as UTF-8") from error


def parse_payload(text: str, agent: Agent[Any, Any], *, shell: bool = True) -> object:
    """Make the payload of an agent from text.

    Where the agent's input is a string in JSON (`str`, but also a path or a date), plain text is taken as it is, and
    so is a JSON string. Where it may be anything, text that is JSON is that value, and other text is a string.
    Everything else is JSON.

    Args:
        text: What the user wrote.
        agent: What it is for.
        shell: Whether the user wrote it for a shell, which takes quotes away.

    Raises:
        InvalidUsage: The text is no UTF-8, or no JSON; the message says where.
        InvalidPayload: The value does not fit; the message names each field.
    """
    # JSON would write what is no UTF-8 as escapes, and whoever reads those would find fault with JSON.
    check_encoding(text, "INPUT")
    schema: Schema[Any] = agent.types[0]
    if schema.open:
        return _open(text)
    if _is_text(schema):
        value = _open(text)
        return _parsed(json.dumps(value if isinstance(value, str) else text), schema, agent, shell=shell)
    return _parsed(text, schema, agent, shell=shell)


def missing(target: str, agent: Agent[Any, Any]) -> InvalidUsage:
    """Make the error for a call without INPUT: it says what the agent takes, and gives an example.

    Args:
        target: The agent as the user wrote it.
        agent: What was to be run.
    """
    taken = agent.types[0]
    examples = agent.card.examples
    sample = examples[0] if examples else example(taken.json_schema)
    plain = taken.open or _is_text(taken)
    if plain and sample == "...":
        sample = "some text"
    written = sample if plain and isinstance(sample, str) else json.dumps(sample, ensure_ascii=False)
    kind = "any JSON or text" if taken.open else brief(taken.json_schema)
    return InvalidUsage(
        f"INPUT is missing: {agent.name!r} takes {kind}; for example: "
        f"motet run {shlex.quote(target)} {shlex.quote(written)} (or - to read standard input)"
    )


def _is_text(schema: Schema[Any]) -> bool:
    return schema.json_schema.get("type") == "string"


def _open(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _parsed(text: str, schema: Schema[Any], agent: Agent[Any, Any], *, shell: bool) -> object:
    takes = f"{agent.name!r} takes {brief(schema.json_schema)}"
    if not text.strip():
        raise InvalidUsage(f"INPUT is empty: {takes}")
    try:
        return schema.parse_json(text.encode(), agent.name)
    except InvalidPayload as error:
        problem = _syntax(error)
        if problem is None:
            explained = InvalidPayload(f"{error.message}; {takes}")
            explained.details = error.details
            raise explained from error
        raise InvalidUsage(f"INPUT is no JSON: {problem}; {takes}{_quoting(text, schema, shell=shell)}") from error


def _quoting(text: str, schema: Schema[Any], *, shell: bool) -> str:
    """Advise on text that was meant as a string, or that lost its quotes to the shell."""
    options = schema.json_schema.get("anyOf", ())
    if any(option.get("type") == "string" for option in options) and len(text) < 40:
        written = json.dumps(text, ensure_ascii=False)
        return f"; text is written {shlex.quote(written) if shell else written}"
    return "; put JSON in single quotes for the shell" if shell else ""


def _syntax(error: InvalidPayload) -> str | None:
    """Say where text is no JSON; None if it is JSON, but of the wrong form."""
    if not isinstance(error.__cause__, ValidationError):
        return None
    first = error.__cause__.errors(include_url=False, include_input=False)[0]
    return str(first.get("ctx", {}).get("error", first["msg"])) if first["type"] == "json_invalid" else None
