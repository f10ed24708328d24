"""The user's modules that are loaded, and how a version becomes the next."""

import sys
import threading
from types import ModuleType

import pytest

from devtools.conftest import Project
from motet import agent
from motet.devtools.module_graph import Facts
from motet.devtools.modules import Modules
from motet.devtools.sources import Sources


@pytest.fixture
def modules(project: Project) -> Modules:
    return Modules(Sources([project.root]), project.executors)


def module(project: Project, name: str) -> ModuleType:
    project.write(**{name: ""})
    made = ModuleType(name)
    made.__file__ = str(project.path(name))
    sys.modules[name] = made
    return made


def test_a_version_goes_on_with_what_is_kept_and_imports_from_it(project: Project, modules: Modules) -> None:
    kept, gone = module(project, "mod_kept"), module(project, "mod_gone")
    importers = {each.__name__: modules.enter(each) for each in (kept, gone)}
    modules.read("mod_kept", "d1", frozenset())
    version = modules.begin(["mod_gone"])
    fresh = module(project, "mod_gone")
    modules.enter(fresh)
    assert modules.served.modules["mod_gone"] is gone
    modules.commit()
    assert modules.served is version
    assert version.modules == {"mod_kept": kept, "mod_gone": fresh}
    assert version.digests == {"mod_kept": "d1"}
    assert importers["mod_kept"].modules is version.modules
    assert importers["mod_gone"].modules["mod_gone"] is gone


def test_a_version_that_is_abandoned_has_never_been(project: Project, modules: Modules) -> None:
    old = module(project, "mod_old")
    modules.enter(old)
    modules.begin(["mod_old"])
    modules.enter(module(project, "mod_old"))
    modules.abandon()
    assert modules.served.modules == {"mod_old": old}


def test_a_copy_that_another_thread_loads_meanwhile_belongs_to_no_version(project: Project, modules: Modules) -> None:
    old = module(project, "mod_old")
    modules.enter(old)
    modules.read("mod_old", "d1", frozenset())
    modules.begin(["mod_old"])

    def meanwhile() -> None:
        modules.enter(ModuleType("mod_old"))
        modules.read("mod_old", "d2", frozenset())
        modules.execute("mod_old", lambda: None)
        modules.enter(module(project, "mod_late"))

    other = threading.Thread(target=meanwhile)
    other.start()
    other.join()
    modules.abandon()
    assert modules.served.modules == {"mod_old": old, "mod_late": sys.modules["mod_late"]}
    assert modules.served.digests == {"mod_old": "d1"}


def test_executors_belong_to_the_module_that_registers_them_and_not_to_its_importer(
    project: Project, modules: Modules
) -> None:
    def register(name: str) -> None:
        project.executors.add(agent(name=name)(_some), name)

    def outer() -> None:
        register("a")
        modules.execute("inner", lambda: register("b"))
        register("c")

    modules.execute("outer", outer)
    assert modules.served.owned == {"inner": frozenset({"b"}), "outer": frozenset({"a", "c"})}


async def _some(inputs: dict[str, int]) -> int:
    return len(inputs)


def test_a_module_that_fails_is_not_kept(project: Project, modules: Modules) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    modules.enter(module(project, "mod_failed"))
    with pytest.raises(ZeroDivisionError):
        modules.execute("mod_failed", fail)
    assert modules.served.modules == {}


def test_what_something_else_has_loaded_is_found_with_its_imports(project: Project, modules: Modules) -> None:
    made = module(project, "mod_other")
    project.write(mod_other="import json\n")
    assert modules.scan() == {"mod_other": made}
    assert {want.module for want in modules.wants()["mod_other"]} == {"json"}


def test_what_a_module_holds_is_found_in_its_values_and_lists(project: Project, modules: Modules) -> None:
    holder, held, named, deep = (module(project, f"mod_{name}") for name in ("holder", "held", "named", "deep"))
    kind = type("Kind", (), {"__module__": "mod_named"})
    vars(holder).update({"a": held, "b": [1, {"c": kind}], "d": {"e": kind}, "f": [deep], "g": "mod_text"})
    facts = modules.facts(modules.scan())
    assert facts["mod_holder"] == Facts(holds=frozenset({"mod_held", "mod_named", "mod_deep"}))
    assert facts["mod_deep"] == Facts()
    assert named.__name__ == "mod_named"


def test_the_program_itself_is_never_loaded_again(
    project: Project, modules: Modules, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = module(project, "mod_main")
    monkeypatch.setitem(sys.modules, "__main__", made)
    del sys.modules["mod_main"]
    assert modules.scan() == {}
