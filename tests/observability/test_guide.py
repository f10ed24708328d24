"""The guide says what the code says."""

import re
from pathlib import Path

import pytest

from motet import observability
from motet.observability.configuring import configure
from motet.observability.instruments import INSTRUMENTS, WATCHED

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "observability.md").read_text(encoding="utf-8")
EVERY = sorted({each for instruments in INSTRUMENTS.values() for each in instruments}, key=lambda each: each.name)


def test_the_guide_has_the_table_of_instruments():
    rows = [line for line in GUIDE.splitlines() if line.startswith("| `motet.")]
    assert rows == [
        f"| `{each.name}`{' *' if each.calls else ''} | {each.kind}, {each.unit} "
        f"| {', '.join(f'`{label}`' for label in each.labels) or '-'} | {each.about} |"
        for each in (*EVERY, WATCHED)
    ]


@pytest.mark.parametrize("name", sorted(set(re.findall(r"motet_[a-z_]+", GUIDE))))
def test_the_metrics_that_alerts_use_are_there(name):
    units = {"s": "_seconds", "By": "_bytes"}
    known = {f"{each.name.replace('.', '_')}{units.get(each.unit, '')}" for each in (*EVERY, WATCHED)}
    assert re.sub(r"_(count|bucket|sum|total)$", "", name) in known


def test_every_setting_has_a_row():
    settings = GUIDE[GUIDE.index("## From settings") : GUIDE.index("### Metadata")]
    named = [
        name for row in re.findall(r"^\| (`.*?) \|", settings, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    ]
    assert sorted(named) == sorted(configure.__kwdefaults__)


def test_every_public_name_is_told_of():
    assert [name for name in observability.__all__ if name not in GUIDE] == ["Snapshot"]
