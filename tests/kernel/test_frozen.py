"""Values as they were: nothing changes them afterwards, and whatever they are, they become JSON data."""

import dataclasses
import datetime as dt
import enum
import io
import json
from collections import OrderedDict, deque
from collections.abc import Callable
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from motet.kernel.errors import AgentFailed
from motet.kernel.frozen import bytes_of, freeze, freeze_error, is_data, thaw, thaw_error


class Account(BaseModel):
    name: str
    secret: SecretStr
    api_key: str = "sk-1"


@dataclasses.dataclass
class Point:
    x: int
    y: float


class Colour(enum.Enum):
    RED = "red"


class Opaque:
    def __repr__(self) -> str:
        return "Opaque(token='abc', n=1)"


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (None, None),
        (True, True),
        (5, 5),
        (0.5, 0.5),
        ("é", "é"),
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}),
        ((1, 2), [1, 2]),
        (Point(1, 0.5), {"x": 1, "y": 0.5}),
        (Colour.RED, "red"),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (Decimal("1.5"), "1.5"),
        (Account(name="a", secret=SecretStr("hush")), {"name": "a", "secret": "[redacted]", "api_key": "[redacted]"}),
        ([SecretStr("hush")], ["**********"]),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        ([float("inf")], ["Infinity"]),
        (b"\x00\xff", {"$bytes": "AP8="}),
        ([b"text"], ["text"]),
        ([b"\xff"], ["_w=="]),
        (Opaque(), {"$repr": "Opaque(token=[redacted], n=1)"}),
        ({"it": Opaque()}, {"it": {"$repr": "Opaque(token=[redacted], n=1)"}}),
        (Broken(), {"$unreadable": "Broken: RuntimeError"}),
        (CIRCLE, {"$repr": "[[...]]"}),
        ("\ud800", "?"),
        (["\ud800"], {"$repr": "['\\ud800']"}),
        (10**5000, {"$unreadable": "a number of 16,610 bits"}),
        ([ValueError("no")], [{"$error": {"code": "agent_failed", "message": "no"}}]),
    ],
    ids=lambda it: type(it).__name__,
)
def test_whatever_it_is_it_becomes_json_data(value: object, data: object) -> None:
    found = thaw(freeze(value))
    if isinstance(found, list) and isinstance(found[0], dict) and "$error" in found[0]:
        found[0]["$error"] = {key: found[0]["$error"][key] for key in ("code", "message")}
    assert found == data
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_what_changes_later_changes_nothing() -> None:
    value = {"a": [1]}
    kept = freeze(value)
    value["a"].append(2)
    assert thaw(kept) == {"a": [1]}


def test_text_and_numbers_are_kept_as_they_are_and_cost_no_encoding() -> None:
    text = "a" * 100
    assert freeze(text) is text


class Holder(BaseModel, arbitrary_types_allowed=True):
    rows: Any


@dataclasses.dataclass(slots=True)
class Slotted:
    rows: Any


def nested(it: object) -> object:
    for _ in range(20):
        it = [{"a": (it, 1)}]
    return it


WRAPS: dict[str, Callable[[Any], Any]] = {
    "itself": lambda it: it,
    "a list": lambda it: [1, it],
    "a dict": lambda it: {"a": it},
    "a tuple": lambda it: (it,),
    "a set": lambda it: {it, 1},
    "a deque": lambda it: deque([it]),
    "an ordered dict": lambda it: OrderedDict(a=it),
    "a model": lambda it: Holder(rows=it),
    "a dataclass": Slotted,
    "far down": nested,
}


@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS)
@pytest.mark.parametrize(
    "make", [lambda: (n for n in "abc"), lambda: map(str, "abc"), lambda: iter("abc"), lambda: io.StringIO("a\nb\nc")]
)
def test_an_iterator_is_not_used_up(wrap: Callable[[Any], Any], make: Callable[[], Any]) -> None:
    letters = make()
    told = thaw(freeze(wrap(letters)))
    assert list(told) == ["$repr"]
    assert [letter.strip() for letter in letters] == ["a", "b", "c"]


def test_an_endless_iterator_ends_nothing() -> None:
    assert thaw(freeze(count())) == {"$repr": "count(0)"}
    assert "count(0)" in thaw(freeze({"a": [count()]}))["$repr"]


