"""What the calls of a trace share, and how a call changes it for those below."""

from types import MappingProxyType

import pytest

from motet import Budget
from motet.kernel.channel import Channel
from motet.kernel.clock import SYSTEM_CLOCK
from motet.kernel.errors import BudgetExceeded
from motet.kernel.scope import Scope
from support import Recorder, StillClock

HEADER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class FrozenClock(StillClock):
    def now(self) -> float:
        return 100.0


def test_a_trace_id_is_made_once_when_it_is_asked_for():
    clock = StillClock()
    scope = Scope(clock)
    assert not clock._ids
    assert scope.trace == scope.trace == f"{1:032x}"


class FixedClock(StillClock):
    """A clock whose ids are all the same digit."""

    def __init__(self, digit: str) -> None:
        super().__init__()
        self.digit = digit

    def hex_id(self, size):
        return self.digit * (2 * size)


@pytest.mark.parametrize(
    ("digit", "spans"),
    [
        ("0", ["0" * 15 + "1", "0" * 15 + "2"]),
        ("1", ["1" * 15 + "2", "1" * 15 + "3"]),
        ("f", ["0" * 15 + "1", "0" * 15 + "2"]),
    ],
)
def test_the_ids_of_calls_count_up_and_are_never_zero(digit, spans):
    for header in ("", HEADER):
        ids = Scope.root({"clock": FixedClock(digit), "traceparent": header}).ids
        assert [ids.span(), ids.span()] == spans
        assert ids.trace == (HEADER[3:35] if header else digit * 32)


def test_the_root_takes_time_ids_and_randomness_from_the_clock_it_is_given():
    clock = StillClock()
    assert Scope.root({"clock": clock}).clock is clock
    assert Scope.root({}).clock is SYSTEM_CLOCK


def test_the_root_continues_the_trace_of_a_traceparent():
    scope = Scope.root({"traceparent": HEADER})
    assert (scope.trace, scope.remote_span) == ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
    below = scope.derive({"metadata": {"a": 1}})
    assert (below.trace, below.remote_span) == (scope.trace, scope.remote_span)


@pytest.mark.parametrize("header", ["", "nonsense", HEADER.upper(), HEADER.replace("00-", "ff-", 1)])
def test_an_invalid_traceparent_starts_a_new_trace(header):
    scope = Scope.root({"traceparent": header})
    assert len(scope.trace) == 32
    assert scope.trace not in HEADER
    assert not scope.remote_span


@pytest.mark.parametrize(
    ("around", "own", "wanted"),
    [(None, None, None), (None, 5.0, 105.0), (103.0, None, 103.0), (103.0, 5.0, 103.0), (110.0, 5.0, 105.0)],
)
def test_a_deadline_only_comes_closer(around, own, wanted):
    scope = Scope(FrozenClock(), deadline=around)
    assert scope.derive({"deadline": own}).deadline == wanted


def test_what_is_not_changed_is_shared():
    channel, recorder = Channel(), Recorder()
    scope = Scope(channel=channel).derive({"observer": recorder, "budget": Budget(tokens=1), "metadata": {"a": 1}})
    below = scope.derive({})
    for name in ("clock", "deadline", "ledger", "metadata", "channel", "observer", "trace"):
        assert getattr(below, name) is getattr(scope, name)


def test_a_channel_of_its_own_takes_the_chunks_from_here_on():
    outer, inner = Channel(), Channel()
    assert Scope(channel=outer).derive({}, inner).channel is inner


def test_metadata_is_added_to_a_copy_and_cannot_be_changed():
    given = {"b": 2}
    scope = Scope().derive({"metadata": {"a": 1}})
    below = scope.derive({"metadata": given})
    given["b"] = 3
    assert dict(scope.metadata) == {"a": 1}
    assert dict(below.metadata) == {"a": 1, "b": 2}
    for mapping in (below.metadata, Scope().metadata):
        with pytest.raises(TypeError):
            mapping["a"] = 5


def test_a_budget_is_charged_along_with_the_one_around_it():
    outer = Scope().derive({"budget": Budget(tokens=5)})
    inner = outer.derive({"budget": Budget(tokens=10)})
    with pytest.raises(BudgetExceeded, match="5 tokens"):
        inner.ledger.spend(tokens=6)
    assert (outer.ledger.tokens, inner.ledger.tokens) == (6, 6)


class Falsy(list):
    """An observer that is empty at first, as a list of events is."""

    __call__ = list.append


def test_an_observer_is_told_beside_those_who_listen_already():
    first, second = Falsy(), Falsy()
    scope = Scope().derive({"observer": first}).derive({"observer": second})
    scope.observer("event")
    assert (first, second) == (["event"], ["event"])


def test_every_option_is_taken():
    Scope().derive(
        {
            "deadline": 1.0,
            "budget": Budget(),
            "metadata": {},
            "observer": Recorder(),
            "traceparent": HEADER,
            "clock": StillClock(),
        }
    )


def test_an_option_that_does_not_exist_is_refused():
    with pytest.raises(TypeError, match="no option dedline, meta: it takes deadline, budget, metadata"):
        Scope().derive({"meta": {}, "dedline": 1, "deadline": 1})


def test_the_ids_of_a_trace_are_one_whichever_scope_asks_first():
    root = Scope.root({})
    below = root.derive({"metadata": {"a": 1}})
    beside = root.until(5.0, None)
    assert below.trace == root.trace == beside.trace
    assert len({below.ids.span(), root.ids.span(), beside.ids.span()}) == 3


@pytest.mark.parametrize(("own", "asked", "expected"), [(None, 5.0, 5.0), (3.0, 5.0, 3.0), (9.0, 5.0, 5.0)])
def test_calls_that_have_to_be_done_sooner_share_everything_else(own, asked, expected):
    channel, metadata = Channel(), MappingProxyType({"a": 1})
    scope = Scope(deadline=own, metadata=metadata, channel=channel)
    scope.remote_span = "0" * 15 + "1"
    sooner = scope.until(asked, None)
    assert sooner.deadline == expected
    assert (sooner.metadata, sooner.channel, sooner.clock) == (metadata, channel, scope.clock)
    assert (sooner.durable, sooner.remote_span) == (scope.durable, scope.remote_span)
    other = Channel()
    assert scope.until(asked, other).channel is other
