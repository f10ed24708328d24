"""The patterns: each example prints what it promises, and nothing in the rooms is without an example and a section."""

import ast
import re
import subprocess
import sys
from inspect import isclass
from pathlib import Path

import pytest

import motet
from motet import Middleware
from motet import middleware as middleware_room
from motet.middleware.breaker_state import TRANSITIONS
from motet.tools.files import Files
from motet.tools.git import Git
from motet.tools.process import Process
from motet.tools.search import FolderSearch
from motet.tools.shell import Shell

ROOT = Path(__file__).parents[2]
PATTERNS = ROOT / "examples" / "patterns"
GUIDES = ROOT / "docs" / "guides"
EXAMPLES = sorted(PATTERNS.glob("*.py"))

PUBLIC = re.compile(
    r"motet(\.middleware(\.\w+)?|\.tools(\.\w+)?|\.compose\.predicates|\.kernel\.(errors|events)"
    r"|\.testing\.virtual_time)?"
)
"""The modules of Motet that an example may import: those that the guides tell of."""

LONGEST = 60
"""How many lines an example may have below its docstring."""


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def tree_of(example: Path) -> ast.Module:
    return ast.parse(text_of(example))


def promised(example: Path) -> str:
    """Return the output that the docstring of an example shows."""
    told, _, output = (ast.get_docstring(tree_of(example)) or "").partition("\n\nPrints:\n\n")
    assert re.fullmatch(r"[^\n]+\.", told), "the docstring begins with one sentence in one line"
    assert output, "the docstring shows what is printed"
    return "".join(f"{line.removeprefix('    ')}\n" for line in output.splitlines())


def imported(example: Path) -> set[str]:
    """List the modules of Motet that an example imports, wherever it does so."""
    nodes = list(ast.walk(tree_of(example)))
    found = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    found |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {name for name in found if name.partition(".")[0] == "motet"}


def headings(page: str) -> list[str]:
    """List the headings of a guide."""
    return re.findall(r"^##+ (.*)", text_of(GUIDES / page), re.MULTILINE)


def compositions() -> list[str]:
    """List the functions of the front door that compose agents."""
    found = [name for name in motet.__all__ if not isclass(getattr(motet, name))]
    return [name for name in found if getattr(getattr(motet, name), "__module__", "").startswith("motet.compose.")]


def layers() -> list[str]:
    """List the middleware that its room offers."""
    return [name for name, made in vars(middleware_room).items() if isclass(made) and issubclass(made, Middleware)]


def file_of(name: str) -> str:
    """Name the example of a middleware or a composition: that of `CircuitBreaker` is circuit_breaker.py."""
    shared = {"fan_in": "fan_out"}
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", shared.get(name, name)).lower() + ".py"


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def measured() -> dict[str, dict[str, str]]:
    """Read the medians of the benchmarks: of each row, the first time that it stands there, by its columns."""
    head: list[str] = []
    found: dict[str, dict[str, str]] = {}
    for line in text_of(ROOT / "benchmarks" / "results" / "middleware.md").splitlines():
        if line.startswith("| workload "):
            head = cells(line)
        elif line.startswith("| ") and head:
            name, *rest = cells(line)
            found.setdefault(
                name, {column: cell.partition(" (")[0] for column, cell in zip(head[1:], rest, strict=True)}
            )
        else:
            head = []
    return found


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_prints_what_it_promises(example: Path, tmp_path: Path):
    command = [sys.executable, "-W", "error", str(example)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == (promised(example), "", 0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_is_short_and_goes_through_the_front_doors(example: Path):
    assert all(PUBLIC.fullmatch(module) for module in imported(example))
    docstring = tree_of(example).body[0]
    lines = text_of(example).splitlines()
    assert len(lines) - (docstring.end_lineno or 0) <= LONGEST


def test_every_composition_has_an_example_and_a_section():
    assert {"sequential", "parallel", "fallback", "conditional", "loop", "map_reduce", "fan_out", "fan_in"} <= set(
        compositions()
    )
    titles = " ".join(headings("composition.md")).split()
    for name in compositions():
        assert name in titles, name
        assert (PATTERNS / file_of(name)).is_file(), name


def test_every_middleware_has_an_example_a_section_and_a_row():
    assert len(layers()) >= 10
    page = text_of(GUIDES / "middleware.md")
    for name in layers():
        assert name in headings("middleware.md"), name
        assert (PATTERNS / file_of(name)).is_file(), name
        assert f"| [`{name}`](#{name.lower()}) |" in page, name


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("calculator", "calculator"),
        ("database", "Database"),
        ("files", "Files"),
        ("git", "Git"),
        ("process", "Process"),
        ("search", "FolderSearch"),
        ("shell", "Shell"),
    ],
)
def test_every_built_in_tool_has_a_section_that_says_what_it_does_not_protect_from(module: str, name: str):
    section = re.split(r"^###? ", text_of(GUIDES / "tools.md").partition(f"\n### {name}\n")[2], flags=re.MULTILINE)[0]
    assert f"from motet.tools.{module} import {name}" in section
    assert "**Bounded.**" in section
    assert "**Not protected from.**" in section


