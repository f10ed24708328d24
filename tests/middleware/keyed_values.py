"""Values for the tests of keys: classes, values that all differ, and strategies that make more of them."""

import dataclasses
import datetime as dt
import enum
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from ipaddress import ip_address, ip_network
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import MappingProxyType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from pydantic import AnyUrl, BaseModel, ConfigDict, HttpUrl, PrivateAttr

from motet.kernel.message import Message

__all__ = ["DIFFERENT", "NOON", "Color", "Model", "Open", "Point", "Secretive", "typed", "values"]


class Color(enum.Enum):
    RED = 1
    ALSO_RED = 1  # noqa: PIE796 - another name for it is meant
    BLUE = "1"


class Number(enum.IntEnum):
    ONE = 1


class Mode(enum.Flag):
    READ = 1
    WRITE = 2


@dataclasses.dataclass
class Point:
    x: Any
    y: Any = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Slotted:
    x: Any
    y: Any = 0


class Model(BaseModel):
    x: Any = None
    y: Any = 0


class Other(BaseModel):
    x: Any = None
    y: Any = 0


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class Secretive(BaseModel):
    x: int = 0
    _secret: Any = PrivateAttr(default=None)


Pair = namedtuple("Pair", "x y")  # noqa: PYI024 - a plain one is meant

UTC, BERLIN, ROME = dt.UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Rome")
NOON = dt.datetime(2024, 7, 1, 12)  # noqa: DTZ001 - a naive one is meant

DIFFERENT = [
    None, True, False, 1, 0, 1.0, 0.0, -0.0, 1j, float("nan"), float("inf"), 10**5000, -(10**5000), 255, 256, -1, -256,
    "", "1", "True", "None", "ä", "a\u0308", "\ud800", b"", b"1", bytearray(b"1"),
    [], (), {}, set(), frozenset(), [[]], [()], ([],), [{}], {"": []}, [None], [""], ["", ""],
    [1], ["1"], [True], [1.0], [b"1"], (1,), {1}, frozenset({1}), deque([1]), {1: 1}, {"1": 1}, {1: "1"},
    ["ab", "c"], ["a", "bc"], ["abc"], "abc", [["ab"], "c"], [["ab", "c"]], ["1:a"], ["s1:a"], ["as", "b"],
    ["a", "sb"], [b"ab", b"c"], [b"a", b"bc"],
    {"a": {"b": 1}}, {"a": {}, "b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 1}, [("a", 1), ("b", 2)],
    OrderedDict(a=1, b=2), OrderedDict(b=2, a=1), MappingProxyType({"a": 1}), {"a": 1}, Counter({"a": 1}),
    defaultdict(int, {"a": 1}),
    Color.RED, Color.BLUE, Number.ONE, Mode.READ, Mode.WRITE, Mode.READ | Mode.WRITE,
    Point(1), Point("1"), Point(1, 1), Slotted(1), Pair(1, 0), Model(x=1), Other(x=1), Model(x=True), Model(x=[1]),
    Model(x=Model()), Open.model_validate({"a": 1}), Open.model_validate({"a": 2}), Open(), Secretive(x=1),
    NOON, NOON.replace(tzinfo=UTC), NOON.replace(tzinfo=BERLIN), NOON.replace(tzinfo=ROME), NOON.replace(fold=1),
    NOON.replace(tzinfo=dt.timezone(dt.timedelta(hours=2))), NOON.replace(microsecond=1), NOON.date(), NOON.time(),
    NOON.isoformat(), dt.timedelta(1), dt.timedelta(0, 1), dt.timedelta(0, 0, 1),
    UUID(int=1), UUID(int=2), str(UUID(int=1)), Decimal(1), Decimal("1.0"), Decimal("1.00"), Fraction(1),
    Fraction(1, 2), PurePosixPath("a"), PureWindowsPath("a"), PurePosixPath("a/b"), Path("a"), AnyUrl("http://a/"),
    HttpUrl("http://a/"), ip_address("1.2.3.4"), ip_network("1.2.3.4/32"), ip_address("::1"),
    Message.of("hello"), Message.of("hello", role="agent"),
]  # fmt: skip


def scalars() -> st.SearchStrategy[Any]:
    return st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary(), st.dates(),
        st.text("snl01:", max_size=4),  # what looks like the way in which keys are written
        st.datetimes(), st.timedeltas(), st.uuids(), st.decimals(allow_nan=False), st.sampled_from(list(Color)),
        st.integers(0, 2).map(lambda number: [0, "0", b"0"][number]),
    )  # fmt: skip


def values() -> st.SearchStrategy[Any]:
    keys = st.one_of(st.integers(-2, 2), st.booleans(), st.text(max_size=2), st.tuples(st.integers(0, 1)))
    return st.recursive(
        scalars(),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.lists(inner, max_size=4).map(tuple),
            st.dictionaries(keys, inner, max_size=4),
            st.frozensets(scalars(), max_size=4),
            st.builds(Point, inner, inner),
            st.builds(Model, x=inner, y=inner),
        ),
        max_leaves=12,
    )


def typed(value: Any) -> Any:
    """Write a value as one that is equal to another one only if the types are, too: the model of what a key is."""
    kind = type(value).__name__
    if isinstance(value, float | Decimal):
        return kind, str(value)  # 0.0 and -0.0 are equal, and not the same
    if isinstance(value, list | tuple):
        return kind, tuple(typed(item) for item in value)
    if isinstance(value, Mapping):
        return kind, frozenset((typed(key), typed(item)) for key, item in value.items())
    if isinstance(value, frozenset):
        return kind, frozenset(typed(item) for item in value)
    if isinstance(value, Point | Model):
        return kind, typed(value.x), typed(value.y)
    return kind, value
