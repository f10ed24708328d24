"""The tables of the guide to agents are those of the code."""

import re
from inspect import isclass

import pytest
from doc_pages import ROOT

from motet.kernel import errors, events
from motet.kernel.context import Context
from motet.kernel.errors import MotetError
from motet.kernel.events import Event
from motet.kernel.scope import CallOptions

PAGE = (ROOT / "docs" / "guides" / "agents.md").read_text(encoding="utf-8")
ERRORS = [value for value in vars(errors).values() if isclass(value) and issubclass(value, MotetError)]
EVENTS = {value.__name__ for value in vars(events).values() if isclass(value) and issubclass(value, Event)}


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the last table in a section, without its head."""
    section = re.split(r"^## ", PAGE.partition(f"## {heading}\n")[2], flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    head = max(number for number, line in enumerate(lines) if set(line) <= set("|- "))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[head + 1 :]]


def test_every_error_has_a_row():
    assert [row[0] for row in rows("Errors")] == [f"`{error.__name__}`" for error in ERRORS]


@pytest.mark.parametrize("error", ERRORS)
def test_the_row_of_an_error_is_right(error: type[MotetError]):
    _, means, code, fault, retryable = next(row for row in rows("Errors") if row[0] == f"`{error.__name__}`")
    parent = error.__bases__[0]
    assert code == f"`{error.code}`"
    assert fault.split()[0] == error.fault
    assert retryable == ("yes" if error.retryable else "no")
    assert (f"`{parent.__name__}`)" in means) == (parent not in {MotetError, Exception})


def test_every_event_has_a_row():
    listed = re.findall(r"`(\w+)`", " ".join(row[0] for row in rows("Events and observers")))
    assert len(listed) == len(set(listed))
    assert set(listed) == EVENTS - {"Event"}


def test_every_option_of_a_call_has_a_row():
    assert [row[0].strip("`") for row in rows("Calling")] == list(CallOptions.__annotations__)


def test_what_an_agent_knows_is_there():
    listed = re.findall(r"`(?:await )?(\w+)(?:\([^`]*\))?`", " ".join(row[0] for row in rows("What an agent knows")))
    assert listed
    assert all(hasattr(Context, name) or name in Context.__slots__ for name in listed)