def test_the_names_that_a_model_calls_built_in_tools_by_are_told_of(tmp_path: Path):
    process = Process()
    owners = [Files(tmp_path, write=True), FolderSearch(tmp_path), process, Shell(process)]
    owners.append(Git(tmp_path, write=True, author="Ada <ada@example.org>"))
    told = set(re.findall(r"`(\w+)`", text_of(GUIDES / "tools.md")))
    assert {made.name for owner in owners for made in owner.tools} <= told


def test_every_example_is_listed_and_linked_from_its_guide():
    listed = re.findall(r"^\| \[(\w+\.py)\]\(\1\) \|", text_of(PATTERNS / "README.md"), re.MULTILINE)
    assert sorted(listed) == [example.name for example in EXAMPLES]
    guides = "".join(text_of(GUIDES / page) for page in ("composition.md", "middleware.md", "tools.md"))
    assert [name for name in listed if f"(../../examples/patterns/{name})" not in guides] == []


def test_the_states_of_the_breaker_are_drawn_as_its_table_has_them():
    page = text_of(GUIDES / "middleware.md")
    drawn = set(re.findall(r"^    (\w+) --> (\w+): (\w+)$", page, re.MULTILINE))
    assert drawn == {
        (state.value, after.value, cause.value) for state, ways in TRANSITIONS.items() for cause, after in ways.items()
    }


@pytest.mark.parametrize("name", layers())
def test_the_counters_of_a_middleware_are_told_of(name: str):
    page = text_of(GUIDES / "middleware.md")
    section = re.split(r"^## ", page.partition(f"\n## {name}\n")[2], flags=re.MULTILINE)[0]
    row = next(line for line in section.splitlines() if line.startswith("| counters |"))
    made = {"Batch": (), "Concurrency": (1,), "Guard": (lambda *_: None,), "RateLimit": (1,), "Timeout": (1,)}
    options = {"Validate": {"input": int}}
    counted = getattr(middleware_room, name)(*made.get(name, ()), **options.get(name, {})).counters()
    assert set(re.findall(r"`(\w+)`", row)) == set(counted)


@pytest.mark.parametrize("page", ["composition.md", "middleware.md"])
def test_the_costs_in_a_guide_are_those_that_were_measured(page: str):
    figures = measured()
    section = re.split(r"^## ", text_of(GUIDES / page).partition("\n## Cost\n")[2], flags=re.MULTILINE)[0]
    rows = [cells(line) for line in section.splitlines() if line.startswith("| ") and "`" in line]
    assert rows
    for _, row, cost, beside in rows:
        name = row.strip("`")
        by_hand = figures[f"{name} / by hand"]["Motet"] if page == "composition.md" else figures[name].get("floor", "-")
        assert (name, cost, beside) == (name, figures[name]["Motet"], by_hand)
