"""The environment of a program."""

import re

import pytest

from motet.kernel.errors import InvalidPayload
from motet.tools.environment import DEFAULT_ENV, Environment
from motet.tools.process import STEERING


@pytest.fixture
def make(monkeypatch):
    for name in DEFAULT_ENV:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C")
    monkeypatch.setenv("SECRET", "x")
    return lambda *names: Environment(names, re.compile("LANG|X_.*"), "Tool", "a call")


def test_a_program_has_what_is_listed_and_there(make):
    assert make("LANG", "TZ").of({}) == {"LANG": "C"}
    assert make("TZ").of({"TZ": "UTC"}) == {"TZ": "UTC"}
    assert make().of({}) == {}


def test_a_call_sets_what_is_listed_and_does_not_steer(make):
    with pytest.raises(InvalidPayload, match="env: a call cannot set LANG, which decides what code runs"):
        make("LANG").of({"LANG": "x"})
    with pytest.raises(InvalidPayload, match="a call cannot set X_1"):
        make("X_1").of({"X_1": "x"})
    with pytest.raises(InvalidPayload, match=r"OTHER is not allowed: Tool\(env=\[\*DEFAULT_ENV, 'OTHER'\]\)"):
        make("LANG").of({"OTHER": "x"})


@pytest.mark.parametrize(
    "name",
    [
        *("PATH", "HOME", "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "GLIBC_TUNABLES"),
        *("PYTHONPATH", "PYTHONSTARTUP", "PERL5LIB", "RUBYOPT", "NODE_OPTIONS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS"),
        *("BASH_ENV", "ENV", "IFS", "GIT_SSH_COMMAND", "GIT_DIR", "XDG_CONFIG_HOME", "EDITOR", "PAGER", "LESSOPEN"),
    ],
)
def test_what_decides_which_code_runs_is_known(name):
    assert STEERING.fullmatch(name)


@pytest.mark.parametrize("name", ["LANG", "TZ", "USER", "LC_ALL", "GREETING", "MYPATH", "PATHS", "HOMES"])
def test_other_names_are_not_taken_for_those(name):
    assert not STEERING.fullmatch(name)
