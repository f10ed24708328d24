import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

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


def test_while_an_event_loop_runs_it_raises_and_nothing_else() -> None:
    handed: list[Callable[[], object]] = []
    with Signals() as signals:
        signals.watch(lambda: None)
        signals.through(handed.append)
        for _ in range(60):
            os.kill(os.getpid(), signal.SIGINT)
        assert signals.leaving
        (raise_it,) = handed
        with pytest.raises(Interrupted):
            raise_it()
        raise_it()  # there is nothing more to raise
        signals.through(None)


def test_a_signal_that_the_loop_does_not_raise_is_raised_in_the_middle_of_what_keeps_it() -> None:
    with Signals() as signals:
        signals.through(lambda raise_it: None)
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Interrupted, match="terminated"):
            threading.Event().wait(60)


def test_a_signal_that_the_loop_did_not_raise_is_raised_at_its_end() -> None:
    def closed(raise_it: Callable[[], object]) -> None:
        raise RuntimeError("Event loop is closed")

    with Signals() as signals:
        signals.through(closed)
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(Interrupted):
            signals.through(None)


class Dropped:
    """What is raised in its end is swallowed, as in the callback of a weak reference."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)


def test_a_signal_that_was_swallowed_is_raised_again_and_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with Signals() as signals:
        Dropped()
        assert signals.caught
        with pytest.raises(Interrupted):
            threading.Event().wait(60)
    assert capsys.readouterr().err == ""


def test_other_failures_that_nobody_can_raise_are_shown_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def __del__(self) -> None:
            raise ValueError("in the end of an object")

    seen: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: seen.append(what.exc_type))
    with Signals():
        Broken()
    assert seen == [ValueError]


def test_a_signal_that_was_taken_for_something_else_is_raised_when_the_program_ends() -> None:
    with Signals() as signals:
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Interrupted, match="terminated"):
            signals.settle()


def test_a_signal_after_the_exit_code_stands_changes_nothing() -> None:
    with Signals() as signals:
        signals.settle()
        os.kill(os.getpid(), signal.SIGINT)


def test_a_signal_is_told_once_and_no_other_disturbs_that() -> None:
    told: list[str] = []
    with Signals() as signals:
        signals.say = lambda interrupted: told.append(str(interrupted))
        for _ in range(2):
            signals.tell(Interrupted(signal.SIGINT))
        os.kill(os.getpid(), signal.SIGINT)
        signals.settle()
    assert told == ["interrupted"]


def test_the_last_words_do_without_a_standard_output_that_takes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Signals() as signals:
        said, over = threading.Event(), threading.Event()
        signals.say = lambda interrupted: (said.set(), over.wait(60))
        stuck = threading.Thread(target=signals.tell, args=(Interrupted(signal.SIGINT),))
        stuck.start()
        said.wait(60)
        signals._last_words(Interrupted(signal.SIGINT))
        over.set()
        stuck.join()
    assert capsys.readouterr().err == "motet: interrupted\n"


KEPT = """
import os, signal, sys, threading
from motet.cli import signals

signals.PATIENCE = signals.GRACE = signals.LONG_GRACE = 0.05
sys.stdout.write("printed before")

{what}
"""

SWALLOWS = """
with signals.Signals() as inside:
    inside.watch(lambda: None)
    while True:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)
            threading.Event().wait(600)
        except BaseException:
            pass
"""

LOCKED = """
lock = threading.Lock()
lock.acquire()
with signals.Signals():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        lock.acquire()
"""

AT_EXIT = """
threading.Thread(target=threading.Event().wait).start()
signals.end_within(0.05, 143)
"""


@pytest.mark.parametrize(
    ("what", "told"),
    [(SWALLOWS, "motet: terminated\n"), (LOCKED, "motet: terminated\n"), (AT_EXIT, "")],
    ids=["it swallows everything", "it waits for a lock", "a thread"],
)
def test_whatever_keeps_the_program_it_ends(what: str, told: str) -> None:
    script = KEPT.format(what=what)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (143, "printed before", told)
