"""Errors of a record: which class they come back as, and what of them is the same."""

import json
import sys
from types import ModuleType
from typing import Any

import pytest

from motet.devtools.replay_errors import error_from, stood_for
from motet.kernel.error_payload import to_payload
from motet.kernel.errors import AgentFailed, MotetError, NotFound, Unavailable
from motet.kernel.frozen import freeze_error, thaw


class Plain(Exception):
    pass


class Told(Exception):
    """One whose text is not what it is made of."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


class WithRequest(Exception):
    """One that wants more than a text, as those of HTTP clients do."""

    def __init__(self, message: str, *, request: object) -> None:
        super().__init__(message)
        self.request = request


class Shown(Exception):
    """One that makes its text of what only its own `__init__` sets."""

    def __init__(self, status: object) -> None:
        self.status = status

    def __str__(self) -> str:
        return f"status {self.status:>5}"


class Missing(KeyError):
    pass


class Limited(Unavailable):
    """One of ours, without a code of its own."""

    def __init__(self, plan: str, seconds: float) -> None:
        super().__init__(f"plan {plan} is used up", retry_after=seconds, plan=plan)
        self.plan = plan


class Coded(MotetError):
    code = "test_coded"


class Outer:
    class Inner(Exception):
        pass


def again(error: BaseException) -> Exception:
    """Return an error as it is after it was in a file."""
    return error_from(json.loads(json.dumps(thaw(freeze_error(error)))))


@pytest.mark.parametrize(
    "error",
    [
        Plain("it did not work"),
        Plain(),
        Plain("Plain"),
        Told(503),
        WithRequest("no answer", request=object()),
        Shown(404),
        Outer.Inner("deep"),
        Missing("name"),
        KeyError("name"),
        KeyError(("a", 3)),
        KeyError("it's"),
        ValueError("no number"),
        ValueError(),
        FileNotFoundError(2, "No such file", "x"),
        NotFound("nobody", name="x"),
        Limited("free", 4.5),
        Coded("ours"),
        json.JSONDecodeError("what", "{", 0),
    ],
    ids=repr,
)
def test_an_error_comes_back_as_its_own_class_and_says_the_same(error: Exception) -> None:
    found = again(error)
    assert type(found) is type(error)
    assert to_payload(found) == to_payload(error)
    assert stood_for(found) == ""


def test_a_key_error_has_its_key() -> None:
    assert again(KeyError(("a", 3))).args == (("a", 3),)
    assert again(Missing("name")).args == ("name",)


def test_attributes_that_are_numbers_or_short_texts_come_along_and_secrets_do_not() -> None:
    error = WithRequest("no answer", request=object())
    told = {"status": 429, "ratio": 0.5, "code": "used_up", "final": True, "param": None}
    vars(error).update(told, text="x" * 101, body={"a": 1}, api_key="sk-1")
    found = again(error)
    assert vars(found) == {**told, "api_key": "[redacted]"}
    assert again(Told(503)).status == 503  # type: ignore[attr-defined]
    assert again(Limited("free", 4.5)).plan == "free"  # type: ignore[attr-defined]


def test_what_led_to_it_comes_along() -> None:
    error = Plain("outer")
    error.__cause__ = ValueError("inner")
    cause = again(error).__cause__
    assert isinstance(cause, AgentFailed)
    assert (cause.message, cause.details["type"]) == ("inner", "ValueError")


@pytest.mark.parametrize(
    "error",
    [Shown(1j), UnicodeDecodeError("utf-8", b"x", 0, 1, "bad"), ExceptionGroup("some", [ValueError()])],
    ids=repr,
)
def test_one_that_cannot_be_made_again_is_stood_for(error: Exception) -> None:
    found = again(error)
    assert type(found) is AgentFailed
    assert to_payload(found) == to_payload(error)
    assert stood_for(found) == type(error).__name__


def test_a_class_that_is_not_loaded_is_not_looked_for_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "harmful.py").write_text("raise SystemExit('loaded')")
    monkeypatch.syspath_prepend(tmp_path)
    found = error_from({**to_payload(Plain("x")), "class": "harmful:Harm"})
    assert (type(found), stood_for(found)) == (AgentFailed, "Plain")
    assert "harmful" not in sys.modules


@pytest.mark.parametrize(
    "told", ["builtins:print", "os:system", "builtins:KeyboardInterrupt", "", ":", "a", 5, None, []]
)
def test_what_is_no_exception_is_not_made(told: object) -> None:
    found = error_from({"code": "agent_failed", "message": "x", "details": {"type": "print"}, "class": told})
    assert (type(found), found.message) == (AgentFailed, "x")  # type: ignore[attr-defined]


def test_a_module_with_lazy_names_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("lazy_names")

    def fail(name: str) -> object:
        raise AssertionError(name)

    module.__getattr__ = fail  # type: ignore[method-assign]
    monkeypatch.setitem(sys.modules, "lazy_names", module)
    assert type(error_from({**to_payload(Plain("x")), "class": "lazy_names:Nobody"})) is AgentFailed


def test_of_a_class_that_was_loaded_anew_it_is_the_one_that_its_module_has(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("anew")
    monkeypatch.setitem(sys.modules, "anew", module)
    kinds = []
    for _ in range(3):
        exec("class Anew(Exception): pass", vars(module))  # noqa: S102 - as an import does
        kinds.append(module.Anew)
    module.Anew = kinds[1]  # type: ignore[attr-defined]
    assert type(again(kinds[0]("x"))) is kinds[1]


def test_the_module_of_a_script_is_called_otherwise_where_it_is_imported() -> None:
    assert type(error_from({**to_payload(Plain("x")), "class": "__main__:Coded"})) is Coded
    second = type("Coded", (Exception,), {"__qualname__": "Coded", "__module__": "elsewhere"})
    assert type(error_from({**to_payload(Plain("x")), "class": "__main__:Coded"})) is AgentFailed, second


def test_a_record_that_does_not_name_the_class_tells_those_of_python() -> None:
    assert type(error_from(to_payload(ValueError("x")))) is ValueError
    assert type(error_from(to_payload(Plain("x")))) is AgentFailed
    assert type(error_from(to_payload(NotFound("x", type="ValueError")))) is NotFound
    assert type(error_from({})) is AgentFailed
