"""Which program is meant, and whether it is allowed."""

import os
from pathlib import Path

import pytest

from motet.kernel.errors import InvalidAgent, InvalidPayload
from motet.tools.programs import Programs, folder_under
from started import program


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH of one folder, with the programs `say`, `danger`, and a link `alias` to `say`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("say", "danger"):
        program(folder, name, "true")
    (folder / "alias").symlink_to("say")
    (folder / "notes").write_text("no program")
    monkeypatch.setenv("PATH", str(folder))
    return folder


def refused(programs: Programs, name: str) -> str:
    with pytest.raises(InvalidPayload) as caught:
        programs.find(name)
    assert not caught.value.retryable
    return str(caught.value)


@pytest.mark.parametrize("allow", ["say", "{path}/say", "{path}/../bin/say"])
def test_a_name_and_a_path_mean_the_same_file(path, allow):
    programs = Programs([allow.format(path=path)], "Process")
    assert programs.find("say") == programs.find(f"{path}/say") == (path / "say").resolve()


def test_a_path_may_be_allowed_as_such(path, tmp_path, monkeypatch):
    own = program(tmp_path, "own", "true")
    monkeypatch.chdir(tmp_path)
    for allow in (own, str(own), "./own"):
        assert Programs([allow], "Process").find(str(own)) == own.resolve()
        assert "'own' is not allowed" in refused(Programs([allow], "Process"), "own")  # it is not on PATH


def test_nothing_is_allowed_unless_it_is_said(path):
    assert "No program is allowed, so 'say' is not: Process(allow=['say'])" in refused(Programs([], "Process"), "say")


@pytest.mark.parametrize(
    "name",
    [
        "danger",
        "{path}/danger",
        "nothing",
        "notes",
        "{path}/notes",
        "{path}",
        "",
        ".",
        "..",
        "/",
        "say ",
        " say",
        "SAY",
        "say;danger",
        "say\ndanger",
        "{path}/say/../danger",
        "/proc/self/exe",
    ],
)
def test_what_is_not_allowed_is_refused(path, name):
    assert "is not allowed: allowed are say" in refused(Programs(["say"], "Process"), name.format(path=path))


@pytest.mark.parametrize("name", ["./say", "bin/say", "../bin/say", "./../bin/danger", "bin/../say", "./"])
def test_relative_paths_are_refused(path, tmp_path, monkeypatch, name):
    monkeypatch.chdir(path if name.startswith("./") else tmp_path)
    assert "is a relative path: write the program's name" in refused(Programs(["say", "danger"], "Process"), name)


def test_a_link_with_an_allowed_name_is_what_it_leads_to(path, tmp_path):
    (tmp_path / "say").symlink_to(path / "danger")
    assert "is not allowed" in refused(Programs(["say"], "Process"), f"{tmp_path}/say")


def test_a_copy_with_an_allowed_name_is_another_file(path, tmp_path):
    program(tmp_path, "say", "true")
    assert "is not allowed" in refused(Programs(["say"], "Process"), f"{tmp_path}/say")


def test_a_file_of_many_names_is_allowed_by_its_name(path):
    programs = Programs(["alias"], "Process")
    assert programs.find("alias") == (path / "say").resolve()
    assert "is the same file as 'alias', and may do something else" in refused(programs, "say")
    assert Programs(["alias", "say"], "Process").find("say") == (path / "say").resolve()


def test_a_later_path_does_not_decide(path, tmp_path, monkeypatch):
    programs = Programs(["say"], "Process")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    program(elsewhere, "say", "echo smuggled")
    monkeypatch.setenv("PATH", f"{elsewhere}:{path}")
    assert programs.find("say") == (path / "say").resolve()


def test_a_link_that_is_changed_later_is_followed_for_both(path, tmp_path):
    programs = Programs(["alias"], "Process")
    (path / "alias").unlink()
    (path / "alias").symlink_to("danger")  # an update of what was allowed, by whoever may write there
    assert programs.find("alias") == (path / "danger").resolve()
    assert "is not allowed" in refused(programs, "say")


def test_relative_entries_of_path_do_not_count(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    program(tmp_path, "here", "true")
    monkeypatch.setenv("PATH", os.pathsep.join([".", "", str(path)]))
    with pytest.raises(InvalidAgent):
        Programs(["here"], "Process")


@pytest.mark.parametrize("allow", [["nothing"], ["notes"], ["say", "nothing"], ["/no/such"], [""], ["./say"]])
def test_a_program_that_does_not_exist_cannot_be_allowed(path, tmp_path, monkeypatch, allow):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidAgent, match="there is no such program"):
        Programs(allow, "Process")


def test_a_word_is_no_list(path):
    with pytest.raises(InvalidAgent, match=r"write a list, as in allow=\['say'\]"):
        Programs("say", "Process")


def test_a_folder_under_the_root(tmp_path):
    root = tmp_path.resolve()
    (root / "a" / "b").mkdir(parents=True)
    (root / "link").symlink_to("a/b")
    assert folder_under(root, None) == root
    assert folder_under(root, ".") == root
    assert folder_under(root, "a/../a/b") == root / "a" / "b"
    assert folder_under(root, str(root / "a")) == root / "a"
    assert folder_under(root, "link") == root / "a" / "b"
    assert folder_under(None, None) is None


@pytest.mark.parametrize("given", ["..", "a/../..", "/", "/etc", "out", "out/inner", "../root-twin", "loop"])
def test_a_folder_outside_the_root_is_refused(tmp_path, given):
    root = (tmp_path / "root").resolve()
    (root / "a").mkdir(parents=True)
    (tmp_path / "root-twin" / "inner").mkdir(parents=True)
    (root / "out").symlink_to(tmp_path / "root-twin")
    (root / "loop").symlink_to("loop")
    with pytest.raises(InvalidPayload, match="lies outside the root|There is no folder"):
        folder_under(root, given)


@pytest.mark.parametrize("given", ["nothing", "file", "file/inner"])
def test_what_is_no_folder_is_refused(tmp_path, given):
    (tmp_path / "file").touch()
    with pytest.raises(InvalidPayload, match="There is no folder"):
        folder_under(tmp_path.resolve(), given)


def test_without_a_root_nobody_chooses(tmp_path):
    with pytest.raises(InvalidPayload, match=r"Command\(\.\.\., root=FOLDER\)"):
        folder_under(None, str(tmp_path))
