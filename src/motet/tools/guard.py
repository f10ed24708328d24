"""A small process around one program: it sets the program's limits, and takes down whatever the program has started.

It runs as a script in an interpreter of its own (`python -I -S guard.py DESCRIPTOR`), for three reasons:

- Limits are set between fork and exec. Python code at that point (`preexec_fn`) may deadlock in a process with threads,
  and setting them from outside once the program runs is too late. This process has one thread.
- What a program starts can leave its group and its session, but not its subreaper: when its parent dies, it becomes a
  child of this process. So everything is found below this process, and when it has no child, nothing is left.
- When the process that wants the program dies, however suddenly, the socket between them closes, and the program ends.

The order comes as a line of JSON on the socket; `started` or `failed`, `bound` and `exit` go back. "t" asks to end
politely, "k" or the end of the socket to end at once. Subreapers and /proc are Linux's: elsewhere the program's group
is ended, and its processes are not counted. Sources: prctl(2), proc(5).
"""

import ctypes
import errno
import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

__all__ = ["main"]

LINUX: Final = sys.platform == "linux"
LISTED: Final = os.access("/proc/thread-self/children", os.R_OK)  # a kernel may be built without
PDEATHSIG, SUBREAPER, NO_NEW_PRIVS = 1, 36, 38
TICK, SHARE = 0.02, 20  # seconds between two looks at least; of this process's time, they take one part in so many
THREADS: Final = 16  # how many threads there may be for each process that there may be
PATIENCE: Final = 5.0  # seconds after which what cannot be killed, such as what waits for a disk, is given up


def _prctl(option: int, value: int) -> None:
    if LINUX and ctypes.CDLL(None, use_errno=True).prctl(option, *map(ctypes.c_ulong, (value, 0, 0, 0))):
        raise OSError(ctypes.get_errno(), f"prctl {option} failed")


def _read(path: str) -> str:
    with suppress(OSError), open(path, encoding="utf-8", errors="replace") as told:  # noqa: PTH123 - pathlib loads slowly
        return told.read()
    return ""  # the process has gone meanwhile


def _stat(pid: object) -> list[str]:
    return _read(f"/proc/{pid}/stat").rpartition(")")[2].split()  # from the state on; the name may hold anything


def _names(folder: str) -> list[str]:
    with suppress(OSError):
        return os.listdir(folder)  # noqa: PTH208 - names are all that is needed
    return []


def _children(pid: int, known: dict[str, list[int]]) -> list[int]:
    tasks = _names(f"/proc/{pid}/task") if LISTED else ()
    listed = [_read(f"/proc/{pid}/task/{task}/children").split() for task in tasks]
    return [*known.get(str(pid), ()), *(int(child) for children in listed for child in children)]


def _below(pid: int, most: int) -> Iterator[int]:
    """Walk through everything that a process has started, and stop where that is more than `most`."""
    known: dict[str, list[int]] = {}
    for name in () if LISTED else filter(str.isdigit, _names("/proc")):
        known.setdefault("".join(_stat(name)[1:2]), []).append(int(name))
    waiting, seen = _children(pid, known), 0
    while waiting and seen <= most:
        seen += 1
        yield waiting[-1]
        waiting += _children(waiting.pop(), known)


def _memory(pid: int) -> int:
    """Tell how many bytes a process uses, where what it shares with others counts in proportion."""
    told = _read(f"/proc/{pid}/smaps_rollup").splitlines()
    return 1024 * sum(int(line.split()[1]) for line in told if line.startswith("Pss:"))


def _crowd() -> int:
    """Count the threads of this user: the system's own bound, RLIMIT_NPROC, is about all of them, and not for root."""
    told = (_read(f"/proc/{name}/status") for name in _names("/proc") if name.isdigit())
    own = (status for status in told if f"\nUid:\t{os.getuid()}\t" in status)
    return sum(int(status.partition("\nThreads:")[2].split()[0]) for status in own)


