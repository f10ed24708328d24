"""Loading the user's modules again: all of what is affected, or nothing."""

import ast
import asyncio
import builtins
import gc
import importlib
import os
import pickle
import py_compile
import sys
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from devtools.conftest import Project, broken, reloaded
from motet.devtools.outcome import Mended
from motet.devtools.reloader import named
from motet.kernel.errors import InvalidAgent, NotFound

MAIN = """
from motet import agent
from part import word

@agent
async def shout(text: str) -> str:
    return f"{text} {word()}"
"""


def part(word: str) -> str:
    return f"def word():\n    return {word!r}\n"


def counted(project: Project, **files: str) -> None:
    """Write files that count in a list how often each is executed."""
    builtins.executed = []  # type: ignore[attr-defined]
    project.write(
        **{name: f"import builtins\nbuiltins.executed.append({name!r})\n{text}" for name, text in files.items()}
    )


def executed() -> list[str]:
    found: list[str] = builtins.executed  # type: ignore[attr-defined]
    builtins.executed = []  # type: ignore[attr-defined]
    return sorted(found)


async def test_a_change_is_served_and_what_was_not_touched_is_not_loaded_again(project: Project) -> None:
    counted(project, main=MAIN + "import other\n", part=part("one"), other="")
    reloader = project.reloader()
    first = reloaded(reloader.check())
    assert (first.version, first.changed, first.modules) == (1, (), ("main", "other", "part"))
    assert executed() == ["main", "other", "part"]
    assert await first.agent("say") == "say one"
    project.write(part=part("two"))
    second = reloaded(reloader.check())
    assert (second.version, second.changed, second.modules) == (2, ("part.py",), ("main", "part"))
    assert executed() == ["main"]
    assert await second.agent("say") == "say two"
    assert await first.agent("say") == "say one"


def test_unchanged_content_loads_nothing(project: Project) -> None:
    project.write(main=MAIN, part=part("one"))
    reloader = project.reloader()
    reloaded(reloader.check())
    os.utime(project.path("part"))
    project.path("part").write_bytes(project.path("part").read_bytes())
    assert reloader.check() is None


BREAKS: dict[str, tuple[dict[str, str], str]] = {
    "a syntax error": ({"part": "def word(:\n"}, "SyntaxError"),
    "an exception": ({"part": part("two") + "1 / 0\n"}, "ZeroDivisionError: division by zero"),
    "an exit": ({"part": "raise SystemExit(3)\n"}, "SystemExit: 3"),
    "a test that is skipped": (
        {"part": "import pytest\npytest.importorskip('nowhere_at_all')\n"},
        "Skipped: could not",
    ),
    "a cancellation": ({"part": "import asyncio\nraise asyncio.CancelledError\n"}, "asyncio.exceptions.CancelledError"),
    "the end of a generator": ({"part": "raise GeneratorExit\n"}, "GeneratorExit"),
    "what is no Exception": ({"part": "class Mine(BaseException): ...\nraise Mine('no')\n"}, "part.Mine: no"),
    "a name that is gone": ({"part": "other = 1\n"}, "ImportError: cannot import name 'word'"),
    "a module that is not there": ({"main": MAIN + "import nowhere_at_all\n"}, "No module named 'nowhere_at_all'"),
    "a graph that cannot run": (
        {"main": MAIN + "from motet import Flow\nflow = Flow('f', shout >> shout)\n"},
        "InvalidGraph: The graph of 'f' cannot run:",
    ),
    "no target": ({"main": "import part\n"}, "NotFound: main has no 'shout'"),
    "a target that is no agent": ({"main": "import part\nshout = 3\n"}, "InvalidAgent: 'shout' in main is int"),
    "types that cannot be read": (
        {"main": MAIN.replace("text: str", "text: 'Nothing'")},
        "InvalidAgent: An annotation",
    ),
    "a new module that is broken": ({"main": MAIN + "import fresh\n", "fresh": "1 / 0\n"}, "ZeroDivisionError"),
    "no utf-8": ({"part": "# coding: no-such\n"}, "SyntaxError"),
    "a null byte": ({"part": "x = '\0'\n"}, "null bytes"),
}


