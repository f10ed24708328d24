"""Whether a value of one type can be what another type asks for: only what is certain counts as a mismatch."""

import types
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

__all__ = ["fits"]

# pydantic turns these into one another where the value allows it.
_LAX = {(int, float), (bool, int), (bool, float), (int, bool), (float, int), (str, int), (str, float), (str, bool)}
_LAX |= {(dict, object), (str, bytes), (bytes, str)}
_SEQUENCES = (list, tuple, set, frozenset)


def fits(given: Any, wanted: Any) -> bool:
    """Tell whether a value of type `given` may be accepted where `wanted` is declared.

    Args:
        given: The type of an output. None in a union does not count: it goes nowhere.
        wanted: The type of an input.

    Returns:
        False only if no value of the one can be valid for the other.
    """
    if _unknown(given) or _unknown(wanted):
        return True
    options = [option for option in _options(given) if option is not type(None)]
    return not options or any(_one(option, wish) for option in options for wish in _options(wanted))


def _one(given: Any, wanted: Any) -> bool:
    if _unknown(given) or _unknown(wanted) or given == wanted:
        return True
    left, right = get_origin(given) or given, get_origin(wanted) or wanted
    if not isinstance(left, type) or not isinstance(right, type):
        return True
    if left in _SEQUENCES and right in _SEQUENCES:
        return _items(given, wanted)
    if _related(left, right):
        return _items(given, wanted) if left is right else True
    return (left, right) in _LAX or (left is dict and not _plain(right))


def _related(left: type, right: type) -> bool:
    """Tell whether one is a subclass of the other: an annotation may be wider than the values."""
    try:
        return issubclass(left, right) or issubclass(right, left)
    except TypeError:
        return True


def _items(given: Any, wanted: Any) -> bool:
    """Compare the arguments of two containers of which both have exactly one kind of item."""
    left, right = get_args(given), get_args(wanted)
    if len(left) == len(right) == 1:
        return fits(left[0], right[0])
    return True


def _plain(kind: type) -> bool:
    """Tell whether a type is one that a dict never becomes."""
    return kind in {int, float, str, bytes, bool, *_SEQUENCES}


def _unknown(kind: Any) -> bool:
    return kind is Any or kind is object or isinstance(kind, TypeVar | str)


def _options(kind: Any) -> list[Any]:
    if get_origin(kind) is Annotated:
        return _options(get_args(kind)[0])
    if get_origin(kind) in {Union, types.UnionType}:
        return [option for part in get_args(kind) for option in _options(part)]
    return [kind]
