"""Which files of a folder are listed, and which are not."""

import os
import sys

import pytest

from survey_walk import Problem, list_tree


def test_python_files_are_listed_in_order(plant):
    root = plant({"b.py": "", "a/z.py": "", "a/b/c.py": "", "readme.md": "", "a.pyc": "", "noext": ""})

    tree = list_tree(root)

    assert tree.files == ("a/b/c.py", "a/z.py", "b.py")
    assert (tree.problems, tree.complete, tree.package) == ((), True, "")


@pytest.mark.parametrize(
    "folder", [".git", ".hidden", "__pycache__", "node_modules", "site-packages", "dist-packages", "a/.tox/x"]
)
def test_folders_of_others_are_skipped(plant, folder):
    root = plant({"a.py": "", f"{folder}/b.py": ""})

    assert list_tree(root).files == ("a.py",)


def test_virtual_environments_are_known_by_what_is_in_them(plant):
    root = plant({"a.py": "", "env/pyvenv.cfg": "", "env/lib/b.py": "", "venv_notes/c.py": ""})

    assert list_tree(root).files == ("a.py", "venv_notes/c.py")


def test_the_folder_itself_is_never_skipped(plant, tmp_path):
    root = plant({"a.py": ""}, tmp_path / ".hidden")

    assert list_tree(root).files == ("a.py",)


def test_a_folder_may_end_like_a_file(plant):
    root = plant({"package.py/a.py": ""})

    assert list_tree(root).files == ("package.py/a.py",)


def test_symlinks_inside_are_not_counted_twice(plant):
    root = plant({"a.py": "", "p/b.py": ""})
    (root / "again.py").symlink_to(root / "a.py")
    (root / "p" / "up").symlink_to(root, target_is_directory=True)
    (root / "q").symlink_to("p")

    tree = list_tree(root)

    assert tree.files == ("a.py", "p/b.py")
    assert tree.problems == ()


def test_symlinks_out_of_the_folder_are_not_followed_but_told(plant, tmp_path):
    outside = plant({"c.py": ""}, tmp_path / "outside")
    root = plant({"a.py": ""})
    (root / "linked").symlink_to(outside)
    (root / "linked.py").symlink_to(outside / "c.py")
    (root / "notes.txt").symlink_to(outside / "c.py")
    (root / ".venv").symlink_to(outside)

    tree = list_tree(root)

    reason = "a symlink to something outside the folder: not followed"
    assert tree.files == ("a.py",)
    assert tree.problems == (Problem("linked", reason), Problem("linked.py", reason))


def test_broken_symlinks_are_told(plant):
    root = plant({})
    (root / "gone.py").symlink_to("nowhere.py")
    (root / "loop.py").symlink_to("loop.py")
    (root / "gone").symlink_to("nowhere")

    tree = list_tree(root)

    assert [problem.file for problem in tree.problems] == ["gone.py", "loop.py"]
    assert all(problem.reason.startswith("a symlink that cannot be followed: ") for problem in tree.problems)


def test_a_folder_may_be_given_by_a_symlink(plant, tmp_path):
    root = plant({"a.py": ""})
    (tmp_path / "link").symlink_to(root)

    tree = list_tree(tmp_path / "link")

    assert (tree.files, tree.problems) == (("a.py",), ())
    assert tree.title == str(tmp_path / "link")


def test_what_is_no_regular_file_is_told(plant):
    root = plant({})
    os.mkfifo(root / "pipe.py")

    assert list_tree(root).problems == (Problem("pipe.py", "no regular file"),)


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes on Linux only")
def test_a_name_that_is_no_text_is_told(plant):
    root = plant({"a.py": ""})
    (root / os.fsdecode(b"caf\xe9.py")).touch()
    (root / os.fsdecode(b"dir\xe9")).mkdir()

    tree = list_tree(root)

    assert tree.files == ("a.py",)
    assert tree.problems == (
        Problem("caf\\udce9.py", "its name is not UTF-8"),
        Problem("dir\\udce9", "its name is not UTF-8"),
    )


def test_a_folder_that_cannot_be_listed_is_told(plant, stranger):
    root = plant({"a.py": "", "closed/b.py": "", "blind/c.py": ""}, stranger.folder)
    (root / "closed").chmod(0o000)
    (root / "blind").chmod(0o444)

    with stranger():
        tree, closed = list_tree(root), list_tree(root / "closed")
    (root / "closed").chmod(0o700)
    (root / "blind").chmod(0o700)

    assert tree.files == ("a.py",)
    assert [problem.file for problem in tree.problems] == ["blind", "closed"]
    assert closed.problems == (Problem(".", "the folder cannot be listed: Permission denied"),)


def test_the_name_of_the_package_around_is_found(plant):
    root = plant({"p/__init__.py": "", "p/q/__init__.py": "", "p/q/a.py": ""})

    assert list_tree(root / "p" / "q").package == "p.q"
    assert list_tree(root).package == ""


def test_listing_stops_when_its_share_of_the_time_is_up(plant):
    root = plant({"a.py": ""})

    tree = list_tree(root, 0.0)

    assert (tree.files, tree.complete, tree.time_is_up) == ((), False, True)
