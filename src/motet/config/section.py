"""What settings are made of: sections, and the kinds of values in them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Final, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, WrapSerializer
from pydantic.fields import FieldInfo

from motet.config.passwords import without_password

__all__ = [
    "NONE",
    "PROGRAM_ENV",
    "Address",
    "Amount",
    "Count",
    "Duration",
    "Limits",
    "Located",
    "Maybe",
    "Names",
    "Optional",
    "Path",
    "Paths",
    "Seconds",
    "Secrets",
    "Section",
    "Share",
    "Sources",
    "StoreUrl",
    "marks_of",
    "parts_of",
]

T = TypeVar("T")

NONE: Final = "none"
"""What stands for the absence of a value in a file and in a variable: TOML has no word of its own for it."""

PROGRAM_ENV: Final = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ")
"""The environment variables that a program gets unless a setting names others."""


class Section(BaseModel):
    """Settings that belong together; they bear the names of the parameters that they are given to.

    Its `repr` hides secrets, and the passwords of URLs.
    """

    # A section is built when it is first used: most programs need two or three of them.
    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True, defer_build=True
    )

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        fields = type(self).model_fields
        for name, value in super().__repr_args__():
            marks = marks_of(fields[name]) if name in fields else []
            url = isinstance(value, str) and any(isinstance(mark, Address) for mark in marks)
            yield name, without_password(value) if url else value


@dataclass(frozen=True, slots=True)
class Located:
    """Marks a path: a relative one in a file is meant from the folder of that file.

    Args:
        modules: Whether a text that does not look like a path is the name of a module.
    """

    modules: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """Marks a URL that may hold a path and a password.

    Args:
        example: What one looks like.
    """

    example: str = "sqlite:///work.db"


def marks_of(field: FieldInfo) -> list[object]:
    """List what a field, and the parts of its type, are marked with."""
    return [
        *field.metadata,
        *(mark for part in parts_of(field.annotation) for mark in getattr(part, "__metadata__", ())),
    ]


def parts_of(annotation: object) -> Iterator[object]:
    """Yield a type, and those that it is made of."""
    yield annotation
    for inner in get_args(annotation):
        yield from parts_of(inner)


def _no_flag(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("true and false are no numbers")  # noqa: TRY004 - pydantic makes a problem out of it
    return value


def _maybe(value: object) -> object:
    return None if isinstance(value, str) and value.strip().lower() == NONE else value


def _frozen(value: Mapping[str, T]) -> Mapping[str, T]:
    return MappingProxyType(dict(value))


def _thawed(value: Mapping[str, T], write: object) -> object:
    return write(dict(value))  # type: ignore[operator]


_Number = BeforeValidator(_no_flag)
_Frozen = (AfterValidator(_frozen), WrapSerializer(_thawed))

Maybe: Final = BeforeValidator(_maybe)
"""Reads the word "none" as None."""

Count = Annotated[int, _Number, Field(ge=1)]
Amount = Annotated[int, _Number, Field(ge=0)]
Seconds = Annotated[float, _Number, Field(gt=0, allow_inf_nan=False)]
Duration = Annotated[float, _Number, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, _Number, Field(gt=0, le=1)]
Names = tuple[str, ...]
Path = Annotated[str, Field(min_length=1), Located()]
Paths = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Located()]
Sources = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Located(modules=True)]
Limits = Annotated[Mapping[str, Count], *_Frozen]
Secrets = Annotated[Mapping[str, SecretStr], *_Frozen]
StoreUrl = Annotated[
    str,
    Field(pattern=r"^[A-Za-z][A-Za-z0-9+.-]*://"),
    Address(),
]
Optional = Annotated[T | None, Maybe]
