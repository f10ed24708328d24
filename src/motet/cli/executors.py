"""`motet executors`: what tasks can name."""

import json as json_module
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from motet.cli.brief import example
from motet.cli.failures import describe, one_line
from motet.cli.fields import fields
from motet.cli.paper import lay, sheet, table
from motet.cli.signals import Signals
from motet.cli.tasks_session import Session, Work
from motet.cli.tasks_setup import MEMORY, Setup, import_all
from motet.kernel.card import Card
from motet.kernel.error_payload import text_of
from motet.kernel.errors import MissingExtra, MotetError
from motet.kernel.schema import ANY
from motet.tasks.executors import DEFAULT_EXECUTORS, Executors
from motet.tasks.json_schema import mismatch

__all__ = ["Listed", "card_parts", "executor_table", "listed", "show_executors"]


@dataclass(frozen=True, slots=True)
class Listed:
    """An executor, or why it cannot be loaded.

    Args:
        id: What tasks call it.
        card: What it says of itself.
        missing: What has to be installed or put right first; "" where it can be used.
    """

    id: str
    card: Card | None
    missing: str = ""


def show_executors(id_: str | None, imports: tuple[str, ...], signals: Signals, *, json: bool, debug: bool) -> int:
    """List the executors, or show one of them; return the exit code."""
    session = Session(Setup(store=MEMORY, imports=imports), signals, json=json, debug=debug)

    def prepared() -> Work:
        import_all(imports)
        return work

    async def work() -> int:
        if id_ is not None:
            card = DEFAULT_EXECUTORS.get(id_).card
            if json:
                session.show.result(_document(Listed(id_, card)), ANY)
            else:
                lay(session.out, *card_parts(id_, card, imports))
            return 0
        found = listed(DEFAULT_EXECUTORS)
        if json:
            session.show.result([_document(each) for each in found], ANY)
        else:
            lay(session.out, executor_table(found))
        return 0

    return session.perform(prepared)


def listed(executors: Executors) -> list[Listed]:
    """Load every executor, and take down those that cannot be."""
    return [_listed(executors, id_) for id_ in sorted(executors)]


def _listed(executors: Executors, id_: str) -> Listed:
    try:
        return Listed(id_, executors.get(id_).card)
    except MissingExtra as error:
        return Listed(id_, None, f'pip install "motet[{error.details.get("extra")}]"')
    except MotetError as error:
        return Listed(id_, None, one_line(text_of(error)) or type(error).__name__)
    except Exception as error:  # noqa: BLE001 - an installed package may fail in any way, and the others are listed
        return Listed(id_, None, describe(error))


def executor_table(found: list[Listed]) -> RenderableType:
    """Lay out executors: what they do, and what those that cannot be loaded need."""
    made = table("id", "description", "tags", broken=("description",))
    for each in found:
        if each.card is None:
            made.add_row(Text(each.id), Text(f"needs {each.missing}", "yellow"), "")
        else:
            lines = each.card.description.splitlines() or [""]
            made.add_row(Text(each.id), Text(lines[0]), Text(", ".join(each.card.tags), "dim"))
    return made


def card_parts(id_: str, card: Card, imports: tuple[str, ...] = ()) -> Iterator[RenderableType]:
    """Yield the parts of what is shown of an executor.

    Args:
        id_: What tasks call it.
        card: What it says of itself.
        imports: What has to be loaded before it is known.
    """
    yield Text(id_, "bold")
    yield Text(card.description)
    yield ""
    yield from fields("it takes", card.input_schema)
    yield ""
    yield from fields("it gives", card.output_schema)
    yield ""
    if card.tags or card.version != "1":
        yield sheet({"tags": ", ".join(card.tags), "version": card.version if card.version != "1" else None})
        yield ""
    yield from _examples(id_, card, imports)


def _examples(id_: str, card: Card, imports: tuple[str, ...]) -> Iterator[RenderableType]:
    """Yield command lines that can be run as they are, and the same as a task."""
    samples = card.examples or (example(card.input_schema),)
    made_up = not card.examples and (mismatch(samples[0], card.input_schema) or "..." in _written(samples[0]))
    yield Text("for example, with what is missing filled in:" if made_up else "for example:")
    for sample in samples:
        words = ["motet", "run", id_, "--inputs", _written(sample)]
        words += [word for source in imports for word in ("--import", source)]
        words += _allowed(id_, sample)
        yield Text(f"  {shlex.join(words)}")
    yield Text("as a task:")
    yield Text(f"  {_written({'name': id_, 'executor': id_, 'inputs': samples[0]})}")


def _allowed(id_: str, sample: object) -> list[str]:
    """Return the option without which the program of an example is not started."""
    argv = sample.get("argv") if isinstance(sample, Mapping) and id_ == "command" else None
    return ["--allow-command", str(argv[0])] if isinstance(argv, list) and argv else []


def _written(value: object) -> str:
    return json_module.dumps(value, ensure_ascii=False)


def _document(found: Listed) -> dict[str, Any]:
    card = found.card
    if card is None:
        return {"id": found.id, "missing": found.missing}
    return {
        "id": found.id,
        "missing": None,
        "description": card.description,
        "tags": list(card.tags),
        "version": card.version,
        "input": dict(card.input_schema),
        "output": dict(card.output_schema),
        "examples": list(card.examples),
        "streaming": card.streaming,
    }
