"""Measure hot reload: `python -m benchmarks.dev [--rounds N]`.

Each example project is copied, watched and called a hundred times a second. One of its files is saved again and again,
each time with other content; the clock runs from before the file is written until the new version is served.
"""

import argparse
import asyncio
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from motet.devtools.hot_reload import HotReload
from motet.devtools.outcome import Outcome, Reloaded
from motet.devtools.reloader import Reloader, named
from motet.devtools.sources import Sources
from motet.devtools.watch import watch

EXAMPLES: Final = Path(__file__).parents[2] / "examples"

PAGE: Final = Path(__file__).parents[1] / "results" / "dev.md"

INTRODUCTION: Final = """\
Each example project is copied, watched, and called a hundred times a second. One of its files is saved again and again,
each time with other content. The clock runs from before the file is written until the new version is served, so it
includes what the calls take of the processor. The aim is less than 0.5 s on a machine that has nothing else to do.
"Loaded" is how many modules were loaded again, and "loading" what that took of the time."""

PACE: Final = 0.01
"""Seconds between two calls."""

BOUND: Final = 30.0
"""Seconds after which a version that is not served counts as a failure."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured.

    Args:
        project: The example.
        file: The file that the agent is in.
        name: The agent.
        payload: What it is called with, given the folder of the copies.
        saved: The file that is saved.
    """

    project: str
    file: str
    name: str
    payload: Callable[[Path], Any]
    saved: str


def _folder(root: Path) -> dict[str, str]:
    return {"path": str(root / "tiny_package")}


def _package(_: Path) -> str:
    return "tiny_package"


CASES: Final = (
    Case("code_survey", "code_survey/flow.py", "survey", _folder, "code_survey/flow.py"),
    Case("code_survey", "code_survey/flow.py", "survey", _folder, "code_survey/survey_source.py"),
    Case("machine_report", "machine_report/survey.py", "survey_package", _package, "machine_report/survey.py"),
    Case("machine_report", "machine_report/survey.py", "survey_package", _package, "code_survey/survey_walk.py"),
)

HEADINGS: Final = (
    "Project",
    "File that is saved",
    "Loaded",
    "From saving to serving: median",
    "most",
    "Loading: median",
    "Calls",
    "Failed",
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one case gave: seconds from saving to serving, those of them that were loading, and calls."""

    served: list[float]
    loading: list[float]
    files: int
    calls: int
    failed: int


async def measure(case: Case, root: Path, rounds: int) -> Figures:
    """Measure one case."""
    sources = Sources([root / "code_survey", root / "machine_report"])
    outcomes: asyncio.Queue[tuple[float, Outcome]] = asyncio.Queue()
    told = lambda outcome: outcomes.put_nowait((time.perf_counter(), outcome))  # noqa: E731
    path = root / case.saved
    original = path.read_text(encoding="utf-8")
    served, loading, files = [], [], 0
    with Reloader(root / case.file, named(case.name), sources) as reloader:
        hot = HotReload(reloader, watch(sources), told)
        following = asyncio.ensure_future(hot.run())
        await asyncio.wait_for(outcomes.get(), BOUND)
        stop, payload = asyncio.Event(), case.payload(root)
        load = asyncio.ensure_future(_load(hot, payload, stop))
        try:
            for number in range(rounds):
                await asyncio.sleep(0.3)  # the load settles
                begun = time.perf_counter()
                path.write_text(f"{original}\n# {number}\n", encoding="utf-8")
                at, outcome = await asyncio.wait_for(outcomes.get(), BOUND)
                assert isinstance(outcome, Reloaded), outcome
                served.append(at - begun)
                loading.append(outcome.seconds)
                files = len(outcome.modules)
        finally:
            stop.set()
            calls = await load
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
            path.write_text(original, encoding="utf-8")
            for name in reloader.modules:
                sys.modules.pop(name, None)  # the next case has files of the same names
    return Figures(served, loading, files, len(calls), sum(isinstance(call, BaseException) for call in calls))


async def _load(hot: HotReload, payload: object, stop: asyncio.Event) -> list[object]:
    calls: list[asyncio.Future[Any]] = []
    while not stop.is_set() and len(calls) < 100_000:
        if hot.live is not None:
            calls.append(asyncio.ensure_future(hot.live(payload)))
        await asyncio.sleep(PACE)
    return list(await asyncio.gather(*calls, return_exceptions=True))


def main() -> int:
    """Measure every case, print a table and write it into a page; return 1 if a call has failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dev", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="how often each file is saved")
    parser.add_argument("--output", type=Path, default=PAGE, help="the page that is written")
    options = parser.parse_args()
    lines = [_row(*HEADINGS), _row(*["---"] * 2, *["---:"] * (len(HEADINGS) - 2))]
    print(*lines, sep="\n")
    failed, load = 0, os.getloadavg()[0]
    for case in CASES:
        figures = _measured(case, max(1, options.rounds))
        failed += figures.failed
        lines.append(_line(case, figures))
        print(lines[-1], flush=True)
    where = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, CPython {platform.python_version()}"
    busy = f"a load of {load:.1f} by other programs before it began, priority {os.nice(0)}"
    about = f"{date.today():%Y-%m-%d}, {where}, {busy}. Written by `python -m benchmarks.dev`."  # noqa: DTZ011
    options.output.write_text(
        "\n".join(["# Hot reload", "", about, "", INTRODUCTION, "", *lines, ""]), encoding="utf-8"
    )
    return int(failed > 0)


def _measured(case: Case, rounds: int) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        for project in ("code_survey", "machine_report"):
            shutil.copytree(EXAMPLES / project, root / project, ignore=shutil.ignore_patterns("__pycache__"))
        (root / "tiny_package").mkdir()
        (root / "tiny_package" / "__init__.py").write_text("x = 1\n", encoding="utf-8")
        sys.path.insert(0, str(root))
        figures = asyncio.run(measure(case, root, rounds))
        sys.path.remove(str(root))
    return figures


def _line(case: Case, figures: Figures) -> str:
    return _row(
        case.project,
        f"`{case.saved}`",
        str(figures.files),
        f"{statistics.median(figures.served):.3f} s",
        f"{max(figures.served):.3f} s",
        f"{statistics.median(figures.loading):.3f} s",
        str(figures.calls),
        str(figures.failed),
    )


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
