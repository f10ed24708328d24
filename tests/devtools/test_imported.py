"""What a source imports."""

import pytest

from motet.devtools.imported import Wanted, candidates, imported, meant

KNOWN = {
    "a": frozenset({"b"}),
    "a.b": frozenset[str](),
    "a.b.c": frozenset[str](),
    "a.shadowed": frozenset[str](),
    "top": frozenset[str](),
}


@pytest.mark.parametrize(
    ("source", "package", "found"),
    [
        ("import a", "", {Wanted("a")}),
        ("import a.b.c as d, top", "", {Wanted("a.b.c"), Wanted("top")}),
        ("from a import b, c as d", "", {Wanted("a", ("b", "c"))}),
        ("from a.b import *", "", {Wanted("a.b", ("*",))}),
        ("from . import x", "p", {Wanted("p", ("x",))}),
        ("from .m import x", "p.q", {Wanted("p.q.m", ("x",))}),
        ("from .. import x", "p.q", {Wanted("p", ("x",))}),
        ("from ..m import x", "p.q", {Wanted("p.m", ("x",))}),
        ("from ... import x", "p.q", set()),
        ("from .... import x", "p.q", set()),
        ("from . import x", "", set()),
        ("def f():\n    import a", "", {Wanted("a")}),
        ("try:\n    import a\nexcept ImportError:\n    import b", "", {Wanted("a"), Wanted("b")}),
        ("class A:\n    async def f(self):\n        from a import b", "", {Wanted("a", ("b",))}),
        ("if TYPE_CHECKING:\n    import a", "", {Wanted("a")}),
        ("x = [1000 + len(__import__('a').x) for _ in y]\nfrom b import c", "", {Wanted("b", ("c",))}),
        (
            "from a import (" + ", ".join(f"n{number}" for number in range(300)) + ")\nimport b",
            "",
            {
                Wanted("a", tuple(f"n{number}" for number in range(300))),
                Wanted("b"),
            },
        ),
        ("\n".join(f"import m{number}" for number in range(300)), "", {Wanted(f"m{number}") for number in range(300)}),
        ("x = 'import a'", "", set()),
    ],
)
def test_imports_are_read_wherever_they_stand(source: str, package: str, found: set[Wanted]) -> None:
    assert imported(compile(source, "x.py", "exec"), package) == found


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Wanted("a.b.c"), {"a", "a.b", "a.b.c"}),
        (Wanted("a.b", ("c", "f")), {"a", "a.b", "a.b.c", "a.b.f"}),
        (Wanted("a", ("*",)), {"a"}),
    ],
)
def test_an_import_may_load_the_packages_around_it_and_what_it_names(wanted: Wanted, names: set[str]) -> None:
    assert candidates(wanted) == names


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Wanted("a.b.c"), {"a", "a.b", "a.b.c"}),
        (Wanted("a", ("b",)), {"a.b"}),
        (Wanted("a", ("b", "value")), {"a.b", "a"}),
        (Wanted("a", ("shadowed",)), {"a.shadowed", "a"}),
        (Wanted("a", ("*",)), {"a"}),
        (Wanted("a.b", ("value",)), {"a.b"}),
        (Wanted("elsewhere", ("top",)), set()),
    ],
)
def test_a_module_depends_on_what_it_takes_and_not_on_the_package_around_that(wanted: Wanted, names: set[str]) -> None:
    assert meant(wanted, KNOWN) == names
