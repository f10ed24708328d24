"""What fits together, and what certainly does not: a table, and pydantic itself as the judge."""

import collections
import datetime as dt
import enum
import ipaddress
import re
import typing
import uuid
from collections import abc, deque
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, Optional, Protocol, TypeVar, runtime_checkable

import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, RootModel, model_validator
from pydantic.dataclasses import dataclass as checked_dataclass
from typing_extensions import TypedDict

from motet.flow.compatible import fits
from motet.kernel.schema import Schema

T = TypeVar("T")


class Question(BaseModel):
    text: str = "?"


class Hard(Question):
    level: int = 1


class Answer(BaseModel):
    text: str = "!"


class Box(BaseModel, Generic[T]):
    item: T


class Numbers(RootModel[list[int]]):
    pass


class Reads(BaseModel):
    """Takes a text, too."""

    text: str = ""

    @model_validator(mode="before")
    @classmethod
    def read(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value


class Mirrors(BaseModel):
    """Takes anything with the right attributes."""

    model_config = ConfigDict(from_attributes=True)
    text: str


class Shouts(Question):
    """Looks at what it has become, and at nothing else."""

    @model_validator(mode="after")
    def check(self) -> "Shouts":
        return self


class Custom:
    """Tells pydantic itself what it takes."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler) -> Any:
        return handler(int)


@dataclass
class Point:
    x: int = 0


@checked_dataclass
class Checked:
    x: int = 0


@dataclass
class Parsed:
    x: int = 0

    @model_validator(mode="before")
    @classmethod
    def read(cls, value: Any) -> Any:
        return {"x": 1}


class Pair(NamedTuple):
    left: int = 1
    right: int = 2


class Row(TypedDict):
    text: str


class Plain:
    text = "plain"


class Special(Plain):
    pass


class Text(str):
    __slots__ = ()


class Weighs:
    """A number, to pydantic: it can be made a float."""

    def __float__(self) -> float:
        return 1.0


class Indexed:
    """Can be iterated over, though it has no `__iter__`."""

    def __getitem__(self, index: int) -> int:
        return [1][index]


class Pages(Generic[T]):
    pass


@runtime_checkable
class Sized(Protocol):
    def size(self) -> int: ...


class Counted:
    def size(self) -> int:
        return 1


class Kind(enum.Enum):
    BUG = "bug"


class Level(enum.Enum):
    LOW = 1


class Word(enum.StrEnum):
    BUG = "bug"


class Grade(enum.IntEnum):
    ONE = 1


class Guessed(enum.Enum):
    BUG = "bug"

    @classmethod
    def _missing_(cls, value) -> "Guessed":
        return cls.BUG


class Implements(Sized):
    def size(self) -> int:
        return 1


UserId = NewType("UserId", int)
Stripped = Annotated[str, AfterValidator(str.strip)]
Short = Annotated[str, Field(max_length=5)]
Loose = Annotated[str, Field(coerce_numbers_to_str=True)]
ReadQuestion = Annotated[Question, BeforeValidator(lambda text: Question(text=str(text)))]

SAMPLES: dict[Any, list[Any]] = {
    type(None): [None],
    bool: [True, False],
    int: [0, 1, 7],
    float: [0.0, 1.0, 2.5],
    complex: [1j, 1 + 0j],
    str: ["1", "a", "true", "bug", "2020-01-01", "10:00", "P1D", "1.5", str(uuid.UUID(int=0)), "127.0.0.1"],
    bytes: [b"1", b"a", b"2020-01-01", b"10:00", b"P1D", bytes(16)],
    bytearray: [bytearray(b"1"), bytearray(b"2020-01-01")],
    Decimal: [Decimal(1), Decimal("1.5")],
    Fraction: [Fraction(1), Fraction(1, 2)],
    dt.datetime: [dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 1, 1)],  # noqa: DTZ001 - naive on purpose
    dt.date: [dt.date(2020, 1, 1), dt.datetime(2020, 1, 1)],  # noqa: DTZ001 - naive on purpose
    dt.time: [dt.time(1)],
    dt.timedelta: [dt.timedelta(1)],
    uuid.UUID: [uuid.UUID(int=0)],
    Path: [Path("a")],
    ipaddress.IPv4Address: [ipaddress.IPv4Address("127.0.0.1")],
    re.Pattern: [re.compile("a")],
    type: [int, Question],
    type[int]: [bool],
    Kind: [Kind.BUG],
    Level: [Level.LOW],
    Word: [Word.BUG],
    Grade: [Grade.ONE],
    Guessed: [Guessed.BUG],
    Literal["bug"]: ["bug"],
    Literal["1", 2]: ["1", 2],
    Literal[1]: [1],
    Literal[Kind.BUG]: [Kind.BUG],
    Question: [Question(), Hard(), Shouts()],
    Hard: [Hard()],
    Answer: [Answer()],
    Shouts: [Shouts()],
    Reads: [Reads()],
    Mirrors: [Mirrors(text="a")],
    Box[int]: [Box[int](item=1)],
    Box[str]: [Box[str](item="1")],
    Box[list[int]]: [Box[list[int]](item=[1])],
    Numbers: [Numbers([1])],
    Custom: [],
    Point: [Point()],
    Checked: [Checked()],
    Parsed: [Parsed()],
    Pair: [Pair()],
    Row: [{"text": "a"}],
    Plain: [Plain(), Special()],
    Special: [Special()],
    Text: [Text("1")],
    Weighs: [Weighs()],
    Indexed: [Indexed()],
    Counted: [Counted()],
    Sized: [Counted()],
    list[int]: [[1], [1, 2]],
    list[str]: [["1"], ["a"], ["a", "b"]],
    list[Any]: [[1], ["a"], [Question()]],
    list[Question]: [[Question()]],
    list[Answer]: [[Answer()]],
    list[int | None]: [[None], [1]],
    list[str | None]: [[None], ["a"]],
    list[dict[str, int]]: [[{"a": 1}]],
    set[int]: [{1}],
    frozenset[str]: [frozenset({"a"})],
    deque[int]: [deque([1])],
    tuple[int, ...]: [(1,), (1, 2, 3)],
    tuple[int, str]: [(1, "a"), (1, "1")],
    tuple[str]: [("1",), ("a",)],
    tuple: [(0, (1,), 0), ("a",)],
    abc.Sequence[int]: [[1], (1,), range(1, 2)],
    abc.Iterable[int]: [[1], {1: 2}.keys()],
    abc.Set[int]: [{1}],
    dict: [{"text": "a"}, {1: 1}],
    dict[str, int]: [{"a": 1}, {"x": 1}],
    dict[str, str]: [{"text": "a"}, {"a": "1"}],
    dict[int, Any]: [{1: "a"}],
    abc.Mapping[str, str]: [{"text": "a"}],
    collections.OrderedDict[str, str]: [collections.OrderedDict(text="a")],
    Short: ["a", "1"],
    Loose: ["a"],
    ReadQuestion: [Question()],
    UserId: [1],
    int | str: [1, "a"],
    Question | None: [Question(), None],
    pydantic.SecretStr: [pydantic.SecretStr("a")],
    abc.Callable[[int], int]: [abs],
}


def accepted(value: Any, wanted: Any) -> bool:
    try:
        Schema(wanted).adapter.validate_python(value)
    except pydantic.ValidationError:
        return False
    return True


def test_what_pydantic_accepts_fits():
    wrong = [
        f"{Schema(kind).name} -> {Schema(wanted).name}: {value!r}"
        for wanted in SAMPLES
        for kind, values in SAMPLES.items()
        for value in values
        if value is not None and not fits(kind, wanted) and accepted(value, wanted)
    ]
    assert not wrong


def test_every_sample_is_a_value_of_its_type():
    assert all(accepted(value, kind) for kind, values in SAMPLES.items() for value in values)


ATOMS = st.sampled_from(
    [(kind, values) for kind, values in SAMPLES.items() if values and not isinstance(kind, TypeVar)]
)


def grown(inner):
    """Make types of types, and values of them."""
    return (
        inner.map(lambda one: (list[one[0]], [[value] for value in one[1]]))
        | inner.map(lambda one: (Annotated[one[0], "of no account"], one[1]))
        | inner.map(lambda one: (Optional[one[0]], one[1]))  # noqa: UP045 - the type is known at run time only
        | inner.map(lambda one: (dict[str, one[0]], [{"text": value} for value in one[1]]))
        | inner.map(lambda one: (tuple[one[0], ...], [(value, value) for value in one[1]]))
        | st.tuples(inner, inner).map(lambda two: (typing.Union[two[0][0], two[1][0]], two[0][1] + two[1][1]))  # noqa: UP007
        | st.tuples(inner, inner).map(
            lambda two: (tuple[two[0][0], two[1][0]], [(left, right) for left in two[0][1] for right in two[1][1]])
        )
    )


TYPES = st.recursive(ATOMS, grown, max_leaves=4)


@settings(max_examples=200)
@given(TYPES, TYPES)
def test_what_pydantic_accepts_fits_in_types_of_types(given_, wanted):
    kind, values = given_
    if any(value is not None and accepted(value, wanted[0]) for value in values):
        assert fits(kind, wanted[0])


@settings(max_examples=200)
@given(TYPES)
def test_every_type_fits_itself(one):
    assert fits(one[0], one[0])
    assert fits(one[0], one[0] | None)
    assert fits(one[0], Any)
    assert fits(Any, one[0])


NEVER = {
    str: [int, float, Question, list[int], UserId, Optional[int]],  # noqa: UP045 - the older spelling is meant
    int: [Question, Row, dict[str, int], dt.date, complex, Box[int]],
    int | str: [Question | Answer, dict],
    None: [int, Question],
    dict: [str, Question, list[int]],
    dict[str, int]: [list[int], Question],
    dict[str, str]: [dict[str, int], dict[str, Question]],
    list[int]: [bytes, str, Row, Question, Point, dict[str, int], tuple[int, Question]],
    list[str]: [str, list[int], dict[str, int]],
    list[Question]: [Question, list[str], list[Answer], abc.Iterable[Answer]],
    list[list[Answer]]: [list[list[Question]], list[dict[str, int]]],
    tuple[int]: [tuple[int, int], tuple[Question]],
    tuple[str, str]: [tuple[str, int], list[int], tuple[str]],
    tuple[Question, Answer]: [tuple[int, ...], list[int]],
    abc.Sequence[int]: [Point, str, list[Question]],
    Question: [str, int, bytes, Answer, Plain, Point, Kind, Short, UserId, list[Question], Box[int], Literal["bug"]],
    Answer | None: [Question | None, list[int | None]],
    Box[int]: [Question, str],
    Point: [Plain, Question, int],
    Checked: [Point, str],
    Plain: [Question, dict, str, Pages[int]],
    Kind: [Question, Level, int],
    Word: [Question, list[str]],
    Literal["bug"]: [int, Question, Literal["idea"]],
    Short: [int, Question],
    Stripped: [int, Question],
    Implements: [int, dict],
    type: [int, Question],
    type[int]: [Question],
    Shouts: [str, Answer],
}
MAY = {
    # Nobody knows what one of them is.
    Any: [int, Question],
    object: [Question],
    T: [Question],
    "Later": [Question],
    typing.Never: [Question],
    pydantic.JsonValue: [Question, int],
    list: [list[Question], tuple],
    list[Question]: [list, list[Any], list[T], abc.Iterable, tuple],
    dict[str, Question]: [dict, dict[str, Any]],
    Question: [Any, object, T, "Later", pydantic.JsonValue, Sized, abc.Iterable[int], Hard, BaseModel, Row, dict],
    # None goes nowhere, and a union fits where one member does.
    Shouts: [None, Question | None, Optional[Shouts], Annotated[Question | None, ""], Question | int],  # noqa: UP045
    tuple[int, str]: [tuple[int, *tuple[str, ...]], tuple[int, typing.Unpack[tuple[str, ...]]], list[str]],  # noqa: UP044
    # An annotation may be wider than the values.
    BaseModel: [Question],
    Hard: [Question],
    Special: [Plain],
    Text: [str],
    Literal["bug"]: [str, Word, Literal["bug", "idea"]],
    # Pydantic makes one of the other.
    int: [bool, float, str, bytes, Decimal, Grade, Kind, Weighs, UserId],
    float: [int, str],
    bool: [int, str],
    str: [bytes, Word, Kind],
    bytes: [str],
    dt.datetime: [str, int, dt.date],
    uuid.UUID: [str],
    Path: [str],
    Kind: [str, Word],
    Answer: [dict, dict[str, Any], Row, abc.Mapping[str, Any]],
    Point: [dict],
    Row: [dict, dict[str, Any]],
    dict[str, Any]: [Row],
    list[int]: [set[str], list[str], tuple[int, str], tuple[bool, ...], Indexed],
    tuple[int, int]: [list[int]],
    tuple[int, Question]: [list[Question], tuple[int, ...]],
    Box[str]: [Box[int], Box],
    # The wanted type has a word in it.
    Reads: [str, int],
    Mirrors: [Plain, int],
    Numbers: [int],
    Custom: [int],
    Parsed: [str],
    Guessed: [str, int],
    Loose: [int],
    ReadQuestion: [str],
    # Whatever has the methods is one of those.
    Sized: [Question],
    abc.Callable[[], int]: [Question],
}


@pytest.mark.parametrize("wanted", NEVER)
def test_what_certainly_does_not_fit(wanted):
    assert [kind for kind in NEVER[wanted] if fits(kind, wanted)] == []


@pytest.mark.parametrize("wanted", MAY)
def test_what_may_fit(wanted):
    assert [kind for kind in MAY[wanted] if not fits(kind, wanted)] == []


def test_empty_containers_do_not_count():
    assert accepted([], list[Answer])
    assert not fits(list[Question], list[Answer])


def test_none_counts_inside_a_container():
    assert fits(list[Question | None], list[Answer | None])
    assert not fits(list[Question | None], list[Answer])


def test_annotations_of_others_do_not_matter():
    class Column:
        metadata = None

    assert fits(str, Annotated[str, Column()])
    assert not fits(int, Annotated[str, Column(), "of no account", ...])


def test_types_that_cannot_be_compared_are_not_held_against_each_other():
    class Strange(type):
        def __subclasscheck__(cls, subclass) -> bool:
            raise TypeError("no such question")

    class Odd(metaclass=Strange):
        pass

    assert fits(int, Odd)
    assert fits(Odd, Question)