@pytest.mark.parametrize(("files", "told"), BREAKS.values(), ids=list(BREAKS))
async def test_a_broken_edit_is_told_once_and_leaves_everything_as_it_was(
    project: Project, files: dict[str, str], told: str
) -> None:
    project.write(main=MAIN, part=part("one"))
    reloader = project.reloader()
    first = reloaded(reloader.check())
    modules, path = dict(sys.modules), list(sys.path)
    project.write(**files)
    outcome = broken(reloader.check())
    assert told in outcome.text
    assert str(Path(__file__)) not in outcome.text
    assert "motet/devtools" not in outcome.text
    assert reloader.check() is None
    assert {name: module for name, module in sys.modules.items() if name in modules} == modules
    assert not {"fresh"} & sys.modules.keys()
    assert sys.path == path
    assert await first.agent("say") == "say one"
    project.write(main=MAIN, part=part("three"))
    assert await reloaded(reloader.check()).agent("say") == "say three"


def test_a_file_that_interrupts_is_broken_where_no_key_can_have_done_it(project: Project) -> None:
    project.write(main=MAIN, part="raise KeyboardInterrupt\n")
    reloader = project.reloader()
    with ThreadPoolExecutor() as threads:
        assert "KeyboardInterrupt" in broken(threads.submit(reloader.check).result()).text
    with pytest.raises(KeyboardInterrupt):
        reloader.check()
    project.write(part=part("one"))
    assert reloaded(reloader.check()).version == 1


def test_a_broken_edit_that_is_taken_back_is_mended_without_a_new_version(project: Project) -> None:
    project.write(main=MAIN, part=part("one"))
    reloader = project.reloader()
    reloaded(reloader.check())
    project.write(part="1 / 0\n")
    assert broken(reloader.check()).step == "load"
    project.write(part=part("one"))
    assert reloader.check() == Mended(1)
    assert reloader.check() is None
    project.write(part="1 / 0\n")
    broken(reloader.check())


def test_another_error_is_told_again(project: Project) -> None:
    project.write(main=MAIN, part="1 / 0\n")
    reloader = project.reloader()
    assert "ZeroDivisionError" in broken(reloader.check()).text
    assert reloader.check() is None
    project.write(part="import nowhere_at_all\n")
    assert "nowhere_at_all" in broken(reloader.check()).text
    project.write(part=part("one"))
    assert reloaded(reloader.check()).version == 1


