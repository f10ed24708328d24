"""One failure that several callers are told of: none of them sees what the others do with it."""

import contextlib

import pytest
from pydantic import BaseModel, ValidationError

from motet.kernel.errors import DeadlineExceeded, InvalidPayload, MotetError
from motet.middleware.shared_error import SharedError, copy_of


class Greeting(Exception):
    """Makes something else of its arguments: a copy would greet twice."""

    def __init__(self, name) -> None:
        super().__init__(f"hello {name}")


class Demanding(Exception):
    def __init__(self, *, needed) -> None:
        super().__init__("demanding")


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def raised(error: Exception) -> Exception:
    """Raise an exception within the handling of another one, and from a third."""
    with pytest.raises(type(error)) as caught, contextlib.ExitStack() as stack:
        stack.callback(fail_with, error)
        raise KeyError("around")
    return caught.value


def fail_with(error: Exception) -> None:
    raise error from OSError("cause")


def depth(error: Exception) -> int:
    count, trace = 0, error.__traceback__
    while trace is not None:
        count, trace = count + 1, trace.tb_next
    return count


def validation_error() -> ValidationError:
    class Model(BaseModel):
        x: int

    with pytest.raises(ValidationError) as caught:
        Model.model_validate({"x": "y"})
    return caught.value


COPYABLE = [
    ValueError("a", 1),
    KeyError("a"),
    OSError(2, "gone", "file"),
    InvalidPayload("bad", agent="a", retry_after=1.5),
    DeadlineExceeded("late"),
    UnicodeDecodeError("utf-8", b"x", 0, 1, "bad"),
    ExceptionGroup("several", [ValueError(1)]),
]
SHARED = [Greeting("you"), Demanding(needed=1), Unspeakable("x"), validation_error()]


@pytest.mark.parametrize("error", COPYABLE, ids=lambda error: type(error).__name__)
def test_the_first_gets_it_and_the_others_get_copies(error):
    shared = SharedError(raised(error))
    before = depth(error)
    assert shared.following() is error
    others = [shared.following(), shared.another()]
    for other in others:
        assert other is not error
        assert (type(other), str(other), other.args) == (type(error), str(error), error.args)
        assert (other.__cause__, other.__context__) == (error.__cause__, error.__context__)
        assert depth(other) == before
    assert others[0] is not others[1]


@pytest.mark.parametrize("error", SHARED, ids=lambda error: type(error).__name__)
def test_what_cannot_be_copied_is_shared_as_it_was(error):
    shared = SharedError(raised(error))
    before = depth(error), error.__context__
    for _ in range(5):
        same = shared.following()
        assert same is error
        assert (depth(error), error.__context__) == before
        raised(same)
    assert copy_of(error) is None


def test_what_one_caller_adds_is_not_seen_by_the_others():
    error = MotetError("failed")
    error.add_note("before")
    shared = SharedError(raised(error))
    before = depth(error)
    first, second = shared.following(), shared.following()
    first.add_note("mine")
    second.add_note("yours")
    first.attempt = 1
    for _ in range(3):
        raised(second)
    third = shared.following()
    assert (third.__notes__, hasattr(third, "attempt"), depth(third)) == (["before"], False, before)


def test_a_copy_keeps_what_the_class_adds():
    error = InvalidPayload("bad", retry_after=2.0, agent="a")
    error.retryable = True
    made = copy_of(error)
    assert isinstance(made, InvalidPayload)
    assert (made.message, made.retry_after, made.details, made.retryable) == ("bad", 2.0, {"agent": "a"}, True)
    assert made.__traceback__ is None
