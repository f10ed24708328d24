"""Figures to a report: a model with everything in it, and Markdown with what a person wants to see first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, Field

from survey_hotspots import LIMITS, HotSpot, figures_of
from survey_imports import ImportGraph, PackageEdge
from survey_measure import FileFigures
from survey_walk import Problem

__all__ = ["Report", "Totals", "add_up"]

ROWS: Final = {"packages": 12, "used": 12, "edges": 25, "cycles": 10, "problems": 40}
"""How much of each list the Markdown shows; the model has all of it."""

ADDED: Final = (
    *("lines", "code", "comments", "blank", "classes"),
    *("documentable", "documented", "annotatable", "annotated"),
)
"""The figures of a file that can simply be added up."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of several files together: `FileFigures` says what each means.

    Only `complex` is new: the functions with a complexity over the limit.
    """

    files: int
    lines: int
    code: int
    comments: int
    blank: int
    classes: int
    functions: int
    complex: int
    documentable: int
    documented: int
    annotatable: int
    annotated: int


class Report(BaseModel):
    """What a survey found."""

    path: str = Field(description="The folder that was surveyed.")
    partial: bool = Field(description="Whether the time was up before every file had been parsed.")
    found: int = Field(description="How many Python files there are, as far as the folders were listed.")
    listed: bool = Field(description="Whether every folder was listed.")
    totals: Totals = Field(description="The figures of all files that were parsed.")
    files: list[FileFigures] = Field(description="The figures of each of them.")
    imports: ImportGraph = Field(description="Which module imports which.")
    hot_spots: list[HotSpot] = Field(description="The functions most in need of care.")
    problems: list[Problem] = Field(description="What could not be read or parsed.")

    @property
    def markdown(self) -> str:
        """The report as a person reads it."""
        parts = [_head(self), *([_figures(self), _imports(self), _care(self)] if self.files else []), _problems(self)]
        return "\n".join(line for part in parts for line in [*part, ""] if part)


def add_up(files: Iterable[FileFigures]) -> Totals:
    """Add the figures of files up."""
    each = list(files)
    functions = [function for file in each for function in file.functions]
    return Totals(
        files=len(each),
        functions=len(functions),
        complex=sum(function.complexity > LIMITS["complexity"] for function in functions),
        **{name: sum(getattr(file, name) for file in each) for name in ADDED},
    )


def _head(report: Report) -> list[str]:
    lines = [f"# Survey of {_code(report.path)}"]
    parsed, found = report.totals.files, f"{report.found:,}" if report.listed else f"at least {report.found:,}"
    if report.partial:
        seen = f"time was up when {parsed:,} of {found} Python files had been parsed. All figures are of those."
        lines += ["", f"> **This report is partial**: {seen}"]
    elif not report.found:
        lines += ["", "There are no Python files in this folder."]
    elif not parsed:
        lines += ["", f"None of the {found} Python files could be parsed."]
    return lines


def _figures(report: Report) -> list[str]:
    figures = report.totals
    rows = [
        ("Files parsed", f"{figures.files:,} of {report.found:,}"),
        ("Lines", f"{figures.lines:,}"),
        ("Code", _share(figures.code, figures.lines)),
        ("Comments", _share(figures.comments, figures.lines)),
        ("Blank", _share(figures.blank, figures.lines)),
        ("Classes", f"{figures.classes:,}"),
        ("Functions", f"{figures.functions:,}"),
        (f"Complexity over {LIMITS['complexity']}", _share(figures.complex, figures.functions)),
        ("Docstrings", _share(figures.documented, figures.documentable)),
        ("Annotations", _share(figures.annotated, figures.annotatable)),
    ]
    return [*_table("lr", ("Summary", ""), rows), "", *_by_package(report)]


def _by_package(report: Report) -> list[str]:
    packages: dict[str, list[FileFigures]] = {}
    for file in report.files:
        packages.setdefault(report.imports.packages[report.imports.modules[file.file]], []).append(file)
    sums = sorted(((add_up(files), name) for name, files in packages.items()), key=lambda item: -item[0].lines)
    rows = [
        (
            _code(name),
            *(f"{number:,}" for number in (each.files, each.lines, each.functions)),
            _percent(each.documented, each.documentable),
            _percent(each.annotated, each.annotatable),
        )
        for each, name in sums[: ROWS["packages"]]
    ]
    header = (f"Package ({len(sums):,} in all)", "Files", "Lines", "Functions", "Docstrings", "Annotations")
    return _table("lrrrrr", header, rows)


def _imports(report: Report) -> list[str]:
    graph = report.imports
    lines = [
        "## Imports",
        "",
        f"- Modules: {len(graph.modules):,}; imports between them: {len(graph.imports):,}",
        f"- From the standard library (in how many modules): {_used(graph.stdlib)}",
        f"- From elsewhere: {_used(graph.third_party)}",
        "",
    ]
    if graph.package_imports:
        lines += [*_diagram(graph.package_imports), ""]
    if not graph.cycles:
        return [*lines, "No modules import one another in a circle when they are loaded."]
    lines += ["Modules that import one another in a circle when they are loaded:", ""]
    for cycle in graph.cycles[: ROWS["cycles"]]:
        more = len(cycle.modules) - len(cycle.example) + 1
        lines.append(f"- {' → '.join(map(_code, cycle.example))}" + (f", and {more} more" if more else ""))
    return lines + _rest(graph.cycles, "cycles")


def _diagram(edges: list[PackageEdge]) -> list[str]:
    """Draw the heaviest edges in Mermaid's words; their labels are numbers of imports."""
    shown = edges[: ROWS["edges"]]
    names = sorted({name for edge in shown for name in (edge.importer, edge.imported)})
    keys = {name: f"p{number}" for number, name in enumerate(names)}
    lines = [f"    {keys[name]}[{_label(name)}]" for name in names]
    lines += [f"    {keys[edge.importer]} -->|{edge.weight}| {keys[edge.imported]}" for edge in shown]
    return ["```mermaid", "flowchart LR", *lines, "```", *_rest(edges, "edges")]


