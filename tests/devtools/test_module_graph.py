"""What has to be loaded again."""

import pytest

from motet.devtools.imported import Wanted
from motet.devtools.module_graph import Facts, affected, importers, reachable, wanting


def wants(*names: str) -> Facts:
    return Facts(frozenset(Wanted(name) for name in names))


GRAPH = {
    "main": wants("a", "lone"),
    "a": wants("b"),
    "b": wants("c", "json"),
    "c": wants(),
    "lone": wants(),
    "x": wants("y"),
    "y": wants("x"),
    "plugin": wants(),
    "p": Facts(inner=frozenset({"m"}), holds=frozenset({"p.m"})),
    "p.m": wants(),
    "user": Facts(frozenset({Wanted("p", ("m",))})),
}


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ([], set()),
        (["main"], {"main"}),
        (["lone"], {"lone", "main"}),
        (["c"], {"c", "b", "a", "main"}),
        (["b", "lone"], {"b", "a", "lone", "main"}),
        (["x"], {"x", "y", "main"}),
        (["plugin"], {"plugin", "main"}),
        (["p.m"], {"p.m", "p", "user", "main"}),
        (["p"], {"p", "main"}),
        (["unknown"], set()),
    ],
)
def test_what_changed_is_loaded_again_and_everything_that_imports_it(changed: list[str], found: set[str]) -> None:
    assert affected(GRAPH, changed, "main") == found


def test_a_module_is_no_importer_of_itself() -> None:
    assert importers({"a": Facts(frozenset({Wanted("a")}), frozenset({"a"}))}) == {"a": set()}


def test_who_wants_a_name_is_found_though_there_is_no_such_module() -> None:
    imports = {name: facts.wants for name, facts in GRAPH.items()}
    assert wanting(imports, ["json"]) == {"b"}
    assert wanting(imports, ["nothing"]) == set()
    assert wanting(imports, []) == set()


def test_the_entry_reaches_what_it_imports_and_the_packages_around_that() -> None:
    assert reachable(GRAPH, "main") == {"main", "a", "b", "c", "lone"}
    assert reachable(GRAPH, "user") == {"user", "p.m", "p"}
    assert reachable(GRAPH, "unknown") == set()
