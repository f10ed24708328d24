from pathlib import Path

import pytest

from motet.cli.blame import import_failure
from motet.cli.failures import ImportFailed
from motet.cli.load import load, parse

pytestmark = pytest.mark.usefixtures("imports")

FILES = {
    "helper_of_bad.py": "import math\n\n\ndef divide():\n    return 1 / 0\n",
    "broken_helper.py": "def f(:\n",
}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\n\nundefined\n", "bad.py line 3: NameError: name 'undefined' is not defined"),
        ("def f():\n    raise ValueError('no\\nway')\n\n\nf()\n", "bad.py line 2: ValueError: no; way"),
        ("raise ValueError\n", "bad.py line 1: ValueError"),
        (
            "class Mute(Exception):\n    def __str__(self):\n        raise ValueError('no')\nraise Mute\n",
            "bad.py line 4: Mute",
        ),
        (
            "class Mute(ImportError):\n    def __str__(self):\n        raise ValueError('no')\nraise Mute\n",
            "bad.py line 4: Mute",
        ),
        ("x = 1\ndef f(:\n", "bad.py line 2: SyntaxError: invalid syntax"),
        ("\tx = 1\n  y\n", "bad.py line 1: IndentationError: unexpected indent"),
        (
            "import helper_of_bad\nhelper_of_bad.divide()\n",
            "bad.py line 2, in helper_of_bad.py line 5: ZeroDivisionError: division by zero",
        ),
        ("\nimport broken_helper\n", "bad.py line 2, in broken_helper.py line 1: SyntaxError: invalid syntax"),
        (
            "import no_such_library\n",
            (
                "bad.py line 1: ModuleNotFoundError: No module named 'no_such_library': "
                "install it in this environment, or correct its name"
            ),
        ),
        (
            "from .sibling import x\n",
            (
                "bad.py line 1: ImportError: attempted relative import with no known parent package: "
                "for a file of a package, give package.module:NAME from the folder that holds the package"
            ),
        ),
        ("from math import no_such\n", "bad.py line 1: ImportError: cannot import name 'no_such' from 'math'"),
        (
            "import sys\nsys.exit('bye')\n",
            (
                "bad.py line 2 ends the program (SystemExit: bye) when it is imported: "
                'put what it does as a script under `if __name__ == "__main__":`'
            ),
        ),
        (
            "import pytest\npytest.importorskip('no_such')\n",
            "bad.py line 2: Skipped: could not import",
        ),
        ("import asyncio\nraise asyncio.CancelledError\n", "bad.py line 2: CancelledError"),
        ("raise KeyboardInterrupt\n", "bad.py line 1: KeyboardInterrupt"),
        ("import json\njson.loads('{')\n", "bad.py line 2: JSONDecodeError: "),
        (
            "from motet import agent\n@agent\ndef none() -> str: ...\n",
            "bad.py line 2: InvalidAgent: 'none' takes (): an agent takes (payload) or (payload, ctx)",
        ),
        ("'\0'\n", "bad.py: SyntaxError: source code string cannot contain null bytes"),
    ],
)
def test_a_failed_import_names_the_line(text: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in {**FILES, "bad.py": text}.items():
        (tmp_path / name).write_text(content)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ImportFailed) as caught:
        load(parse("bad.py:x"))
    assert str(caught.value).startswith(told)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is not None


def test_a_module_of_a_package_names_its_line_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "bad_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "inner.py").write_text("\nimport no_such_library\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ImportFailed, match=r"^bad_package.inner line 2: ModuleNotFoundError: No module named"):
        load(parse("bad_package.inner:x"))


def test_an_error_from_nowhere_names_the_source_alone() -> None:
    assert str(import_failure("flow.py", None, PermissionError("no"))) == "flow.py: PermissionError: no"
