"""Which module imports which: names, relative imports, packages, cycles, and what is from elsewhere."""

import ast
from textwrap import dedent

import pytest

from survey_imports import Cycle, ImportEdge, PackageEdge, import_graph, imports_in
from survey_modules import Import, Names


def graph(files, package=""):
    return import_graph({file: imports_in(ast.parse(dedent(text))) for file, text in files.items()}, package)


def edges(files, package=""):
    return {(edge.importer, edge.imported) for edge in graph(files, package).imports}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import a.b as c, d", [Import("a.b"), Import("d")]),
        ("from a.b import c, d", [Import("a.b", "c"), Import("a.b", "d")]),
        ("from a import *", [Import("a")]),
        ("from . import a", [Import("", "a", 1)]),
        ("from ..a import b", [Import("a", "b", 2)]),
        ("def f(): import a", [Import("a", deferred=True)]),
        ("class A: import a", [Import("a")]),
        ("try: import a\nexcept E: import b", [Import("a"), Import("b")]),
        ("match x:\n  case 1: import a", [Import("a")]),
        ("if TYPE_CHECKING: import a\nelse: import b", [Import("a", deferred=True), Import("b")]),
        ("if typing.TYPE_CHECKING:\n  if x: import a", [Import("a", deferred=True)]),
        ("if __name__ == '__main__': import a", [Import("a", deferred=True)]),
        ("import a\nimport a", [Import("a")]),
    ],
)
def test_imports_are_read_as_they_are_written(source, found):
    assert list(imports_in(ast.parse(source))) == found


@pytest.mark.parametrize(
    ("files", "package", "names"),
    [
        (["a.py", "b/c.py"], "", ["a", "b.c"]),
        (["a/__init__.py", "a/b/__init__.py", "a/b/c.py"], "", ["a", "a.b", "a.b.c"]),
        (["src/a/__init__.py", "src/a/b.py", "src/c.py"], "", ["a", "a.b", "src.c"]),
        (["x/a/__init__.py", "y/a/__init__.py"], "", ["x.a", "y.a"]),
        (["__init__.py", "b.py", "c/__init__.py"], "up.a", ["up.a", "up.a.b", "up.a.c"]),
    ],
)
def test_modules_are_named_as_they_are_imported(files, package, names):
    assert list(Names(files, package).modules.values()) == names


@pytest.mark.parametrize(
    ("importer", "source", "imported"),
    [
        ("p/a.py", "import p.b", "p.b"),
        ("p/a.py", "import p.q.c", "p.q.c"),
        ("p/a.py", "from p import b", "p.b"),
        ("p/a.py", "from p.b import anything", "p.b"),
        ("p/a.py", "from p import anything", "p"),
        ("p/a.py", "from . import b", "p.b"),
        ("p/a.py", "from .b import anything", "p.b"),
        ("p/a.py", "from .q import c", "p.q.c"),
        ("p/a.py", "from .q import *", "p.q"),
        ("p/q/c.py", "from .. import b", "p.b"),
        ("p/q/c.py", "from ..b import anything", "p.b"),
        ("p/q/__init__.py", "from . import c", "p.q.c"),
        ("p/q/__init__.py", "from .. import b", "p.b"),
        ("s/script.py", "import helper", "s.helper"),
        ("s/script.py", "import p.q.compiled", "p.q"),
        ("s/script.py", "import json", None),
        ("p/a.py", "import helper", None),
        ("p/a.py", "import p.compiled", None),
        ("p/a.py", "from .compiled import anything", None),
        ("p/a.py", "from ....too.far import b", None),
        ("p/a.py", "import p.a", None),
        ("s/script.py", "import os.path", None),
    ],
)
def test_an_import_means_a_module_of_the_tree(importer, source, imported):
    files = {"p/__init__.py": "", "p/a.py": "", "p/b.py": "", "p/q/__init__.py": "", "p/q/c.py": ""}
    files |= {"s/script.py": "", "s/helper.py": "", "s/json_.py": "", importer: source}

    found = {target for _, target in edges(files)}

    assert found == ({imported} if imported else set())


def test_inside_a_package_its_own_name_is_known():
    files = {"__init__.py": "", "a.py": "from up.p import b\nimport up.elsewhere", "b.py": "from . import a"}

    assert edges(files, "up.p") == {("up.p.a", "up.p.b"), ("up.p.b", "up.p.a")}


def test_what_is_from_elsewhere_is_counted_by_files():
    files = {"a.py": "import os, os.path\nimport b\nimport numpy.linalg", "b.py": "import os\nfrom . import c"}

    found = graph(files)

    assert found.stdlib == {"os": 2}
    assert found.third_party == {"numpy": 1}


def test_a_cycle_needs_imports_that_run_when_modules_are_loaded():
    files = {
        "a.py": "import b",
        "b.py": "import c",
        "c.py": "import a",
        "d.py": "def f(): import e",
        "e.py": "import d",
    }

    found = graph(files)

    assert found.cycles == [Cycle(("a", "b", "c"), ("a", "b", "c", "a"))]
    assert ImportEdge("d", "e", deferred=True) in found.imports
    assert ImportEdge("e", "d", deferred=False) in found.imports


def test_an_edge_is_deferred_only_if_all_its_imports_are():
    files = {"a.py": "import b\ndef f(): from b import x", "b.py": ""}

    assert graph(files).imports == [ImportEdge("a", "b", deferred=False)]


@pytest.mark.parametrize(
    ("files", "package_edges"),
    [
        (
            {
                "p/__init__.py": "",
                "p/a.py": "import q.c",
                "p/b.py": "import q.c, p.a",
                "q/__init__.py": "",
                "q/c.py": "",
            },
            [PackageEdge("p", "q", 2)],
        ),
        (
            {"p/__init__.py": "", "p/a.py": "import p.q.c", "p/q/__init__.py": "", "p/q/c.py": "import p"},
            [PackageEdge("p.a", "p.q", 1), PackageEdge("p.q", "p", 1)],
        ),
        ({"a.py": ""}, []),
        ({}, []),
    ],
)
def test_packages_are_told_apart_by_the_first_part_that_differs(files, package_edges):
    assert graph(files).package_imports == package_edges
