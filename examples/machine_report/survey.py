"""The code survey of the example next door, as an agent for a task: it takes the name of a package."""

import importlib.util
import sys
from pathlib import Path

from pydantic import BaseModel

from motet import agent

sys.path.append(str(Path(__file__).resolve().parent.parent / "code_survey"))

from flow import SurveyRequest, survey_data  # found through the line above


class Findings(BaseModel):
    """The figures of a package that a report shows."""

    package: str
    files: int
    lines: int
    code: int
    functions: int
    complex: int
    hottest: list[str]


@agent
async def survey_package(package: str) -> Findings:
    """Survey the sources of an installed package."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ValueError(f"{package!r} is no package that is installed here")
    found = await survey_data(SurveyRequest(path=Path(spec.submodule_search_locations[0])))
    totals = found.totals
    hottest = [f"{spot.function.file}:{spot.function.line} {spot.function.name}" for spot in found.hot_spots[:3]]
    return Findings(
        package=package,
        files=totals.files,
        lines=totals.lines,
        code=totals.code,
        functions=totals.functions,
        complex=totals.complex,
        hottest=hottest,
    )
