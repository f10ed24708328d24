"""What is kept for each key: found again, and never more of it than may be."""

from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from motet.kernel.context import Context
from motet.kernel.errors import Fault, InvalidPayload
from motet.kernel.events import Intervened
from motet.kernel.scope import Scope
from motet.middleware.keyed import Keyed, key_of, tell
from support import Recorder

CTX = Context(Scope(), "named")


@pytest.mark.parametrize("key", ["x", 1, None, ("a", 2), frozenset({1}), 1.5])
def test_a_key_is_what_the_function_says(key):
    assert key_of(lambda payload, ctx: payload["key"], {"key": key}, CTX) == key


@pytest.mark.parametrize("key", [[], {}, set(), ("secret", ["secret"])])
def test_a_key_that_cannot_be_hashed_is_the_callers_fault_and_is_not_shown(key):
    with pytest.raises(InvalidPayload, match="The key of a call of 'named' is a .*, which cannot be hashed") as caught:
        key_of(lambda payload, ctx: payload, key, CTX)
    assert caught.value.fault is Fault.CALLER
    assert not caught.value.retryable
    assert "secret" not in str(caught.value)


def test_a_failure_of_the_function_passes():
    with pytest.raises(KeyError):
        key_of(lambda payload, ctx: payload["missing"], {}, CTX)


class Unspeakable:
    """A key that cannot be told to an observer."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    ("key", "told"), [(None, ""), ("x", "x"), (("a", 1), "('a', 1)"), (Unspeakable(), "a Unspeakable")]
)
def test_an_observer_is_told_of_the_key(key, told):
    recorder = Recorder()
    ctx = Context(Scope(observer=recorder), "named")
    tell(ctx, "me", "waited", key)
    (event,) = recorder.of(Intervened)
    assert (event.agent, event.by, event.what, event.key) == ("named", "me", "waited", told)
    assert (event.trace, event.span) == (ctx.trace, ctx.span)


def test_where_nobody_observes_a_key_is_not_even_made_text():
    class Silent:
        def __str__(self) -> str:
            asked.append(self)
            return ""

    asked = []
    tell(CTX, "me", "waited", Silent())
    assert not asked


class Kept(RuleBasedStateMachine):
    """What is kept, beside two lists: those who are free and those who are held, the oldest first."""

    MOST = 3
    keys = st.sampled_from([None, 0, "", "a", "b", (1, 2)])

    def __init__(self) -> None:
        super().__init__()
        numbers = count()
        self.kept = Keyed(lambda: [next(numbers)], self.MOST)
        self.free, self.held = {}, {}

    @rule(key=keys)
    def use(self, key):
        state = self.kept.use(key)
        part = self.held if key in self.held else self.free
        assert state is part.get(key)
        if state is not None:
            part[key] = part.pop(key)
            return
        if len(self.free) + len(self.held) == self.MOST:
            assert self.kept.full
            assert self.kept.drop_free() == bool(self.free)
            if self.free:
                del self.free[next(iter(self.free))]
            else:
                self.kept.drop_held()
                del self.held[next(iter(self.held))]
        assert not self.kept.full
        self.free[key] = self.kept.add(key)

    @rule(key=keys)
    def hold(self, key):
        state = self.kept.peek(key)
        if state is not None:
            self.kept.hold(key, state)
        if key in self.free:
            self.held[key] = self.free.pop(key)

    @rule(key=keys)
    def release(self, key):
        state = self.kept.peek(key)
        if state is not None:
            self.kept.release(key, state)
        if key in self.held:
            self.free[key] = self.held.pop(key)

    @rule(key=keys)
    def come_back_after_it_was_dropped(self, key):
        self.kept.hold(key, [])
        self.kept.release(key, [])

    @invariant()
    def they_agree(self):
        assert len(self.kept) == len(self.free) + len(self.held) <= self.MOST
        assert list(self.kept) == [*self.held.values(), *self.free.values()]
        assert self.kept.oldest is next(iter(self.free.values()), None)
        for key in (None, 0, "a"):
            assert self.kept.peek(key) is {**self.free, **self.held}.get(key)


TestKept = Kept.TestCase
TestKept.settings = settings(max_examples=60, stateful_step_count=40)
