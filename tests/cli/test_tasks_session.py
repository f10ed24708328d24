import json
from collections.abc import Callable

import pytest

from motet.cli.failures import InvalidUsage
from motet.cli.signals import Interrupted, Signals
from motet.cli.tasks_session import Session, Work
from motet.cli.tasks_setup import MEMORY, Setup
from motet.kernel.errors import Cancelled, DeadlineExceeded, MissingExtra, NotFound
from motet.tasks.errors import Conflict, StoreBroken, StoreUnavailable


def performed(error: BaseException | None, *, early: bool = False, code: int = 0, **options: bool) -> int:
    """Perform something that raises an error, or ends with a code."""

    async def work() -> int:
        if error is not None:
            raise error
        return code

    def prepare() -> Work:
        if early and error is not None:
            raise error
        return work

    with Signals() as signals:
        return Session(Setup(), signals, **options).perform(prepare)


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidUsage("no\nway"), 2),
        (NotFound("no; way"), 2),
        (Conflict("no; way"), 2),
        (MissingExtra("no; way"), 2),
        (StoreUnavailable("no; way"), 1),
        (StoreBroken("no; way"), 1),
        (DeadlineExceeded("no; way"), 1),
        (Cancelled("no; way"), 1),
    ],
)
def test_the_exit_code_says_whose_fault_it_was(
    error: Exception, code: int, early: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert performed(error, early=early) == code
    assert capsys.readouterr() == ("", "motet: no; way\n")


def test_the_code_of_the_work_stands(capsys: pytest.CaptureFixture[str]) -> None:
    assert [performed(None, code=code) for code in (0, 1, 3)] == [0, 1, 3]
    assert capsys.readouterr() == ("", "")


def test_a_defect_is_told_with_its_type(capsys: pytest.CaptureFixture[str]) -> None:
    assert performed(KeyError("x")) == 1
    assert capsys.readouterr() == ("", "motet: KeyError: 'x'\n")
    assert performed(KeyError("x"), debug=True) == 1
    assert "Traceback" in capsys.readouterr().err


def test_programs_get_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert performed(NotFound("no way"), json=True) == 2
    out, errors = capsys.readouterr()
    assert (json.loads(out)["error"]["code"], errors) == ("not_found", "")


@pytest.mark.parametrize("debug", [False, True])
def test_a_traceback_is_shown_to_those_who_ask(debug: bool, capsys: pytest.CaptureFixture[str]) -> None:
    performed(NotFound("no way"), early=True, debug=debug)
    assert ("Traceback" in capsys.readouterr().err) is debug


@pytest.mark.parametrize(
    ("setup", "tree", "told"),
    [
        (Setup(), "1f0c", "motet: interrupted; go on with: motet tasks resume 1f0c --store sqlite:///motet.db\n"),
        (Setup(), "", "motet: interrupted; go on with: motet tasks resume --store sqlite:///motet.db\n"),
        (Setup(), None, "motet: interrupted\n"),
        (Setup(store=MEMORY), "1f0c", "motet: interrupted\n"),
    ],
)
def test_an_interruption_says_how_to_go_on(
    setup: Setup, tree: str | None, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    signals = Signals()
    session = Session(setup, signals)
    session.tree_id = tree
    say: Callable[[Interrupted], object] = signals.say
    say(Interrupted(2))
    assert capsys.readouterr() == ("", told)
