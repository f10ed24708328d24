"""What middleware checks of its numbers and functions: what is no time, what is too long, and what may be asked for."""

from collections.abc import Callable
from typing import Final, TypeGuard

__all__ = ["LONGEST", "SHORTEST", "check_callable", "check_number", "check_whole", "error_test", "is_number"]

LONGEST: Final = 1e9
"""The longest time in seconds that can be asked for, some 30 years: what is longer is a mistake, or means None."""

SHORTEST: Final = 1e-9
"""The shortest time in seconds that is told from none: an event loop's timers fire by as much too early."""

_NUMBERS: Final = (int, float)  # made once: this is asked for the cost of each call


def is_number(value: object, least: float, most: float) -> TypeGuard[float]:
    """Tell whether a value is a number within bounds; a bool is none, and NaN is within none.

    Args:
        value: Anything.
        least: The smallest number that will do.
        most: The largest one, which is finite.
    """
    return isinstance(value, _NUMBERS) and value is not True and value is not False and least <= value <= most


def check_number(name: str, value: object, least: float, most: float = LONGEST) -> None:
    """Check an argument that is a number.

    Raises:
        ValueError: It is no number from `least` to `most`.
    """
    if not is_number(value, least, most):
        raise ValueError(f"{name}={value!r}: it is a number from {least:g} to {most:g}")


def check_whole(name: str, value: object, least: int) -> None:
    """Check an argument that counts something.

    Raises:
        ValueError: It is no whole number from `least`.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name}={value!r}: it is a whole number from {least}")


def check_callable(name: str, value: object) -> None:
    """Check an argument that is a function of the payload and the context, or None.

    Raises:
        ValueError: It is neither.
    """
    if value is not None and not callable(value):
        raise ValueError(f"{name}={value!r}: it is a function that takes (payload, ctx), or None")


def error_test(name: str, value: object) -> Callable[[Exception], bool]:
    """Make the function that tells whether an exception is meant.

    Args:
        name: What the argument is called, for the error.
        value: A class of `Exception`, a tuple of them, or a function of an exception.

    Raises:
        ValueError: It is none of these.
    """
    given = value if isinstance(value, tuple) else (value,)
    types = tuple(kind for kind in given if isinstance(kind, type) and issubclass(kind, Exception))
    if types and len(types) == len(given):
        return lambda error: isinstance(error, types)
    # A class can be called, too: it would make an exception of the exception, and every exception is true.
    if callable(value) and not isinstance(value, type):
        return value
    raise ValueError(f"{name}={value!r}: it is a class of Exception, a tuple of them, or a function of an exception")