def test_what_holds_itself_or_breaks_when_it_is_looked_through_harms_nobody() -> None:
    for times in (1, 2, 100_000):
        ring: list[Any] = []
        ring += [ring] * times
        assert list(thaw(freeze(ring))) == ["$repr"]

    class Broken:
        __dataclass_fields__ = ("rows",)

        @property
        def __dict__(self) -> Any:
            raise RuntimeError("nothing to see here")

    assert list(thaw(freeze(Broken()))) == ["$repr"]


def test_what_is_long_is_cut_and_says_how_long_it_was() -> None:
    assert thaw(freeze("x" * 101, 100)) == {"$cut": {"size": 101, "head": "x" * 101}}
    assert thaw(freeze("x" * 5000, 100))["$cut"]["head"] == "x" * 1000
    assert thaw(freeze(b"x" * 101, 100))["$cut"]["size"] == 101
    cut = thaw(freeze({"password": "hush", "text": "y" * 200}, 100), 100)["$cut"]
    assert cut["head"].startswith('{"password":"[redacted]","text":"yyy')
    assert cut["size"] == len('{"password":"hush","text":""}') + 200


def test_what_is_too_deep_to_read_is_said_to_be_so() -> None:
    deep: list[Any] = []
    for _ in range(220):
        deep = [deep]
    assert "$unreadable" in thaw(freeze(deep))


def test_a_users_serializer_that_fails_is_no_failure_of_the_work() -> None:
    class Odd(BaseModel):
        n: int

        def model_post_init(self, _: object) -> None:
            self.__dict__["n"] = Broken()

    assert "$unreadable" in json.dumps(thaw(freeze(Odd(n=1))))


def test_errors_are_kept_with_their_causes() -> None:
    error = AgentFailed("outer", key="value", api_key="hush")
    error.__cause__ = ValueError("inner")
    data = thaw(freeze_error(error))
    assert (data["message"], data["cause"]["details"]) == ("outer", {"type": "ValueError"})
    assert data["details"] == {"key": "value", "api_key": "[redacted]"}
    assert freeze_error(None) is None


def test_an_error_that_is_too_long_keeps_its_class_and_the_beginning_of_what_it_says() -> None:
    error = LookupError("bad: " + "z" * 70_000)
    error.__cause__ = AgentFailed("y" * 70_000, body="x" * 70_000, type="Odd")
    frozen = freeze_error(error)
    assert thaw_error(frozen, 10**6) == thaw(frozen, 10**6)
    cut = thaw_error(frozen)
    assert (cut["code"], cut["details"], cut["cut"]) == ("agent_failed", {"type": "LookupError"}, len(frozen))  # type: ignore[arg-type]
    assert (cut["message"], len(cut["message"])) == (str(error)[:1000], 1000)
    assert (cut["cause"]["code"], cut["cause"]["details"]) == ("agent_failed", {"type": "Odd"})
    assert len(json.dumps(cut)) < 3000
    assert thaw_error(None) is None


@pytest.mark.parametrize(
    ("value", "so"),
    [
        ({"a": [1, None]}, True),
        ("text", True),
        ({"$repr": "x"}, False),
        ({"a": [{"$cut": {}}]}, False),
        ({"$repr": "x", "more": 1}, True),
        ({"$other": 1}, True),
    ],
)
def test_data_is_told_from_a_mark(value: object, so: bool) -> None:
    assert is_data(value) is so


@pytest.mark.parametrize(
    ("data", "found"),
    [({"$bytes": "AP8="}, b"\x00\xff"), ({"$bytes": "?"}, None), ({"$bytes": 5}, None), ({}, None), ("AP8=", None)],
)
def test_bytes_are_found_in_what_was_recorded_of_them(data: object, found: bytes | None) -> None:
    assert bytes_of(data) == found


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.from_regex(r"[b-g]{1,4}", fullmatch=True), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(JSON)
def test_json_data_stays_what_it_is(value: object) -> None:
    assert thaw(freeze(value)) == value


@given(
    st.binary()
    | st.text(st.characters())
    | st.complex_numbers()
    | st.dictionaries(st.tuples(st.integers()), st.binary())
)
def test_anything_can_be_written_as_json(value: object) -> None:
    json.dumps(thaw(freeze(value, 50), 50), allow_nan=False).encode()
