"""What faults make of bytes, without any socket."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motet.testing.fault import NetworkFault, Way
from motet.testing.fault_judge import Judge
from motet.testing.fault_kinds import Bandwidth, Corrupt, Drop, HalfOpen, Latency, Pause, Refuse, Reset, Truncate

UP, DOWN = Way(1, "up"), Way(1, "down")
DATA = bytes(range(256)) + bytes(range(44))


def through(faults: list[NetworkFault], data: bytes, sizes: list[int] = [], way: Way = UP) -> tuple[bytes, str | None]:  # noqa: B006
    """Send bytes in pieces; return what comes out, and how it ended."""
    judge, out = Judge(way.connection, faults), b""
    rest = data
    while rest:
        size = sizes.pop(0) if sizes else len(rest)
        piece, rest = rest[:size], rest[size:]
        for outcome, _ in judge.outcomes(way, piece, 0.0):
            out += outcome.data
            if outcome.end:
                return out, outcome.end
    return out, None


SIZES = st.lists(st.integers(1, 40), max_size=60)


@pytest.mark.parametrize(
    ("fault", "expected", "end"),
    [
        (lambda: Latency(1), DATA, None),
        (lambda: Bandwidth(1000), DATA, None),
        (Drop, b"", None),
        (lambda: Drop(after=10), DATA[:10], None),
        (lambda: Drop(after=10, size=20), DATA[:10] + DATA[30:], None),
        (Reset, b"", "reset"),
        (lambda: Reset(after=100), DATA[:100], "reset"),
        (lambda: Truncate(7), DATA[:7], "close"),
        (lambda: HalfOpen(after=50), DATA[:50], "vanish"),
        (lambda: Reset(after=5000), DATA, None),
        (lambda: Reset(direction="down"), DATA, None),
        (lambda: Reset(connection=2), DATA, None),
        (lambda: Reset(connection=[2, 1]), b"", "reset"),
        (lambda: Corrupt(offsets=(1, 3)), b"\x00\xfe\x02\xfc" + DATA[4:], None),
        (lambda: Truncate(after=2, once=b"\x0a\x0b"), DATA[:14], "close"),
        (lambda: Drop(once=b"\xff\x00", size=3), DATA[:257] + DATA[260:], None),
        (lambda: Reset(once=b"nowhere"), DATA, None),
        (Pause, DATA, None),
        (Refuse, DATA, None),
    ],
)
@settings(max_examples=30)
@given(sizes=SIZES)
def test_bytes_meet_a_fault_alike_in_whatever_pieces_they_come(fault, expected, end, sizes):
    assert through([fault()], DATA, sizes) == (expected, end)


@given(SIZES, st.integers(0, 5))
def test_corruption_by_chance_hits_the_same_bytes_for_the_same_seed(sizes, seed):
    whole, _ = through([Corrupt(rate=0.1, seed=seed)], DATA)
    assert through([Corrupt(rate=0.1, seed=seed)], DATA, sizes) == (whole, None)
    changed = sum(a != b for a, b in zip(whole, DATA, strict=True))
    assert 10 < changed < 70
    assert through([Corrupt(rate=0.1, seed=seed + 1)], DATA)[0] != whole
    assert through([Corrupt(rate=0.1, seed=seed)], DATA, way=DOWN)[0] != whole


def delays(fault: NetworkFault, *pieces: tuple[int, float]) -> list[float]:
    judge = Judge(1, [fault])
    return [outcome.delay for size, now in pieces for outcome, _ in judge.outcomes(UP, bytes(size), now)]


def test_latency_is_the_same_for_each_piece_and_jitter_comes_from_the_seed():
    assert delays(Latency(0.5), (1, 0), (1000, 1)) == [0.5, 0.5]
    first, again = (delays(Latency(0.5, jitter=0.2, seed=3), *[(1, 0.0)] * 20) for _ in range(2))
    assert first == again
    assert all(0.5 <= delay < 0.7 for delay in first)
    assert len(set(first)) == 20


def test_bandwidth_counts_from_when_the_way_was_free():
    assert delays(Bandwidth(100), (10, 0.0), (10, 0.0), (10, 5.0)) == pytest.approx([0.1, 0.2, 0.1])
    assert Judge(1, [Bandwidth(100)]).size(UP) == 2
    assert Judge(1, []).size(UP) == 65_536


def test_faults_work_one_after_another_until_nothing_is_left():
    late, drop, reset = Latency(1), Drop(after=5), Reset(after=5)
    judge = Judge(1, [late, drop, reset])
    ((outcome, fired),) = judge.outcomes(UP, b"123456789", 0)
    assert (outcome.data, outcome.delay, outcome.end, fired) == (b"12345", 1, None, [late, drop])
    ((outcome, fired),) = judge.outcomes(UP, b"abc", 0)
    assert (outcome.data, outcome.end, fired) == (b"", None, [late, drop])
    assert (late.fired, drop.fired, reset.fired) == (2, 2, 0)


def test_a_fault_is_gone_when_it_has_fired_as_often_as_it_may():
    faults: list[NetworkFault] = [Drop(times=1)]
    judge = Judge(1, faults)
    assert [outcome.data for piece in (b"a", b"b") for outcome, _ in judge.outcomes(UP, piece, 0)] == [b"", b"b"]


def test_what_is_seen_in_one_direction_begins_a_fault_in_the_other():
    judge = Judge(1, [Reset(direction="down", once=b"COMMIT")])
    assert [o.end for o, _ in judge.outcomes(DOWN, b"before", 0)] == [None]
    assert [o.end for o, _ in judge.outcomes(UP, b"COM", 0)] == [None]
    assert [o.end for o, _ in judge.outcomes(UP, b"MIT and more", 0)] == [None, None]
    assert [o.end for o, _ in judge.outcomes(DOWN, b"done", 0)] == ["reset"]


def test_a_connection_that_is_ended_in_both_directions_is_ended_once():
    reset = Reset()
    judge = Judge(1, [reset])
    ends = [outcome.end for way in (UP, DOWN) for outcome, _ in judge.outcomes(way, b"x", 0)]
    assert (ends, reset.fired) == (["reset", "reset"], 1)
    assert [o.end for o, _ in Judge(2, [reset]).outcomes(UP, b"x", 0)] == ["reset"]
    assert reset.fired == 2


def test_only_a_vanished_peer_keeps_its_end_to_itself():
    assert Judge(1, [HalfOpen()]).withholds_end(UP)
    assert not Judge(1, [HalfOpen(after=1), Reset(), Latency(1)]).withholds_end(UP)


@pytest.mark.parametrize(
    ("make", "hint"),
    [
        (lambda: Latency(-1), "at least 0"),
        (lambda: Bandwidth(0), "Pause"),
        (lambda: Drop(after=-1), "after="),
        (lambda: Drop(size=0), "size="),
        (lambda: Reset(after=-1), "Reset takes"),
        (Corrupt, "offsets="),
        (lambda: Corrupt(rate=2), "rate="),
        (lambda: Reset(direction="left"), "'up'"),
        (lambda: Reset(times=0), "at least once"),
        (lambda: Pause(times=1), "removed"),
        (lambda: Refuse(connection=1), "takes nothing"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(make: Any, hint: str):
    with pytest.raises(ValueError, match=hint):
        make()
