"""What a user writes for durable tasks: arrays of tasks, inputs of an executor, answers."""

import json
import shlex
from pathlib import Path
from typing import Any, Final, cast

from motet.cli.brief import example
from motet.cli.failures import InvalidUsage
from motet.cli.lookup import current_folder
from motet.cli.payload import check_encoding, read_input
from motet.kernel.agent import Agent
from motet.kernel.errors import InvalidPayload
from motet.tasks.json_schema import mismatch
from motet.tasks.model import Question

__all__ = ["parse_answer", "read_inputs", "read_tasks"]

_SAMPLE: Final = """as in [{"name": "cpu", "executor": "system_info"}]"""


def read_tasks(source: str, text: str | None = None) -> list[Any]:
    """Read an array of tasks.

    Args:
        source: What it is called in messages: the file, or --tasks.
        text: The array itself; None: it is in the file. `-`, as the text or the file, reads standard input.

    Raises:
        InvalidUsage: It cannot be read, or is no text, or no JSON.
    """
    written = "-" if source == "-" else text
    read = _read_file(source) if written is None else read_input(written)
    check_encoding(read, source)
    try:
        data = json.loads(read)
    except ValueError as error:
        empty = "it is empty" if not read.strip() else str(error)
        raise InvalidUsage(f"{source} is no JSON: {empty}; write an array of tasks, {_SAMPLE}") from error
    except RecursionError as error:
        raise InvalidUsage(f"{source} is nested too deeply") from error
    if not isinstance(data, list):
        raise InvalidUsage(f"{source} holds no array of tasks: write one, {_SAMPLE}")
    return data


def _read_file(source: str) -> str:
    path = Path(source)
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise InvalidUsage(
            f"there is no file {source} (looked from {current_folder()}): give the path of a JSON file"
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidUsage(f"{source} is no UTF-8 text (byte {error.start}): encode it as UTF-8") from error
    except OSError as error:
        raise InvalidUsage(f"{source} cannot be read: {error.strerror}") from error


def read_inputs(target: str, text: str | None, agent: Agent[Any, Any]) -> dict[str, object]:
    """Read the inputs of an executor, and see whether it takes them.

    Args:
        target: The id of the executor.
        text: What the user wrote, `-` for standard input; None where nothing was written.
        agent: The executor.

    Raises:
        InvalidUsage: The text is no UTF-8, no JSON, or no object, or the executor needs inputs and there are none.
        InvalidPayload: They do not fit; the message names each field.
    """
    read = "{}" if text is None else read_input(text)
    check_encoding(read, "--inputs")
    try:
        data = json.loads(read)
    except (ValueError, RecursionError) as error:
        quotes = "" if text == "-" else "; put JSON in single quotes for the shell"
        raise InvalidUsage(f"the inputs are no JSON: {error}{quotes}") from error
    if not isinstance(data, dict):
        raise InvalidUsage('the inputs of an executor are an object: write them by name, as in \'{"url": "..."}\'')
    more = f"`motet executors {target}` shows what it takes"
    schema = agent.types[0]
    try:
        schema.parse_json(read.encode(), agent.name)
    except InvalidPayload as error:
        if text is None:
            sample = shlex.quote(json.dumps(example(schema.json_schema), ensure_ascii=False))
            raise InvalidUsage(
                f"{target!r} needs inputs, for example: motet run {shlex.quote(target)} --inputs {sample}; {more}"
            ) from error
        explained = InvalidPayload(f"{error.message}; {more}")
        explained.details = error.details
        raise explained from error
    return cast("dict[str, object]", data)


def parse_answer(text: str, question: Question) -> object:
    """Make the answer to a question from text: JSON, or the text itself where the question takes that.

    Args:
        text: What the user wrote, `-` for standard input.
        question: What is asked.

    Raises:
        InvalidUsage: It is no text, or standard input cannot be read.
    """
    read = read_input(text)
    check_encoding(read, "the answer")
    try:
        value = json.loads(read)
    except (ValueError, RecursionError):
        return read
    # A question that takes text gets "5" where 5 was written.
    return read if mismatch(value, question.schema) and not mismatch(read, question.schema) else value
