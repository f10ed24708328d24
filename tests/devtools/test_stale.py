"""Values of classes that have been defined anew."""

import sys
from dataclasses import dataclass
from datetime import date
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel, Field

from motet.devtools.stale import is_stale, renewed


def defined() -> ModuleType:
    module = ModuleType("stale_models")
    sys.modules["stale_models"] = module

    class Inner(BaseModel):
        day: date

    class Model(BaseModel):
        text: str = Field(alias="Text")
        inner: list[Inner] = []

    @dataclass
    class Data:
        x: int

    class Plain:
        pass

    for cls in (Inner, Model, Data, Plain):
        cls.__module__, cls.__qualname__ = "stale_models", cls.__name__
        setattr(module, cls.__name__, cls)
    return module


OLD, NEW = defined(), defined()


@pytest.mark.parametrize(
    "make",
    [
        lambda module: module.Model(Text="a"),
        lambda module: module.Data(1),
        lambda module: module.Plain(),
        lambda module: [1, module.Data(1)],
        lambda module: {"a": ("b", module.Data(1))},
    ],
)
def test_a_value_of_a_class_that_was_replaced_is_stale(make: Any) -> None:
    sys.modules["stale_models"] = NEW
    assert is_stale(make(OLD))
    assert not is_stale(make(NEW))


@pytest.mark.parametrize("value", [None, 1, "a", b"a", [], {}, date(2025, 1, 1), [[[[[OLD.Data(1)]]]]], object(), int])
def test_everything_else_is_not(value: object) -> None:
    assert not is_stale(value)


def test_a_class_inside_a_function_is_never_stale() -> None:
    class Local:
        pass

    assert not is_stale(Local())


def test_a_class_whose_module_is_gone_is_not_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "stale_models")
    assert not is_stale(OLD.Data(1))


def test_a_renewed_value_is_data_that_the_new_class_takes() -> None:
    old = OLD.Model(Text="a", inner=[OLD.Inner(day=date(2025, 1, 1))])
    assert NEW.Model.model_validate(renewed(old)).inner[0].day == date(2025, 1, 1)
    assert renewed([OLD.Data(1)]) == [{"x": 1}]


def test_what_is_no_data_stays_as_it_is() -> None:
    plain = OLD.Plain()
    assert renewed(plain) is plain
