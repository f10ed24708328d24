"""Whether a value of one type can be what another type asks for: only what is certain counts as a mismatch.

A wanted type is read as the classes of which pydantic takes instances for it in its lax mode, after its own table:
https://docs.pydantic.dev/latest/concepts/conversion_table/. What is not known, such as what a validator of the user's
own makes of a value, takes everything. Empty containers do not count: what may be in them decides.
"""

import datetime as dt
import os
import sys
from collections import OrderedDict, abc, defaultdict, deque
from dataclasses import is_dataclass
from decimal import Decimal
from enum import Enum
from numbers import Number
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NewType,
    Protocol,
    SupportsFloat,
    SupportsIndex,
    Union,
    Unpack,
    get_args,
    get_origin,
    runtime_checkable,
)
from uuid import UUID

import pydantic

__all__ = ["fits"]

Classes = tuple[type, ...]


@runtime_checkable
class _Indexed(Protocol):
    """What can be iterated over by its indexes, without an `__iter__`."""

    def __getitem__(self, index: int, /) -> Any: ...


_TEXT: Final[Classes] = (str, bytes, bytearray)
_NUMBERS: Final[Classes] = (SupportsFloat, SupportsIndex)
_LISTS: Final[Classes] = (list, tuple, set, frozenset, deque, abc.Sequence, abc.MutableSequence, abc.MutableSet)
_DICTS: Final[Classes] = (dict, OrderedDict, defaultdict, abc.Mapping, abc.MutableMapping)
_TAKEN: Final[dict[type, Classes]] = {
    NoneType: (NoneType,),
    bool: (*_NUMBERS, *_TEXT),
    int: (*_NUMBERS, *_TEXT, Enum),
    float: (*_NUMBERS, *_TEXT),
    complex: (*_NUMBERS, *_TEXT, complex),
    Decimal: (*_NUMBERS, *_TEXT, tuple),
    str: (*_TEXT, Enum),
    bytes: _TEXT,
    bytearray: _TEXT,
    dt.datetime: (*_NUMBERS, *_TEXT, dt.date),
    dt.date: (*_NUMBERS, *_TEXT, dt.date),
    dt.time: (*_NUMBERS, *_TEXT, dt.time),
    dt.timedelta: (*_NUMBERS, *_TEXT, dt.timedelta),
    UUID: (*_TEXT, UUID),
    Path: (str, os.PathLike),
    type: (type,),
    **dict.fromkeys(_LISTS, (abc.Iterable, _Indexed)),
    **dict.fromkeys(_DICTS, (abc.Mapping,)),
}


def fits(given: Any, wanted: Any) -> bool:
    """Tell whether a value of type `given` may be accepted where `wanted` is declared.

    Args:
        given: The type of an output. None in a union does not count: it goes nowhere.
        wanted: The type of an input.

    Returns:
        False only if no value of the one can be valid for the other.
    """
    options = [option for option in _options(given) if option is not NoneType]
    return not options or any(_one(option, wish) for option in options for wish in _wishes(wanted))


def _inside(given: Any, wanted: Any) -> bool:
    """Compare what may be in two containers, where None is a value like any other."""
    return any(_one(option, wish) for option in _options(given) for wish in _wishes(wanted))


def _one(given: Any, wanted: Any) -> bool:
    """Compare two types that are no unions."""
    if given is Any or wanted is Any or given == wanted:
        return True
    if get_origin(given) is Literal and get_origin(wanted) is Literal:
        return bool(get_args(given) == get_args(wanted))
    kind, target = _class_of(given), _class_of(wanted)
    taken = _taken_by_value(get_args(wanted)[0]) if get_origin(wanted) is Literal else _taken(target)
    if taken is None:
        return True
    if not _structural(kind) and not any(_related(kind, other) for other in taken):
        return False
    if target in _LISTS:
        return not issubclass(kind, (*_TEXT, abc.Mapping)) and _items_fit(_items(given), _items(wanted))
    both = get_origin(given) in _DICTS and target in _DICTS
    return not both or all(map(_inside, get_args(given), get_args(wanted)))


def _items_fit(given: list[Any], wanted: list[Any]) -> bool:
    """Compare the items of two containers: a type for each item; one and `...`; or nothing where that is not known."""
    if not given or not wanted:
        return True
    if wanted[-1] is ...:
        return all(_inside(item, wanted[0]) for item in given if item is not ...)
    if given[-1] is ...:
        # One place is enough: what a join has from one node stands beside what it has from others.
        return any(_inside(given[0], item) for item in wanted)
    return len(given) == len(wanted) and all(map(_inside, given, wanted))


def _items(kind: Any) -> list[Any]:
    """List the types of a container's items, as `_items_fit` takes them."""
    base, items = get_origin(kind) or kind, list(get_args(kind))
    if issubclass(base, pydantic.BaseModel):
        return [tuple[str, Any], ...] if base.__iter__ is pydantic.BaseModel.__iter__ else []
    if any(getattr(item, "__unpacked__", False) or get_origin(item) is Unpack for item in items):
        return []
    if base is tuple:
        return items
    known = base in _LISTS or (base.__module__ == "collections.abc" and issubclass(base, abc.Iterable))
    return [items[0], ...] if known and len(items) == 1 else []