async def test_a_file_of_the_same_size_and_second_is_another_one(project: Project) -> None:
    project.write(main=MAIN, part=part("one"))
    py_compile.compile(str(project.path("part")), doraise=True)
    stat = project.path("part").stat()
    project.write(part=part("two"))
    os.utime(project.path("part"), ns=(stat.st_atime_ns, stat.st_mtime_ns))
    reloader = project.reloader()
    assert await reloaded(reloader.check()).agent("say") == "say two"
    project.write(part=part("six"))
    os.utime(project.path("part"), ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert await reloaded(reloader.check()).agent("say") == "say six"
    assert not list(project.root.rglob("main*.pyc"))


async def test_packages_relative_imports_and_imports_in_functions_are_followed(project: Project) -> None:
    inside = "from ..b import value\n\ndef word():\n    from . import late\n    return f'{value} {late.value}'\n"
    counted(
        project,
        main=MAIN.replace("from part import word", "from pkg.sub.a import word"),
        pkg____init="",
        pkg__b="value = 1\n",
        pkg__other="",
        pkg__sub____init="",
        pkg__sub__a=inside,
        pkg__sub__late="value = 1\n",
    )
    reloader = project.reloader()
    first = reloaded(reloader.check())
    assert "pkg__sub__late" not in executed()
    assert await first.agent("say") == "say 1 1"
    executed()
    project.write(pkg__sub__late="value = 2\n")
    second = reloaded(reloader.check())
    assert await second.agent("say") == "say 1 2"
    assert "pkg.sub.late" in second.modules
    assert "pkg.b" not in second.modules
    project.write(pkg__b="value = 2\n")
    assert await reloaded(reloader.check()).agent("say") == "say 2 2"
    project.write(pkg__sub__late="value = \n")
    assert "SyntaxError" in broken(reloader.check()).text


async def test_a_call_in_flight_imports_from_its_own_version(project: Project) -> None:
    late = MAIN.replace("from part import word\n", "import asyncio\n").replace(
        '    return f"{text} {word()}"',
        '    await gate.wait()\n    from part import word\n    return f"{text} {word()}"',
    )
    project.write(main=late + "gate = asyncio.Event()\nimport part\n", part=part("one"))
    reloader = project.reloader()
    first = reloaded(reloader.check())
    gate = sys.modules["main"].gate
    call = asyncio.ensure_future(first.agent("say"))
    await asyncio.sleep(0)
    project.write(part=part("two"))
    reloaded(reloader.check())
    gate.set()
    assert await call == "say one"


async def test_a_broken_module_is_seen_by_nobody_while_it_is_loaded(project: Project) -> None:
    probe = "import builtins\nbuiltins.probe()\n"
    project.write(main=MAIN + "def again():\n    import part\n    return part.word()\n", part=part("one"))
    reloader = project.reloader()
    reloaded(reloader.check())
    served = sys.modules["main"]
    seen: list[str] = []
    builtins.probe = lambda: seen.append(served.again())  # type: ignore[attr-defined]
    project.write(part=part("two") + probe + "1 / 0\n")
    broken(reloader.check())
    assert seen == ["one"]


async def test_a_new_file_that_an_import_has_waited_for_is_loaded(project: Project) -> None:
    waiting = "try:\n    from local import word\nexcept ImportError:\n    from part import word\n"
    project.write(main=MAIN.replace("from part import word\n", waiting), part=part("one"))
    reloader = project.reloader()
    assert await reloaded(reloader.check()).agent("say") == "say one"
    project.write(local=part("new"))
    second = reloaded(reloader.check())
    assert second.changed == ("local.py",)
    assert await second.agent("say") == "say new"
    project.delete("local")
    third = reloaded(reloader.check())
    assert await third.agent("say") == "say one"
    assert "local" not in sys.modules


async def test_a_module_that_becomes_a_package_is_found_there(project: Project) -> None:
    project.write(main=MAIN, part=part("one"))
    reloader = project.reloader()
    reloaded(reloader.check())
    project.write(part____init=part("package"))
    assert await reloaded(reloader.check()).agent("say") == "say package"
    assert hasattr(sys.modules["part"], "__path__")


def test_a_deleted_file_that_is_still_imported_is_an_error_until_it_is_back(project: Project) -> None:
    project.write(main=MAIN, part=part("one"))
    reloader = project.reloader()
    reloaded(reloader.check())
    project.delete("part")
    assert "No module named 'part'" in broken(reloader.check()).text
    assert sys.modules["part"].word() == "one"
    project.write(part=part("one"))
    assert reloader.check() == Mended(1)


def test_a_deleted_entry_is_an_error(project: Project) -> None:
    project.write(main=MAIN, part=part("one"))
    reloader = project.reloader()
    reloaded(reloader.check())
    project.delete("main")
    assert "FileNotFoundError" in broken(reloader.check()).text


def test_a_module_that_nobody_imports_any_more_is_forgotten(project: Project) -> None:
    project.write(main=MAIN, part=part("one"))
    reloader = project.reloader()
    reloaded(reloader.check())
    project.write(main=MAIN.replace("from part import word", "def word():\n    return 'own'"), part="1 / 0\n")
    reloaded(reloader.check())
    assert "part" not in sys.modules
    assert reloader.modules == ("main",)


async def test_a_file_under_two_names_is_loaded_again_under_both(project: Project) -> None:
    project.write(
        main=MAIN.replace("from part", "import pkg.part\nfrom part") + "import sys\n",
        part="",
        pkg____init="",
        pkg__part=part("one"),
    )
    project.path("part").unlink()
    project.path("part").symlink_to(project.path("pkg__part"))
    reloader = project.reloader()
    first = reloaded(reloader.check())
    assert {"part", "pkg.part"} <= set(first.modules)
    project.write(pkg__part=part("two"))
    assert await reloaded(reloader.check()).agent("say") == "say two"
    assert sys.modules["part"].word() == sys.modules["pkg.part"].word() == "two"


async def test_a_file_that_is_imported_by_its_own_name_is_the_same_module(project: Project) -> None:
    back = "def word():\n    import main\n    return main.shout.name\n"
    project.write(main=MAIN, part=back)
    assert await reloaded(project.reloader().check()).agent("say") == "say shout"


async def test_a_circle_of_imports_is_loaded_again(project: Project) -> None:
    project.write(main=MAIN, part="import other\n" + part("one"), other="import part\nvalue = 1\n")
    reloader = project.reloader()
    reloaded(reloader.check())
    project.write(other="import part\nvalue = 2\n")
    assert reloaded(reloader.check()).modules == ("main", "other", "part")
    assert sys.modules["part"].other.value == 2


BY_PACKAGE = "from motet import agent\n{imports}\n@agent\nasync def shout(text: str) -> str:\n    return pkg.s.v\n"


@pytest.mark.parametrize(
    ("imports", "others"),
    [
        ("import pkg.s\n", {}),
        ("import pkg.s\nat_once = pkg.s.v\n", {}),
        ("import pkg\nimport user\n", {"user": "from pkg.s import v\n"}),
        ("import importlib\nimport pkg\nimportlib.import_module('pkg.s')\n", {}),
        ("import pkg\n", {"pkg____init": "import pkg.s\nat_once = pkg.s.v\n"}),
        ("import pkg\n", {"pkg____init": "from . import s\nat_once = s.v\n"}),
        ("import pkg.s\n", {"pkg____init": "", "pkg__other": "import pkg.s\n"}),
    ],
)
async def test_a_package_that_is_loaded_again_has_the_modules_in_it_that_go_on(
    project: Project, imports: str, others: dict[str, str]
) -> None:
    project.write(**{"main": BY_PACKAGE.format(imports=imports), "pkg____init": "", "pkg__s": "v = 'one'\n", **others})
    reloader = project.reloader()
    assert await reloaded(reloader.check()).agent("") == "one"
    kept = sys.modules["pkg.s"]
    append = project.path("pkg____init").read_text()
    project.write(pkg____init=append + "Q = 1\n")
    second = reloaded(reloader.check())
    assert sys.modules["pkg.s"] is kept
    assert await second.agent("") == "one"
    project.write(pkg__s="v = 'two'\n")
    assert await reloaded(reloader.check()).agent("") == "two"


async def test_a_folder_without_init_that_is_loaded_again_has_the_modules_in_it_that_go_on(project: Project) -> None:
    text = "from motet import agent\nimport space.a\nimport space.b\nat_once = space.a.v + space.b.v\n"
    text += "@agent\nasync def shout(text: str) -> str:\n    return space.a.v + space.b.v\n"
    project.write(main=text, space__a="v = 'one'\n", space__b="v = 'one'\n")
    reloader = project.reloader()
    assert await reloaded(reloader.check()).agent("") == "oneone"
    project.write(space__b="v = 'two'\n")
    second = reloaded(reloader.check())
    assert "space.a" not in second.modules
    assert await second.agent("") == "onetwo"


async def test_a_name_of_a_package_stays_what_the_package_makes_of_it(project: Project) -> None:
    project.write(
        main=BY_PACKAGE.format(imports="import pkg.s\n").replace("pkg.s.v", "pkg.s()"),
        pkg____init="from .s import s\n",
        pkg__s="def s():\n    return 'a function'\n",
    )
    reloader = project.reloader()
    assert await reloaded(reloader.check()).agent("") == "a function"
    project.write(pkg____init="from .s import s\nQ = 1\n")
    assert await reloaded(reloader.check()).agent("") == "a function"


def test_a_module_that_fails_in_a_circle_of_imports_is_left_in_no_package(project: Project) -> None:
    circle = {"pkg__s": "import pkg.t\n1 / 0\n", "pkg__t": "import pkg.s\n"}
    project.write(main=MAIN + "import pkg\n", part=part("one"), pkg____init="")
    reloader = project.reloader()
    reloaded(reloader.check())
    project.write(main=MAIN + "import pkg\nimport pkg.s\n", part=part("one"), **circle)
    assert "ZeroDivisionError" in broken(reloader.check()).text
    assert not {"s", "t"} & vars(sys.modules["pkg"]).keys()


def test_plug_ins_that_a_package_looks_for_stay_with_their_executors_when_it_is_loaded_again(project: Project) -> None:
    look = (
        "import importlib, pkgutil\n"
        "for each in pkgutil.iter_modules(__path__):\n    importlib.import_module(f'{__name__}.{each.name}')\n"
    )
    job = (
        "import builtins\nfrom motet.tasks.executor import executor\n"
        "@executor('one', executors=builtins.registry)\nasync def job(inputs: dict[str, int]) -> str:\n    return ''\n"
    )
    builtins.registry = project.executors  # type: ignore[attr-defined]
    project.write(main=MAIN + "import plug\n", part=part("one"), plug____init=look, plug__job=job)
    reloader = project.reloader()
    reloaded(reloader.check())
    project.write(plug____init=look + "Q = 1\n")
    assert "plug.job" not in reloaded(reloader.check()).modules
    assert list(project.executors) == ["one"]
    assert sys.modules["plug"].job is sys.modules["plug.job"]


def test_a_module_that_its_package_does_not_import_any_more_is_forgotten(project: Project) -> None:
    project.write(main=MAIN + "import pkg\n", part=part("one"), pkg____init="from . import s\n", pkg__s="")
    reloader = project.reloader()
    reloaded(reloader.check())
    project.write(pkg____init="")
    reloaded(reloader.check())
    assert "pkg.s" not in sys.modules
    assert not hasattr(sys.modules["pkg"], "s")


async def test_a_module_by_its_name_and_what_it_imports_dynamically(project: Project) -> None:
    project.write(
        pkg____init="",
        pkg__app=MAIN.replace(
            "from part import word", "import importlib\nfound = [importlib.import_module('pkg.late')]"
        ).replace("word()", "found[0].word()"),
        pkg__late=part("one"),
    )
    sys.path.insert(0, str(project.root))
    reloader = project.reloader(module="pkg.app")
    assert await reloaded(reloader.check()).agent("say") == "say one"
    project.write(pkg__late=part("two"))
    assert await reloaded(reloader.check()).agent("say") == "say two"


def test_a_folder_without_init_is_a_package_too(project: Project) -> None:
    project.write(main=MAIN.replace("from part", "import space.part\nfrom space.part"), space__part=part("one"))
    reloader = project.reloader()
    reloaded(reloader.check())
    project.write(space__part=part("two"))
    reloaded(reloader.check())
    assert sys.modules["main"].space.part.word() == "two"


def test_a_folder_without_init_is_no_change(project: Project) -> None:
    project.write(main=MAIN.replace("from part", "import space.part\nfrom space.part"), space__part=part("one"))
    reloader = project.reloader()
    reloaded(reloader.check())
    assert reloader.check() is None
    os.utime(project.path("space__part"))
    assert reloader.check() is None
    project.write(space____init="")
    assert reloaded(reloader.check()).changed == ("space/__init__.py",)
    assert reloader.check() is None
    project.delete("space____init")
    reloaded(reloader.check())
    assert reloader.check() is None


LATE = MAIN.replace("from part import word\n", "").replace("    return", "    from space.part import word\n    return")


@pytest.mark.parametrize("folder", ["space", "outer.space"])
@pytest.mark.parametrize("init", [True, False])
async def test_what_a_call_has_imported_from_a_package_is_no_change(
    project: Project, folder: str, *, init: bool
) -> None:
    path = folder.replace(".", "__")
    files = {f"{path}____init": "", "outer____init": ""} if init else {}
    project.write(main=LATE.replace("space", folder), **{f"{path}__part": part("one")}, **files)
    reloader = project.reloader()
    first = reloaded(reloader.check())
    assert first.modules == ("main",)
    assert await first.agent("say") == "say one"
    assert reloader.check() is None
    project.write(**{f"{path}__part": part("two")})
    second = reloaded(reloader.check())
    assert second.changed == (f"{folder.replace('.', '/')}/part.py",)
    assert await second.agent("say") == "say two"


async def test_a_folder_that_comes_is_named_like_a_file(project: Project) -> None:
    project.write(main=LATE)
    reloader = project.reloader()
    first = reloaded(reloader.check())
    with pytest.raises(ModuleNotFoundError):
        await first.agent("say")
    project.write(space__part=part("one"))
    second = reloaded(reloader.check())
    assert (second.changed, await second.agent("say")) == (("space", "space/part.py"), "say one")


def test_no_syntax_tree_is_made_as_that_disturbs_threads_that_make_one(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disturbed(*_: object, **__: object) -> None:
        raise SystemError("AST constructor recursion depth mismatch")

    monkeypatch.setattr(ast, "parse", disturbed)
    project.write(main=MAIN, part=part("one"))
    reloader = project.reloader()
    reloaded(reloader.check())
    importlib.import_module("part")
    project.write(part=part("two"))
    assert reloaded(reloader.check()).modules == ("main", "part")
    project.write(part="1 / 0")
    assert "ZeroDivisionError" in broken(reloader.check()).text


def test_a_folder_whose_package_was_taken_out_holds_up_nothing(project: Project) -> None:
    project.write(main=MAIN, part=part("one"), space__inner__other="")
    reloader = project.reloader()
    reloaded(reloader.check())
    importlib.import_module("space.inner")  # such as a test of the user's own does
    space = sys.modules.pop("space")
    project.write(part=part("two"))
    assert reloaded(reloader.check()).modules == ("main", "part")
    sys.modules["space"] = space


def test_what_was_imported_before_is_loaded_anew_at_the_start(project: Project) -> None:
    project.write(main=MAIN, part=part("one"))
    sys.path.insert(0, str(project.root))
    before = importlib.import_module("part")
    reloaded(project.reloader().check())
    assert sys.modules["part"] is not before


def test_values_of_the_new_classes_can_be_pickled(project: Project) -> None:
    project.write(main=MAIN, part=part("one") + "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\n")
    reloader = project.reloader()
    reloaded(reloader.check())
    project.write(part=project.path("part").read_text() + "    y: int = 2\n")
    reloaded(reloader.check())
    made = sys.modules["part"].A(1)
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301 - it is our own


def test_string_annotations_are_resolved_among_the_new_classes(project: Project) -> None:
    models = (
        "from __future__ import annotations\nfrom pydantic import BaseModel\n"
        "class Outer(BaseModel):\n    inner: Inner\nclass Inner(BaseModel):\n    {field}: int\n"
    )
    project.write(
        main="from motet import agent\nfrom models import Outer\n\n@agent\n"
        "async def shout(x: Outer) -> str:\n    return 'a'\n",
        models=models.format(field="one"),
    )
    reloader = project.reloader()
    reloaded(reloader.check())
    project.write(models=models.format(field="two"))
    agent = reloaded(reloader.check()).agent
    assert "two" in str(agent.card.input_schema)


async def test_executors_follow_their_file(project: Project) -> None:
    jobs = (
        "from motet.tasks.executor import executor\nimport registry\n"
        "@executor('{id}', executors=registry.executors, demo='{demo}')\n"
        "async def job(inputs: dict[str, int]) -> str:\n    return '{said}'\n"
    )
    builtins.registry = project.executors  # type: ignore[attr-defined]
    project.write(
        main=MAIN + "import jobs\n",
        part=part("one"),
        registry="import builtins\nexecutors = builtins.registry\n",
        jobs=jobs.format(id="first", demo="d1", said="one"),
    )
    reloader = project.reloader()
    reloaded(reloader.check())
    assert await project.executors.get("first")({}) == "one"
    project.write(jobs=jobs.format(id="first", demo="d2", said="two"))
    reloaded(reloader.check())
    assert await project.executors.get("first")({}) == "two"
    assert project.executors.demo("first", {}) == "d2"
    project.write(jobs=jobs.format(id="second", demo="d3", said="three") + "1 / 0\n")
    broken(reloader.check())
    assert list(project.executors) == ["first"]
    assert await project.executors.get("first")({}) == "two"
    assert project.executors.demo("first", {}) == "d2"
    project.write(jobs=jobs.format(id="second", demo="d3", said="three"))
    reloaded(reloader.check())
    assert list(project.executors) == ["second"]
    project.write(main=MAIN)
    reloaded(reloader.check())
    assert list(project.executors) == []


def test_two_files_that_take_one_executor_id_are_told(project: Project) -> None:
    job = (
        "import builtins\nfrom motet.tasks.executor import executor\n"
        "@executor('one', executors=builtins.registry)\n"
        "async def {name}(inputs: dict[str, int]) -> str:\n    return ''\n"
    )
    builtins.registry = project.executors  # type: ignore[attr-defined]
    project.write(main=MAIN + "import a\nimport b\n", part=part("one"), a=job.format(name="x"), b="")
    reloader = project.reloader()
    reloaded(reloader.check())
    project.write(b=job.format(name="y"))
    assert "The executor id 'one' is taken" in broken(reloader.check()).text


def test_fifty_versions_leave_nothing_behind(project: Project) -> None:
    text = (
        "from pydantic import BaseModel\nfrom typing import Generic, TypeVar, Optional\nfrom motet import Flow\n"
        "class Big(BaseModel):\n    x: Optional['Big'] = None\n"
        + part("one")
        + "from motet import agent\n@agent\nasync def f(big: Big) -> Big:\n    return big\n"
        "flow: Flow[Big, Big] = Flow('f', f >> f.using())\nkind = Optional[Big]\nother = Flow[Big, Big]\n"
    ).replace("f >> f.using()", "f")
    project.write(main=MAIN, part=text)
    reloader = project.reloader()
    seen: list[weakref.ref[Any]] = []
    for number in range(50):
        project.write(part=text + f"number = {number}\n")
        reloaded(reloader.check())
        module = sys.modules["part"]
        seen += [weakref.ref(thing) for thing in (module, module.Big, module.f, module.flow, sys.modules["main"])]
        project.write(part="1 / 0\n")
        broken(reloader.check())
    del module
    gc.collect()
    assert [ref() is not None for ref in seen] == [False] * 245 + [True] * 5
    assert sys.path.count(str(project.root)) == 1


def test_a_path_that_a_file_adds_again_is_there_once(project: Project) -> None:
    project.write(main="import sys\nsys.path.append('/nowhere')\n" + MAIN, part=part("one"))
    reloader = project.reloader()
    reloaded(reloader.check())
    project.write(part=part("two"))
    reloaded(reloader.check())
    assert sys.path.count("/nowhere") == 1


async def test_what_is_put_into_builtins_later_is_seen_by_modules(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = MAIN.replace("{word()}", "{word()} {ascii(0)} {translate('x')}")
    project.write(main=text, part=part("one"))
    agent = reloaded(project.reloader().check()).agent
    monkeypatch.setattr(builtins, "translate", str.upper, raising=False)
    with mock.patch("builtins.ascii", return_value="other"):
        assert await agent("say") == "say one other X"
    assert await agent("say") == "say one 0 X"


def test_nothing_finds_modules_after_the_reloader_is_left(project: Project) -> None:
    before, imports = list(sys.meta_path), builtins.__import__
    project.write(main=MAIN, part=part("one"))
    reloader = project.reloader()
    assert len(sys.meta_path) == len(before) + 1
    reloaded(reloader.check())
    project.leave()
    project._entered.clear()
    assert sys.meta_path == before
    assert builtins.__import__ is imports


@pytest.mark.parametrize(
    ("name", "error"), [("nothing", NotFound), ("named", InvalidAgent)], ids=["not there", "no agent"]
)
def test_what_is_picked_has_to_be_an_agent(name: str, error: type[Exception]) -> None:
    pick: Callable[..., object] = named(name)
    with pytest.raises(error):
        pick(sys.modules["motet.devtools.reloader"])
