"""The survey from end to end: real folders in, reports out."""

import asyncio
import gc
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

from motet.kernel.errors import DeadlineExceeded, InvalidPayload

CODE_SURVEY = Path(__file__).parents[2] / "examples" / "code_survey"

SLOW = "x = [" + "f(a, b) if c else d, " * 5_000 + "]\n"
"""A source that takes the parser a tenth of a second."""

TREE = {
    "app/__init__.py": '"""An app."""\n',
    "app/main.py": "import sys\nfrom app import store\n\n\ndef main(argv):\n    return store.load(argv or sys.argv)\n",
    "app/store.py": "import app.main\n\n\ndef load(names):\n    # all\n    return [name for name in names if name]\n",
    "tests/test_app.py": "import pytest\nfrom app.main import main\n",
}


async def test_a_survey_gives_figures_imports_and_hot_spots(code_survey, plant):
    report = await code_survey.survey_data(code_survey.SurveyRequest(path=plant(TREE)))

    assert (report.found, report.partial, report.problems) == (4, False, [])
    assert [file.file for file in report.files] == sorted(TREE)
    assert (report.totals.lines, report.totals.comments, report.totals.functions) == (15, 1, 2)
    assert [cycle.modules for cycle in report.imports.cycles] == [("app.main", "app.store")]
    assert report.imports.third_party == {"pytest": 1}
    assert [spot.function.name for spot in report.hot_spots] == ["load", "main"]


async def test_the_text_is_that_of_the_data(code_survey, plant):
    request = code_survey.SurveyRequest(path=plant(TREE))

    assert await code_survey.survey(request) == (await code_survey.survey_data(request)).markdown


async def test_bad_files_are_told_and_the_rest_is_surveyed(code_survey, plant, tmp_path):
    outside = plant({"b.py": "b"}, tmp_path / "outside")
    root = plant({
        "good.py": "def f(): pass\n",
        "syntax.py": "def f(:\n",
        "indent.py": "a\n  b\n",
        "latin.py": b"a = '\xe9'\n",
        "null.py": b"a\0b\n",
        "coding.py": "# coding: klingon\n",
        "deep.py": "-" * 100_000 + "1\n",
        "escapes.py": "a = '\\d'\n",
        "large.py": "a = 1\n" * 170_000,
        ".git/hook.py": "def f(:\n",
    })  # fmt: skip
    (root / "broken.py").symlink_to("nowhere.py")
    (root / "loop.py").symlink_to("loop.py")
    (root / "up").symlink_to(root)
    (root / "out").symlink_to(outside)
    os.mkfifo(root / "pipe.py")

    report = await code_survey.survey_data(code_survey.SurveyRequest(path=root))

    assert [file.file for file in report.files] == ["escapes.py", "good.py"]
    assert (report.found, report.partial) == (9, False)
    told = {problem.file: problem.reason for problem in report.problems}
    assert list(told) == sorted(told)
    assert set(told) == {
        *("broken.py", "coding.py", "deep.py", "indent.py", "large.py", "latin.py"),
        *("loop.py", "null.py", "out", "pipe.py", "syntax.py"),
    }
    assert told["large.py"] == "larger than 1,000,000 bytes"
    assert all(f"| `{name}` | " in report.markdown for name in told)


async def test_a_file_that_may_not_be_read_is_told(code_survey, plant, stranger):
    root = plant({"a.py": "a", "closed.py": "b"}, stranger.folder)
    (root / "closed.py").chmod(0o000)

    with stranger():
        report = await code_survey.survey_data(code_survey.SurveyRequest(path=root))

    assert [problem.reason for problem in report.problems] == ["cannot be read: Permission denied"]


async def test_a_file_that_vanishes_meanwhile_is_told(code_survey, plant):
    tree = code_survey.list_tree(plant({"a.py": "a"}))
    (tree.root / "a.py").unlink()

    problem = await code_survey.parse(code_survey.File(tree, "a.py"))

    assert problem == code_survey.Problem("a.py", "cannot be read: No such file or directory")


@pytest.mark.parametrize("files", [{}, {"readme.md": "# Hello\n"}, {".venv/a.py": "a"}])
async def test_a_folder_without_sources_says_so(code_survey, plant, files):
    request = code_survey.SurveyRequest(path=plant(files))

    assert (await code_survey.survey_data(request)).found == 0
    assert "There are no Python files in this folder." in await code_survey.survey(request)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"path": "nowhere"}, r"'nowhere' cannot be listed \(No such file .*\): give the path of a folder"),
        ({"path": __file__}, r"cannot be listed \(Not a directory\): give the path of a folder"),
        ({"path": "."} | {"deadline": 0}, "deadline: Input should be greater than 0"),
        ({}, "path: Field required"),
    ],
)
async def test_a_bad_request_says_what_to_do(code_survey, request_, words):
    with pytest.raises(InvalidPayload, match=words):
        await code_survey.survey(request_)


async def test_a_deadline_gives_a_partial_report(code_survey, plant):
    root = plant({f"slow{number}.py": SLOW for number in range(30)})

    report = await code_survey.survey_data(code_survey.SurveyRequest(path=root, deadline=0.3))

    assert (report.partial, report.listed, report.found) == (True, True, 30)
    assert report.totals.files < 30
    assert f"time was up when {report.totals.files} of 30 Python files" in report.markdown


