"""The further rows of large trees and of the loop: what else their samples tell."""

from __future__ import annotations

from benchmarks.shared.rows import Row, measured_rows
from benchmarks.shared.runner import Results
from benchmarks.shared.workloads import Metric, Target, further, rate
from benchmarks.tasks.workloads import WORKLOADS

SECONDS = Metric("s", lambda sample: sample.seconds, more_is_better=False)

FURTHER = (
    ("middling_sqlite", "statements", further("statements", "per task", per_thing=True)),
    ("middling_sqlite", "rate", rate("tasks")),
    ("large_sqlite", "statements", further("statements", "per task", per_thing=True)),
    ("large_sqlite", "rate", rate("tasks")),
    ("loop_sqlite", "bytes of all columns", further("column_bytes", "bytes")),
    ("loop_sqlite", "statements", further("statements", "per turn", per_thing=True)),
    ("loop_sqlite", "commits", further("commits", "per turn", per_thing=True)),
    ("loop_sqlite", "time", SECONDS),
    ("loop_postgres", "time", SECONDS),
)


def further_rows(results: Results) -> list[Row]:
    """Make the rows that come from further figures of samples."""
    return [
        row
        for name, what, metric in FURTHER
        if name in results
        for row in measured_rows(
            WORKLOADS[name], results[name], title=f"{name}: {what}", metric=metric, target=Target()
        )
    ]
