"""`Process`: programs that are allowed, without a shell."""

import asyncio
import os
import shutil
import sys
from typing import Any

import pytest
from attacks import PYTHON

from motet.kernel.errors import InvalidPayload, NotFound
from motet.tools.errors import NotAllowed
from motet.tools.process import Process
from started import program


@pytest.fixture
def own(tmp_path):
    """Make a tool that may run one program, which is written in sh."""
    return lambda text, **options: Process([program(tmp_path, "it", text)], root=tmp_path, **options)


@pytest.fixture
def it(tmp_path) -> str:
    return str(tmp_path / "it")


async def test_a_program_and_what_it_gives():
    ran = await Process(["echo"]).run(["echo", "hi", "you"])
    assert (ran.exit_code, ran.stdout, ran.stderr, ran.truncated) == (0, "hi you\n", "", False)
    assert ran.seconds > 0


async def test_an_exit_code_is_a_result(own, it):
    ran = await own("echo no >&2; exit 3").run([it])
    assert (ran.exit_code, ran.stderr) == (3, "no\n")


async def test_text_goes_in_and_comes_out(own, it):
    assert (await own("cat").run([it], stdin="grüße\n")).stdout == "grüße\n"
    assert (await own(r"printf '\377x'").run([it])).stdout == "\N{REPLACEMENT CHARACTER}x"


METACHARACTERS = [
    "; touch x",
    "$(touch x)",
    "`touch x`",
    "&& touch x",
    "| touch x",
    "> x",
    "\ntouch x",
    "*",
    "~",
    "$HOME",
]


@pytest.mark.parametrize("text", [*METACHARACTERS, "'", '"', "\\", "", "-n", "--", "\x1b[2J"])
async def test_nothing_is_special_in_an_argument(tmp_path, text):
    ran = await Process(["printf"], root=tmp_path).run(["printf", "%s", text, "end"])
    assert ran.stdout == f"{text}end"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "argv",
    [
        ["id"],
        ["sh", "-c", "echo"],
        ["/bin/sh", "-c", "echo"],
        ["echo hi; id"],
        ["echo;id"],
        ["echo\nid"],
        ["./echo"],
        ["bin/echo"],
        ["../bin/echo"],
        ["/bin/../bin/sh"],
        ["/proc/self/exe"],
        [" echo"],
        [""],
        [],
    ],
)
async def test_what_is_not_allowed_is_not_started(tmp_path, argv):
    with pytest.raises(InvalidPayload):
        await Process(["echo"], root=tmp_path).run(argv)


async def test_nothing_is_allowed_unless_that_is_said():
    with pytest.raises(InvalidPayload, match=r"No program is allowed.*Process\(allow=\['echo'\]\)"):
        await Process().run(["echo"])