async def test_a_file_that_is_not_parsed_in_time_is_left_out(code_survey, plant):
    root = plant({"slow.py": SLOW * 8})

    report = await code_survey.survey_data(code_survey.SurveyRequest(path=root, deadline=0.1))

    assert (report.partial, report.found, report.files) == (True, 1, [])
    assert "time was up when 0 of 1 Python files" in report.markdown


async def test_files_that_are_parsed_at_the_same_time_do_not_disturb_each_other(code_survey, plant):
    root = plant({f"{number}.py": SLOW for number in range(6)})

    def let_others_run(*_: object) -> None:
        time.sleep(0.001)

    gc.callbacks.append(let_others_run)  # so that the parser is interrupted in the middle
    try:
        report = await code_survey.survey_data(code_survey.SurveyRequest(path=root))
    finally:
        gc.callbacks.remove(let_others_run)

    assert (len(report.files), report.problems) == (6, [])


async def test_a_deadline_that_is_kept_changes_nothing(code_survey, plant):
    root = plant(TREE)

    in_time = await code_survey.survey(code_survey.SurveyRequest(path=root, deadline=600))

    assert in_time == await code_survey.survey(code_survey.SurveyRequest(path=root))


async def test_the_callers_own_deadline_interrupts(code_survey, plant):
    root = plant({f"slow{number}.py": SLOW for number in range(16)})

    with pytest.raises(DeadlineExceeded):
        await code_survey.survey(code_survey.SurveyRequest(path=root), deadline=0.1)

    assert code_survey.survey.inside == 0


async def test_leaving_the_stream_ends_the_survey(code_survey, plant):
    root = plant({f"slow{number}.py": SLOW for number in range(40)})
    before = asyncio.all_tasks()

    async with code_survey.survey.stream(code_survey.SurveyRequest(path=root)) as stream:
        async for chunk in stream:
            assert chunk.text == "2 of 40 files: slow1.py\n"
            break

    await code_survey.survey.stop()
    assert (code_survey.survey.inside, code_survey.survey_data.inside) == (0, 0)
    assert asyncio.all_tasks() == before


async def test_progress_is_told_now_and_then(code_survey, plant):
    root = plant({f"{number:03}.py": "a\nb\n" for number in range(200)})

    async with code_survey.survey.stream(code_survey.SurveyRequest(path=root)) as stream:
        lines = [chunk.text async for chunk in stream]
        text = await stream.result()

    assert lines[0] == "10 of 200 files: 009.py\n"
    assert lines[-1] == "200 files have 400 lines\n"
    assert len(lines) == 21
    assert text.startswith("# Survey of ")


async def test_the_same_tree_gives_the_same_report(code_survey, plant, tmp_path, monkeypatch):
    roots = [tmp_path / "one", tmp_path / "other"]
    plant(TREE, roots[0])
    plant(dict(reversed(TREE.items())), roots[1])

    reports = []
    for root in roots:
        monkeypatch.chdir(root)
        reports.append(await code_survey.survey_data(code_survey.SurveyRequest(path=Path())))

    assert reports[0] == reports[1]


async def test_surveys_at_the_same_time_do_not_mix(code_survey, plant, tmp_path):
    roots = [plant({f"{n}_{i}.py": "a\n" * n for i in range(30)}, tmp_path / str(n)) for n in range(1, 6)]

    reports = await asyncio.gather(*(code_survey.survey_data(code_survey.SurveyRequest(path=root)) for root in roots))

    assert [(report.found, report.totals.lines) for report in reports] == [(30, 30 * n) for n in range(1, 6)]


async def test_a_part_of_the_standard_library(code_survey):
    root = Path(sysconfig.get_path("stdlib"), "asyncio")

    report = await code_survey.survey_data(code_survey.SurveyRequest(path=root))

    assert report.problems == []
    assert report.found == len([entry for entry in os.scandir(root) if entry.name.endswith(".py")])
    assert report.imports.modules["base_events.py"] == "asyncio.base_events"
    assert ("asyncio.base_events", "asyncio.events") in {
        (edge.importer, edge.imported) for edge in report.imports.imports
    }
    assert "selectors" in report.imports.stdlib
    assert len(report.hot_spots) == 10


def test_the_drawing_in_the_readme_is_that_of_the_flow(code_survey):
    assert code_survey.survey_data.draw() in (CODE_SURVEY / "README.md").read_text(encoding="utf-8")


def test_the_demo_shows_progress_and_a_report(plant):
    root = plant(TREE)

    done = _python(CODE_SURVEY / "demo.py", root)

    assert done.stdout.startswith(f"# Survey of `{root}`\n")
    assert done.stderr.endswith("4 files have 15 lines\n")


@pytest.mark.skipif(not shutil.which("motet", path=Path(sys.executable).parent), reason="needs the extra `cli`")
def test_the_command_in_the_readme_works(plant):
    root = plant(TREE)

    done = _python("-m", "motet", "run", CODE_SURVEY / "flow.py:survey", f'{{"path": "{root}"}}')

    assert done.stdout.startswith(f"# Survey of `{root}`\n")


def _python(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, check=True, timeout=60
    )