def _options(kind: Any) -> list[Any]:
    """List what a type stands for: the members of a union, the values of a literal; Any where that is not known."""
    origin = get_origin(kind)
    if origin is Annotated:
        return _options(get_args(kind)[0])
    if origin in {Union, UnionType}:
        return [option for part in get_args(kind) for option in _options(part)]
    if origin is Literal:
        return [Literal[value] for value in get_args(kind)]
    if isinstance(kind, NewType):
        return _options(kind.__supertype__)
    if kind is None:
        return [NoneType]
    return [kind] if kind is not object and isinstance(origin or kind, type) else [Any]


def _wishes(kind: Any) -> list[Any]:
    """List what a wanted type stands for: as `_options`, but whatever changes a value first may take anything."""
    origin = get_origin(kind)
    if origin is Annotated:
        wanted, *extras = get_args(kind)
        return [Any] if any(map(_changes, extras)) else _wishes(wanted)
    if origin in {Union, UnionType}:
        return [option for part in get_args(kind) for option in _wishes(part)]
    return _wishes(kind.__supertype__) if isinstance(kind, NewType) else _options(kind)


def _changes(extra: Any) -> bool:
    """Tell whether an annotation may let in what its type alone would not."""
    parts = getattr(extra, "metadata", None)  # of a Field
    if isinstance(parts, list) and any(map(_changes, parts)):
        return True
    own = hasattr(extra, "__get_pydantic_core_schema__") and not isinstance(extra, pydantic.AfterValidator)
    return own or bool(getattr(extra, "coerce_numbers_to_str", False))


def _class_of(kind: Any) -> type:
    if get_origin(kind) is Literal:
        return type(get_args(kind)[0])
    base: type = get_origin(kind) or kind
    return dict if hasattr(base, "__required_keys__") and hasattr(base, "__total__") else base  # a TypedDict


def _taken(kind: type) -> Classes | None:
    """List the classes of which pydantic takes instances for a class; None stands for all."""
    if kind in _TAKEN:
        return _TAKEN[kind]
    if _own_schema(kind) or _structural(kind):
        return None
    if issubclass(kind, Enum):
        return _taken_by_enum(kind)
    if issubclass(kind, pydantic.BaseModel):
        # An instance of Box[int] is read anew for Box[float].
        return (getattr(kind, "__pydantic_generic_metadata__", {}).get("origin") or kind, abc.Mapping)
    if is_dataclass(kind):
        return (kind, abc.Mapping)
    # Pydantic knows many classes of the standard library, and checks with isinstance what it does not know.
    known = kind.__module__.partition(".")[0] in sys.stdlib_module_names
    return None if known or hasattr(kind, "_fields") else (kind,)


def _taken_by_value(value: object) -> Classes:
    """List the classes whose instances may equal a literal's value."""
    return (type(value), *_NUMBERS, complex) if isinstance(value, Number) else (type(value),)


def _taken_by_enum(kind: type[Enum]) -> Classes | None:
    if kind._missing_.__func__ is not Enum._missing_.__func__:  # type: ignore[attr-defined]
        return None
    bases: Classes = (str, int, float)
    return (
        kind,
        *(taken for member in kind for taken in _taken_by_value(member.value)),
        *(taken for base in bases if issubclass(kind, base) for taken in _TAKEN[base]),
    )


def _own_schema(kind: type) -> bool:
    """Tell whether a class says itself what it takes, in ways that cannot be looked into."""
    if issubclass(kind, pydantic.RootModel):
        return True
    if issubclass(kind, pydantic.BaseModel):
        own, plain = (model.__get_pydantic_core_schema__ for model in (kind, pydantic.BaseModel))
        if own.__func__ is not plain.__func__ or kind.model_config.get("from_attributes"):  # type: ignore[attr-defined]
            return True
    elif hasattr(kind, "__get_pydantic_core_schema__") or hasattr(kind, "__get_validators__"):
        return True
    decorators = getattr(kind, "__pydantic_decorators__", None)
    if decorators is None:
        # A plain dataclass keeps pydantic's decorators as they are.
        return any(hasattr(value, "decorator_info") for base in kind.__mro__ for value in vars(base).values())
    before = any(validator.info.mode != "after" for validator in decorators.model_validators.values())
    return before or bool(decorators.root_validators)


def _structural(kind: type) -> bool:
    """Tell whether instances are known by their methods, as those of protocols and `Iterable`: any class may be one."""
    return getattr(kind, "_is_protocol", False) or ("__subclasshook__" in vars(kind) and Protocol not in kind.__mro__)


def _related(left: type, right: type) -> bool:
    """Tell whether one is a subclass of the other: an annotation may be wider than the values."""
    try:
        return issubclass(left, right) or issubclass(right, left)
    except TypeError:
        return True