def _care(report: Report) -> list[str]:
    rows = [
        (
            f"{spot.score:.1f}",
            _code(spot.function.name),
            _code(f"{spot.function.file}:{spot.function.line}"),
            *(str(value) for value in figures_of(spot.function).values()),
            spot.reason,
        )
        for spot in report.hot_spots
    ]
    header = ("Score", "Function", "Where", *(name.capitalize() for name in LIMITS), "Why")
    return [
        "## Functions most in need of care",
        "",
        *_table("rllrrrrl", header, rows),
        "",
        "The score adds up how many times its limit each figure is: "
        + ", ".join(f"{name} {limit}" for name, limit in LIMITS.items())
        + ".",
    ]


def _problems(report: Report) -> list[str]:
    if not report.problems:
        return []
    rows = [(_code(problem.file), problem.reason) for problem in report.problems[: ROWS["problems"]]]
    table = _table("ll", ("File", "Why it is not in the figures"), rows)
    return ["## Could not be read or parsed", "", *table, *_rest(report.problems, "problems")]


def _table(sides: str, header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Write a table whose columns are aligned to the left ("l") and to the right ("r")."""
    rule = tuple("---:" if side == "r" else "---" for side in sides)
    return [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in (header, rule, *rows)]


def _code(text: str) -> str:
    return "`" + text.replace("`", "'") + "`"


def _label(text: str) -> str:
    return '"' + text.replace('"', "#quot;") + '"'


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _rest(items: Sequence[object], what: str) -> list[str]:
    shown, count = ROWS[what], len(items)
    return ["", f"({shown} of {count:,} are shown; all are in the data.)"] if count > shown else []


def _used(counts: dict[str, int]) -> str:
    shown = [f"{_code(name)} ({count:,})" for name, count in list(counts.items())[: ROWS["used"]]]
    more = len(counts) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "") if shown else "nothing"


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({_percent(part, whole)})"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"
