"""`Shell`: command lines without a shell."""

import pytest

from motet.kernel.errors import InvalidPayload
from motet.tools.process import Process
from motet.tools.shell import Shell


@pytest.fixture
def shell(tmp_path):
    return Shell(Process(["echo", "cat", "sleep", "pwd"], root=tmp_path, timeout=20))


async def test_a_command_line_is_run(shell, tmp_path):
    (tmp_path / "inner").mkdir()
    assert (await shell.run("echo 'two  words' \";\"")).stdout == "two  words ;\n"
    assert (await shell.run("cat", stdin="hi")).stdout == "hi"
    assert (await shell.run("pwd -P", cwd="inner")).stdout.strip() == str(tmp_path.resolve() / "inner")


@pytest.mark.parametrize(
    "command",
    [
        "echo hi; touch x",
        "echo $(touch x)",
        "echo `touch x`",
        "echo hi && touch x",
        "echo hi | cat > x",
        "echo hi > x",
        "echo hi\ntouch x",
        "touch x",
        "sh -c 'touch x'",
        "/bin/sh -c 'touch x'",
        "./echo",
    ],
)
async def test_nothing_else_happens(shell, tmp_path, command):
    with pytest.raises(InvalidPayload):
        await shell.run(command)
    assert not list(tmp_path.iterdir())


async def test_what_is_quoted_is_text_to_the_program_as_well(shell, tmp_path):
    given = await shell.run("echo '; touch x' \"&& touch x\" '$(touch x)' '`touch x`' \\> x")
    assert given.stdout == "; touch x && touch x $(touch x) `touch x` > x\n"
    assert not list(tmp_path.iterdir())


async def test_the_bounds_are_those_of_the_process(shell):
    with pytest.raises(InvalidPayload, match="not within the 20 s"):
        await shell.run("sleep 1", timeout=21)
