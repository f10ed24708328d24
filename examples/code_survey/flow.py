"""A survey of any tree of Python sources: how much there is, what imports what, and which functions need care.

    motet run examples/code_survey/flow.py:survey '{"path": "src"}' --stream

`survey` writes a report in Markdown, `survey_data` gives the same as data. The flow is wired at the end of this file;
what the agents do with a source, once they have it, is in the pure functions of the modules next to it.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, Field, field_validator

from motet import Context, Flow, Node, agent, join
from survey_hotspots import HotSpot, hottest
from survey_imports import ImportGraph, import_graph
from survey_measure import FileFigures, measure
from survey_report import Report, Totals, add_up
from survey_source import LARGEST, Unreadable, silence_warnings
from survey_walk import Problem, Tree, list_tree


class SurveyRequest(BaseModel):
    """What to survey."""

    path: Path = Field(description="The folder with the sources.")
    deadline: float | None = Field(default=None, gt=0, description="Seconds after which a partial report is wanted.")

    @field_validator("path")
    @classmethod
    def _is_a_folder(cls, path: Path) -> Path:
        try:
            next(path.iterdir(), None)
        except OSError as error:
            problem = f"{str(path)!r} cannot be listed ({error.strerror})"
            raise ValueError(f"{problem}: give the path of a folder with Python sources") from error
        return path


@dataclass(frozen=True, slots=True)
class File:
    """One file of a tree, by its path relative to the root."""

    tree: Tree
    name: str


@dataclass(frozen=True, slots=True)
class Sources:
    """What there is to know of a tree once its files have been parsed."""

    tree: Tree
    files: list[FileFigures]
    problems: list[Problem]


@agent
def walk(request: SurveyRequest) -> Tree:
    """List the Python files below a folder."""
    silence_warnings()
    return list_tree(request.path, request.deadline)


@agent
async def deal(tree: Tree, ctx: Context) -> None:
    """Hand out one file after the other; sending waits while the parser has enough to do."""
    count = len(tree.files)
    for number, name in enumerate(tree.files, 1):
        if tree.time_is_up:
            await ctx.emit(f"time is up at file {number:,} of {count:,}\n")
            return
        await ctx.send(File(tree, name))
        if number % max(1, count // 20) == 0:
            await ctx.emit(f"{number:,} of {count:,} files: {name}\n")


@agent
def parse(file: File) -> FileFigures | Problem:
    """Measure one file. A plain function runs in a worker thread; the syntax tree is gone when it returns."""
    try:
        path = file.tree.root / file.name
        if path.stat().st_size > LARGEST:
            return Problem(file.name, f"larger than {LARGEST:,} bytes")
        return measure(file.name, path.read_bytes())
    except OSError as error:
        return Problem(file.name, f"cannot be read: {error.strerror}")
    except Unreadable as error:
        return Problem(file.name, str(error))


@agent
async def parse_in_time(file: File) -> FileFigures | Problem | None:
    """Measure one file, unless time is up before that is done: a node that returns None sends nothing on."""
    try:
        async with asyncio.timeout(file.tree.time_left):
            return await parse(file)
    except TimeoutError:
        return None


@agent
async def collect(results: list[FileFigures | Problem | Tree], ctx: Context) -> Sources:
    """Put in order what has come together."""
    (tree,) = [result for result in results if isinstance(result, Tree)]
    files = [result for result in results if isinstance(result, FileFigures)]
    problems = [result for result in results if isinstance(result, Problem)]
    await ctx.emit(f"{len(files):,} files have {sum(file.lines for file in files):,} lines\n")
    return Sources(tree, files, problems)


@agent
def metrics(sources: Sources) -> Totals:
    """Add up the figures of all files."""
    return add_up(sources.files)


@agent
def imports(sources: Sources) -> ImportGraph:
    """Find out which module imports which."""
    return import_graph({file.file: file.imports for file in sources.files}, sources.tree.package)


@agent
def hot_spots(sources: Sources) -> list[HotSpot]:
    """Find the functions that are most in need of care."""
    return hottest(function for file in sources.files for function in file.functions)


@agent
def report(findings: tuple[Totals, ImportGraph, list[HotSpot], Sources]) -> Report:
    """Put the findings together, in the order of the edges that lead here."""
    totals, graph, hottest_functions, sources = findings
    tree = sources.tree
    unseen = len(tree.files) - len(sources.files) - len(sources.problems)
    return Report(
        path=tree.title,
        partial=unseen > 0 or not tree.complete,
        found=len(tree.files),
        listed=tree.complete,
        totals=totals,
        files=sources.files,
        imports=graph,
        hot_spots=hottest_functions,
        problems=sorted([*tree.problems, *sources.problems], key=lambda problem: problem.file),
    )


@agent
def write(found: Report) -> str:
    """Write the report as Markdown."""
    return found.markdown


# Two at once are enough, as Python's parser lets no other thread run: while one file is read, another one is parsed.
parser = Node(parse_in_time, concurrency=2, inbox=8)
everything = join(name="everything")
findings = join(name="findings")

survey_data: Flow[SurveyRequest, Report] = Flow(
    "survey_data",
    walk >> deal >> parser >> everything >> collect >> [metrics, imports, hot_spots] >> findings >> report,
    walk >> everything,
    collect >> findings,
    description="Survey a tree of Python sources, and return all figures.",
)
survey: Flow[SurveyRequest, str] = Flow(
    "survey",
    survey_data >> write,
    description="Survey a tree of Python sources, and return a report in Markdown.",
)