class _Guard:
    """The program, and the way back to whoever wants it."""

    def __init__(self, control: int, order: dict[str, Any]) -> None:
        self.control, self.order = control, order
        self.program, self.ended, self.kill_at, self.looked = 0, False, float("inf"), 0.0
        self.wakes, wake = os.pipe()
        self.poll = select.poll()
        self.poll.register(self.wakes, select.POLLIN)
        self.poll.register(control, select.POLLIN)
        for end in (self.wakes, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)  # they come through the pipe

    def run(self) -> None:
        _prctl(SUBREAPER, 1)
        with suppress(OSError, AttributeError):  # who may, goes before a crowd of processes that want to run
            os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
        if not self.start():
            return
        try:
            while not self.ended and not self.over():
                self.look()
                self.listen()
        finally:
            self.end()

    def say(self, **told: object) -> None:
        with suppress(OSError):  # nobody may be there any more
            os.write(self.control, json.dumps(told).encode() + b"\n")

    def start(self) -> bool:
        """Start the program; tell whether that worked."""
        (problem, report), guard = os.pipe(), os.getpid()
        self.program = os.fork()
        if not self.program:
            _become(self.order, guard, report)
        os.close(report)
        for standard in (0, 1, 2):
            os.dup2(os.open(os.devnull, os.O_RDWR), standard)  # the streams are the program's alone
        with os.fdopen(problem, "rb") as told:
            number = told.read()  # nothing if exec worked, which closes the other end
        self.say(**({"failed": int(number)} if number else {"started": self.program}))
        return not number

    def listen(self) -> None:
        """Wait for a signal, a word or the next look, and do what it asks for."""
        pause = min(max(TICK, SHARE * self.looked), max(self.kill_at - time.monotonic(), 0.0))
        for ready, _ in self.poll.poll(1000 * pause):
            word = os.read(ready, 1)
            if ready == self.control and word == b"t":
                self.kill_at = min(self.kill_at, time.monotonic() + self.order["grace"])
                self.signal(signal.SIGTERM)
            elif ready == self.control or word != bytes([signal.SIGCHLD]):
                self.kill_at = 0.0
        if time.monotonic() >= self.kill_at:
            self.end()

    def look(self) -> None:
        """Check the bounds that the system does not keep by itself, and end everything where one is passed."""
        begun = time.monotonic()
        passed = self.passed() if LINUX else ""
        self.looked = time.monotonic() - begun
        if passed:
            self.say(bound=passed)
            self.end()

    def passed(self) -> str:
        """Name the bound that was passed."""
        processes, endless = self.order["processes"], float("inf")
        found = list(_below(os.getpid(), processes))
        stats = [told for pid in found if (told := _stat(pid))]
        if len(found) > processes or sum(int(told[17]) for told in stats) > THREADS * processes:
            return "processes"
        reaped = resource.getrusage(resource.RUSAGE_CHILDREN)
        ticks = sum(int(spent) for told in stats for spent in told[11:15])
        if ticks / os.sysconf("SC_CLK_TCK") + reaped.ru_utime + reaped.ru_stime > (self.order["cpu"] or endless):
            return "cpu"
        memory = self.order["memory"] or endless
        resident = sum(int(told[21]) for told in stats) * resource.getpagesize()
        # The cheap number counts what is shared for each; only where it is too high is it worth to look closely.
        return "memory" if resident > memory and sum(map(_memory, found)) > memory else ""

    def over(self) -> bool:
        """Reap what has died, tell of the program's end, and tell whether nothing is left."""
        with suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                if found[0] == self.program:
                    self.say(exit=os.waitstatus_to_exitcode(found[1]))
            return False
        with suppress(OSError):
            os.killpg(self.program, 0)  # elsewhere than on Linux, what is left of the group is not ours to reap
            return LINUX
        return True

    def signal(self, number: signal.Signals) -> None:
        """Signal the group, and one by one what has left it: nobody is asked twice, as a handler would run twice.

        No id is another's already: they are given out in a circle.
        """
        with suppress(OSError):
            os.killpg(self.program, number)
        for pid in _below(os.getpid(), sys.maxsize) if LINUX else ():
            with suppress(OSError):
                if os.getpgid(pid) != self.program:
                    os.kill(pid, number)

    def end(self) -> None:
        """Kill the program and what it has started, again and again until nothing of it is left."""
        self.ended = True
        limit, pause = time.monotonic() + PATIENCE, 0.0005
        while not self.over() and time.monotonic() < limit:
            self.signal(signal.SIGKILL)
            time.sleep(pause := min(2 * pause, 0.02))


def _become(order: dict[str, Any], guard: int, report: int) -> None:
    """Turn this process, which was just forked, into the program."""
    try:
        os.setsid()  # a group of its own: what it sends to its group does not reach the guard
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)  # Python ignores them, and a program inherits that
        _prctl(PDEATHSIG, signal.SIGKILL)
        if os.getppid() != guard:
            os._exit(1)
        _prctl(NO_NEW_PRIVS, 1)  # what sudo and the like start would be another user's, and not ours to end
        with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:  # noqa: PTH123
            score.write("1000")  # where memory runs out, this goes first
        for name, bounds in order["limits"].items():
            resource.setrlimit(getattr(resource, name), bounds)
        if LINUX and os.getuid():
            _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
            most = min(_crowd() + THREADS * order["processes"], hard if hard >= 0 else sys.maxsize)
            resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
        if order["folder"] is not None:
            os.fchdir(order["folder"])
            os.close(order["folder"])
        os.execve(order["executable"], order["argv"], order["env"])  # noqa: S606 - no shell is what is wanted
    except (OSError, ValueError) as error:
        os.write(report, str(getattr(error, "errno", errno.EINVAL)).encode())
    finally:
        os._exit(127)


def main(control: int) -> None:
    """Run what the order on the socket says; the socket is known by its descriptor."""
    written = b""
    while b"\n" not in written:
        more = os.read(control, 65536)
        if not more:
            return  # nobody wants it any more
        written += more
    told, words = written.split(b"\n")
    if words:
        return  # likewise
    order = json.loads(told)
    os.set_inheritable(control, False)
    _Guard(control, order).run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
