import os
import signal

import pytest

from motet.cli.signals import CALM, Interrupted, Signals


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_a_signal_without_work_is_raised(number: int, code: int, word: str) -> None:
    with Signals() as signals, pytest.raises(Interrupted, match=word) as caught:
        os.kill(os.getpid(), number)
    assert caught.value.exit_code == code
    assert signals.caught == number


def test_the_first_signal_cancels_the_work_and_the_second_is_raised() -> None:
    cancelled: list[str] = []
    with Signals() as signals:
        signals.watch(lambda: cancelled.append("work"))
        os.kill(os.getpid(), signal.SIGTERM)
        assert cancelled == ["work"]
        with pytest.raises(Interrupted):
            os.kill(os.getpid(), signal.SIGINT)
        assert signals.caught == signal.SIGTERM
    assert cancelled == ["work"]


def test_a_signal_after_the_work_is_raised() -> None:
    with Signals() as signals:
        signals.watch(lambda: None)
        signals.watch(None)
        with pytest.raises(Interrupted):
            os.kill(os.getpid(), signal.SIGINT)


def test_signals_right_after_one_that_was_raised_are_ignored() -> None:
    with Signals() as signals:
        with pytest.raises(Interrupted):
            os.kill(os.getpid(), signal.SIGINT)
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)
        signals._raised -= CALM
        with pytest.raises(Interrupted):
            os.kill(os.getpid(), signal.SIGINT)


def test_a_program_that_ends_by_a_signal_hears_no_other() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    try:
        with Signals(last=True), pytest.raises(Interrupted):
            os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Signals():
        assert signal.getsignal(signal.SIGINT) is not before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Signals() as signals:
            os.kill(os.getpid(), signal.SIGINT)
        assert not signals.caught
    finally:
        signal.signal(signal.SIGINT, before)
