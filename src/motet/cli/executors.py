"""`motet executors`: what tasks can name."""

import json as json_module
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from motet.cli.brief import brief, example
from motet.cli.failures import describe, one_line
from motet.cli.paper import lay, sheet, table
from motet.cli.signals import Signals
from motet.cli.tasks_session import Session, Work
from motet.cli.tasks_setup import MEMORY, Setup, import_all
from motet.kernel.card import Card
from motet.kernel.errors import MissingExtra, MotetError
from motet.kernel.schema import ANY
from motet.tasks.executor import DEFAULT_EXECUTORS, Executors

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
                lay(session.out, *card_parts(id_, card))
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
        return Listed(id_, None, one_line(str(error)))
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


def card_parts(id_: str, card: Card) -> Iterator[RenderableType]:
    """Yield the parts of what is shown of an executor.

    Args:
        id_: What tasks call it.
        card: What it says of itself.
    """
    sample = card.examples[0] if card.examples else example(card.input_schema)
    line = ["motet", "run", id_, "--inputs", _written(sample)]
    yield Text(id_, "bold")
    yield Text(card.description)
    yield ""
    yield from _fields("it takes", card.input_schema)
    yield ""
    yield from _fields("it gives", card.output_schema)
    yield ""
    yield sheet(
        {
            "tags": ", ".join(card.tags),
            "version": card.version if card.version != "1" else None,
            "examples": "\n".join(_written(each) for each in card.examples),
        }
    )
    yield Text(f"for example: {shlex.join(line)}")


def _fields(title: str, schema: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yield the fields of an object as a table, anything else in brief."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    if not properties:
        yield Text.assemble((title, "bold"), f": {brief(schema)}")
        return
    required = set(schema.get("required", ()))
    described = any("description" in inner for inner in properties.values())
    headings = ("type", "default", *(["description"] if described else []))
    made = table(title, *headings, broken=headings)
    for name, inner in properties.items():
        bare = {key: value for key, value in inner.items() if key != "default"} | {"$defs": schema.get("$defs", {})}
        default = "required" if name in required else _written(inner["default"]) if "default" in inner else ""
        cells: list[RenderableType] = [Text(name), Text(brief(bare)), Text(default)]
        made.add_row(*cells, *([Text(inner.get("description", ""))] if described else []))
    yield made


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