async def test_links_copies_and_the_working_directory_do_not_make_a_program_an_allowed_one(tmp_path, monkeypatch):
    marker = tmp_path / "smuggled"
    evil = program(tmp_path, "evil", f"touch {marker}")
    tools = Process(["echo"], root=tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "echo").symlink_to(evil)
    program(tmp_path, "echo", f"touch {marker}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f".::{tmp_path}:{tmp_path / 'bin'}:{os.environ['PATH']}")
    for name in (str(tmp_path / "bin" / "echo"), str(tmp_path / "echo"), "./echo", "bin/echo"):
        with pytest.raises(InvalidPayload):
            await tools.run([name])
    assert (await tools.run(["echo", "real"], cwd=".")).stdout == "real\n"
    assert not marker.exists()


async def test_an_allowed_link_that_is_turned_elsewhere_does_not_bring_its_old_program_along(tmp_path):
    folder = tmp_path / "allowed"
    folder.mkdir()
    program(tmp_path, "good", "echo good")
    program(tmp_path, "evil", "echo evil")
    (folder / "tool").symlink_to(tmp_path / "good")
    tools = Process([folder / "tool"])
    assert (await tools.run([str(folder / "tool")])).stdout == "good\n"
    for name in ("evil", "good"):
        with pytest.raises(InvalidPayload, match="is not allowed|may do something else"):
            await tools.run([str(tmp_path / name)])


async def test_a_call_does_not_decide_which_code_runs(own, it, tmp_path, monkeypatch):
    monkeypatch.setenv("API_KEY", "secret")
    monkeypatch.setenv("LD_PRELOAD", "")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    shown = (await own("env").run([it])).stdout
    assert not [name for name in ("secret", "LD_", "PYTHON") if name in shown]
    for name in ("LD_PRELOAD", "PATH", "PYTHONPATH", "HOME", "BASH_ENV"):
        with pytest.raises(InvalidPayload, match=f"a call cannot set {name}"):
            await own("env", env=[name]).run([it], env={name: str(tmp_path)})
    with pytest.raises(InvalidPayload, match="GREETING is not allowed"):
        await own("env").run([it], env={"GREETING": "x"})
    given = await own("echo $GREETING", env=["GREETING"]).run([it], env={"GREETING": "ü $(id)"})
    assert given.stdout == "ü $(id)\n"


@pytest.mark.skipif(sys.platform != "linux", reason="builds a library for Linux's loader")
async def test_a_library_that_would_be_loaded_first_is_not_loaded(own, it, tmp_path, monkeypatch):
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no compiler")
    source, library = tmp_path / "evil.c", tmp_path / "evil.so"
    source.write_text('#include <stdio.h>\n__attribute__((constructor)) void f(void) { puts("evil"); }\n')
    made = await asyncio.create_subprocess_exec(compiler, "-shared", "-fPIC", "-o", library, source)
    assert await made.wait() == 0
    monkeypatch.setenv("LD_PRELOAD", str(library))
    assert (await own("/bin/echo hi").run([it])).stdout == "hi\n"


@pytest.mark.parametrize(
    ("argv", "options"),
    [
        (["echo", "a\0b"], {}),
        (["echo", "\ud800"], {}),
        (["echo\0"], {}),
        (["echo"], {"cwd": "a\0b"}),
        (["echo"], {"stdin": "\ud800"}),
        (["echo"], {"env": {"TZ": "a\0"}}),
        (["echo"], {"env": {"A=B": "x"}}),
        (["echo"], {"env": {"": "x"}}),
        (["echo"], {"timeout": 0}),
        (["echo"], {"timeout": -1}),
        (["echo"], {"timeout": 31}),
        (["echo"], {"timeout": float("nan")}),
    ],
)
async def test_calls_that_are_not_well_formed(tmp_path, argv, options):
    with pytest.raises(InvalidPayload):
        await Process(["echo"], root=tmp_path).run(argv, **options)


async def test_the_working_directory_lies_in_the_root(own, it, tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "link").symlink_to("/")
    tools = own("pwd -P")
    assert (await tools.run([it])).stdout.strip() == str(tmp_path.resolve())
    assert (await tools.run([it], cwd="inner")).stdout.strip() == str(tmp_path.resolve() / "inner")
    for outside in ("..", "/", "/etc", "inner/../..", "link", "link/etc"):
        with pytest.raises(NotAllowed):
            await tools.run([it], cwd=outside)
    with pytest.raises(NotFound):
        await tools.run([it], cwd="nothing")
    with pytest.raises(InvalidPayload, match=r"Process\(\.\.\., root=FOLDER\)"):
        await Process(["echo"]).run(["echo"], cwd=".")


async def test_a_folder_that_is_swapped_after_it_was_opened_is_still_the_one(own, it, tmp_path, monkeypatch):
    from motet.tools import process as module

    (tmp_path / "inner").mkdir()
    tools, real = own("pwd -P; ls"), module.guarded

    async def swapped(*given: Any) -> Any:
        (tmp_path / "inner").rename(tmp_path / "moved")
        (tmp_path / "inner").symlink_to("/etc")
        return await real(*given)

    monkeypatch.setattr(module, "guarded", swapped)
    assert (await tools.run([it], cwd="inner")).stdout.strip() == str(tmp_path.resolve() / "moved")


async def test_the_file_that_was_found_is_what_runs(tmp_path):
    ran = await Process([PYTHON]).run([str(PYTHON), "-I", "-c", "import sys; print(sys.executable)"])
    assert ran.stdout.strip() == str(PYTHON)
