"""One failure that several callers are told of."""

import copy

__all__ = ["SharedError", "copy_of"]


class SharedError:
    """An exception for several callers: the first gets it, and every other one a copy.

    Whoever catches an exception may add notes and attributes to it, and raising it adds to its traceback: callers who
    shared one object would find there what happened to the others. An exception that cannot be copied is shared all
    the same, each time with the traceback and the context that it had in the beginning.

    Args:
        error: What was raised.
    """

    __slots__ = ("_cause", "_context", "_error", "_pristine", "_suppress", "_told", "_traceback")

    def __init__(self, error: Exception) -> None:
        self._error = error
        self._pristine = copy_of(error)
        self._traceback = error.__traceback__
        self._cause, self._context = error.__cause__, error.__context__
        self._suppress = error.__suppress_context__
        self._told = False

    def first(self) -> Exception:
        """Return the exception itself."""
        self._told = True
        return self._error

    def another(self) -> Exception:
        """Return a copy, with the same cause, context and traceback."""
        copied = copy_of(self._pristine) if self._pristine is not None else None
        error = self._error if copied is None else copied
        error.__cause__, error.__context__ = self._cause, self._context
        error.__suppress_context__ = self._suppress
        return error.with_traceback(self._traceback)

    def following(self) -> Exception:
        """Return the exception itself to whoever asks first, and a copy to everybody else."""
        return self.another() if self._told else self.first()


def copy_of(error: Exception) -> Exception | None:
    """Copy an exception, without what it came from: its traceback, cause and context.

    Returns:
        None where that gives something else: a class may make of its arguments what it likes.
    """
    try:
        made = copy.copy(error)
        alike = type(made) is type(error) and made.args == error.args and str(made) == str(error)
    except Exception:  # noqa: BLE001 - code of its class runs here, and may do anything
        return None
    if not alike or made is error:
        return None
    if hasattr(error, "__notes__"):
        made.__notes__ = list(error.__notes__)
    return made
