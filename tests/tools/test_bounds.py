"""What a program may use at most."""

import math
import resource
import sys

import pytest

from motet.kernel.errors import NotAvailable
from motet.tools import bounds as module
from motet.tools.bounds import Bounds, at_least


@pytest.mark.parametrize(
    "bounds",
    [
        {"output": 0},
        {"timeout": 0},
        {"timeout": -1},
        {"timeout": math.inf},
        {"timeout": math.nan},
        {"grace": -0.1},
        {"cpu": 0},
        {"cpu": math.inf},
        {"memory": 1000},
        {"processes": 0},
        {"file_bytes": -1},
        {"open_files": 2},
    ],
)
def test_a_bound_that_makes_no_sense(bounds):
    with pytest.raises(ValueError, match=f"{next(iter(bounds))}=.*: it is a number from "):
        Bounds(**bounds)


def test_none_is_no_bound_where_that_is_allowed():
    assert not {"RLIMIT_CPU", "RLIMIT_DATA", "RLIMIT_AS"} & Bounds(cpu=None, memory=None).limits().keys()
    at_least(1, given=None)


@pytest.mark.skipif(sys.platform != "linux", reason="the names are Linux's")
def test_the_limits_of_each_process():
    limits = Bounds(cpu=1.2, memory=2**30, file_bytes=5, open_files=9).limits()
    assert limits == {
        "RLIMIT_CORE": (0, 0),
        "RLIMIT_FSIZE": (5, 5),
        "RLIMIT_NOFILE": (9, 9),
        "RLIMIT_DATA": (2**30, 2**30),
        "RLIMIT_CPU": (2, 3),
    }


def test_a_lower_limit_of_this_process_is_kept(monkeypatch):
    monkeypatch.setattr(module.resource, "getrlimit", lambda _: (1, 4))
    limits = Bounds(cpu=3.5, file_bytes=5, open_files=3).limits()
    assert limits["RLIMIT_CPU"] == (4, 4)
    assert limits["RLIMIT_FSIZE"] == (4, 4)
    assert limits["RLIMIT_NOFILE"] == (3, 3)
    assert resource.getrlimit(resource.RLIMIT_CPU) == (1, 4)


def test_another_system_is_told_so(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(NotAvailable, match="POSIX"):
        Bounds()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "RLIMIT_AS" in Bounds().limits()
