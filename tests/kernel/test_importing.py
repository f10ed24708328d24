"""Python files as modules."""

import sys
import threading
from pathlib import Path

import pytest

from motet.kernel.importing import import_file, is_part, module_name


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget afterwards what a test has imported."""
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.setattr(sys, "modules", sys.modules.copy())


def written(folder: Path, text: str, name: str = "fresh_file.py") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return (folder / name).resolve()


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("a_free_name", "a_free_name"),
        ("json", "motet_file_json"),
        ("pytest", "motet_file_pytest"),
        ("my-flow.v2", "motet_file_my_flow_v2"),
        ("2nd", "motet_file_2nd"),
        ("__init__", "__init__"),
    ],
)
def test_a_module_name_takes_nobody_elses(stem: str, name: str) -> None:
    assert module_name(stem) == name


def test_a_file_is_executed_once(tmp_path: Path) -> None:
    path = written(tmp_path, "thing = object()\n")
    assert import_file(path).thing is import_file(path).thing


def test_a_module_that_was_imported_through_a_link_is_the_same_file(tmp_path: Path) -> None:
    path = written(tmp_path / "real", "thing = object()\n")
    (tmp_path / "link").symlink_to("real")
    sys.path.insert(0, str(tmp_path / "link"))
    import fresh_file  # type: ignore[import-not-found]

    assert import_file(path) is fresh_file


def test_files_of_one_name_do_not_take_each_others_place(tmp_path: Path) -> None:
    paths = [written(tmp_path / folder, f"value = {folder!r}\n") for folder in ("a", "b", "c")]
    modules = [import_file(path) for path in paths]
    assert [module.value for module in modules] == ["a", "b", "c"]
    assert all(sys.modules[module.__name__] is module for module in modules)
    assert [import_file(path) for path in paths] == modules


def test_threads_import_a_file_once(tmp_path: Path) -> None:
    path = written(tmp_path, "import time\ntime.sleep(0.05)\nthing = object()\n")
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(import_file(path).thing)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(map(id, found))) == 1


@pytest.mark.parametrize("text", ["1 / 0\n", "raise SystemExit(3)\n", "def\n", "import no_such_module_here\n"])
def test_a_failed_import_leaves_no_module_and_is_tried_again(text: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    for _ in range(2):
        with pytest.raises((ZeroDivisionError, SystemExit, SyntaxError, ModuleNotFoundError)):
            import_file(path)
        assert "fresh_file" not in sys.modules
    assert sys.path.count(str(path.parent)) == 1
    written(tmp_path, "value = 1  # mended, and of another length\n")
    assert import_file(path).value == 1


def test_modules_that_are_odd_objects_do_not_disturb(tmp_path: Path) -> None:
    class Odd:
        __slots__ = ()

        def __getattr__(self, name: str) -> object:
            raise RuntimeError(name)

    sys.modules["odd_module"] = Odd()  # type: ignore[assignment]
    assert import_file(written(tmp_path, "value = 1\n")).value == 1


@pytest.mark.parametrize(
    ("name", "module", "part"),
    [("a", "a.b", True), ("a.b", "a.b", True), ("a.bc", "a.b", False), ("a.b.c", "a.b", False), (None, "a", False)],
)
def test_a_part_of_a_modules_name(name: str | None, module: str, part: bool) -> None:
    assert is_part(name, module) is part
