"""A repository's own configuration, hooks and links decide nothing."""

import subprocess
from functools import partial

import pytest
from repositories import Repository, hostile

from motet.kernel.errors import AgentFailed, MotetError, NotFound
from motet.tools.errors import NotAllowed
from motet.tools.git import Git
from motet.tools.git_shadow import settings_of


@pytest.fixture
def marks(tmp_path):
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


@pytest.fixture
def outside(tmp_path):
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.txt").write_text("secret\n")
    (folder / "b.txt").write_text("secret\n")
    (folder / "a.txt").write_text("secret\n")
    return folder


@pytest.fixture
def evil(tmp_path, marks, outside):
    return hostile(tmp_path / "evil", marks, outside)


async def everything(git):
    """Call whatever there is; return what it told."""
    calls = [
        *(git.status, git.log, git.diff, git.show, git.branches, git.ls_files),
        partial(git.log, path="a.txt"),
        partial(git.diff, "HEAD~1"),
        partial(git.diff, staged=True),
        partial(git.show, "HEAD", "a.txt"),
        partial(git.blame, "a.txt"),
        partial(git.blame, "sub/b.txt"),
        partial(git.grep, "e"),
        partial(git.grep, "e", revision="HEAD"),
        partial(git.grep, "secret"),
        partial(git.add, ["a.txt"]),
        partial(git.add, ["."]),
        partial(git.commit, "message"),
        partial(git.create_branch, "made"),
        partial(git.switch, "other"),
        partial(git.switch, "main"),
    ]
    return "".join([repr(await call()) for call in calls])


def test_the_traps_work_on_plain_git(evil, marks):
    for command in (["status"], ["log", "-p"], ["diff"], ["commit", "-m", "x"], ["checkout", "other"]):
        (marks / "fired").unlink(missing_ok=True)
        evil.git(*command, check=False)
        assert (marks / "fired").exists(), command


async def test_no_program_of_a_repositorys_runs(evil, marks):
    git = Git(evil.path, write=True, author="Ada <ada@example.org>")
    told = await everything(git)
    assert not (marks / "fired").exists(), (marks / "fired").read_text()
    assert "three" in told
    assert "secret" not in told.replace("git grep", "")
    assert [commit.message for commit in (await git.log(limit=2)).items] == ["message", "second"]


async def test_nothing_is_fetched_for_an_object_that_is_not_there(evil, marks):
    blob = evil.git("rev-parse", "HEAD:sub/b.txt", check=False) or "0"
    (evil.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(AgentFailed):
        await Git(evil.path).show("HEAD", "sub/b.txt")
    assert not (marks / "fired").exists()


async def test_links_in_the_work_tree_are_not_followed(tmp_path, outside):
    made = Repository(tmp_path / "repository")
    made.commit("first", a_txt="one\n", sub__b_txt="deep\n")
    (made.path / "sub" / "b.txt").unlink()
    (made.path / "sub").rmdir()
    (made.path / "sub").symlink_to(outside)
    (made.path / "a.txt").unlink()
    (made.path / "a.txt").symlink_to(outside / "a.txt")
    git = Git(made.path, write=True, author="Ada <ada@example.org>")
    assert "secret" in made.git("grep", "e", check=False)  # the trap works on plain Git
    told = [
        await git.status(),
        await git.diff(),
        await git.grep("e"),
        await git.blame("sub/b.txt"),
        await git.blame("a.txt"),
        await git.add(["a.txt"]),
        await git.show("HEAD", "sub/b.txt"),
    ]
    assert "secret" not in repr(told)
    with pytest.raises(AgentFailed, match="beyond a symbolic link"):
        await git.add(["sub/b.txt"])


LINKS = {"pack": "objects/pack/x.pack", "refs": "refs/heads/x/y", "log": "logs/refs/heads/main", "index": "index"}


@pytest.mark.parametrize(
    "trap", ["link", "file", "objects", "pack", "alternates", "commondir", "refs", "log", "index", "nothing"]
)
async def test_a_repository_that_lies_elsewhere_is_refused(tmp_path, outside, trap):
    real = Repository(outside / "real")
    real.commit("private", s_txt="secret\n")
    made = Repository(tmp_path / "made")
    dot = made.path / ".git"
    if trap == "alternates":
        (dot / "objects" / "info").mkdir(exist_ok=True)
        (dot / "objects" / "info" / "alternates").write_text(f"{real.path}/.git/objects\n")
    elif trap in LINKS:
        (dot / LINKS[trap]).unlink(missing_ok=True)
        (dot / LINKS[trap]).parent.mkdir(parents=True, exist_ok=True)
        (dot / LINKS[trap]).symlink_to(outside / "secret.txt")
    elif trap == "commondir":
        (dot / "commondir").write_text(f"{real.path}/.git\n")
    elif trap == "objects":
        (dot / "objects").rename(tmp_path / "away")
        (dot / "objects").symlink_to(real.path / ".git" / "objects")
    else:
        dot.rename(tmp_path / "away")
        if trap == "link":
            dot.symlink_to(real.path / ".git")
        elif trap == "file":
            dot.write_text(f"gitdir: {real.path}/.git\n")
    git = Git(made.path, write=True, author="Ada <ada@example.org>")
    for call in (git.log(), git.commit("message")):
        with pytest.raises(NotFound if trap == "nothing" else NotAllowed):
            await call
    assert (outside / "secret.txt").read_text() == "secret\n"


async def test_the_repository_above_is_not_taken_for_this_one(tmp_path):
    above = Repository(tmp_path / "above")
    above.commit("first", inner__a_txt="one\n")
    with pytest.raises(NotFound, match="no Git repository"):
        await Git(above.path / "inner").status()


async def test_the_environment_of_this_process_decides_nothing(tmp_path, monkeypatch, outside):
    made = Repository(tmp_path / "made")
    made.commit("own", a_txt="one\n")
    real = Repository(outside / "real")
    real.commit("private", s_txt="secret\n")
    monkeypatch.setenv("GIT_DIR", str(real.path / ".git"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", f"touch {outside}/fired")
    monkeypatch.setenv("HOME", str(outside))
    (outside / ".gitconfig").write_text(f"[core]\n\tfsmonitor = touch {outside}/fired\n")
    git = Git(made.path)
    assert [commit.message for commit in (await git.log()).items] == ["own"]
    await git.status()
    assert not (outside / "fired").exists()


async def test_a_repository_of_somebody_else_is_read_all_the_same(tmp_path):
    made = Repository(tmp_path / "made")
    made.commit("own", a_txt="one\n")
    subprocess.run(["chown", "-R", "1234:1234", made.path], check=False, timeout=20)  # noqa: S607, ASYNC221
    assert (await Git(made.path).status()).branch == "main"


async def test_a_repository_with_other_hashes_is_understood(tmp_path):
    made = Repository(tmp_path / "made")
    (made.path / ".git").rename(tmp_path / "away")
    made.git("init", "--quiet", "--object-format=sha256", "--initial-branch=main", ".")
    name = made.commit("own", a_txt="one\n")
    assert len(name) == 64
    assert (await Git(made.path).log()).items[0].hash == name


async def test_settings_about_files_are_taken_over(tmp_path):
    made = Repository(tmp_path / "made")
    made.commit("own", a_txt="one\n")
    git = Git(made.path)
    (made.path / "a.txt").chmod(0o755)
    assert [change.path for change in (await git.status()).changes] == ["a.txt"]
    made.git("config", "core.fileMode", "false")
    assert (await git.status()).changes == ()


@pytest.mark.parametrize(
    ("config", "settings"),
    [
        ("", {}),
        ("[core]\n\tfilemode = false\n", {("core", "filemode"): "false"}),
        ("[CORE] FileMode=TRUE", {("core", "filemode"): "TRUE"}),
        ('[core]\nautocrlf = "input" ; why\n', {("core", "autocrlf"): "input"}),
        ("[core]\nfsmonitor = evil\nhooksPath = x\nworktree = /\n", {}),
        ("[core]\nautocrlf = !evil\neol = lf evil\nfilemode = true # yes", {("core", "filemode"): "true"}),
        ("[core]\nautocrlf = evil\nfilemode = maybe\neol = 1", {}),
        ("[core]\nfilemode = tr\\\nue\n", {}),
        ('[core "x"]\nfilemode = true\n', {}),
        ("[include]\npath = evil\n[extensions]\nobjectFormat = sha256\npartialClone = origin", None),
        ("[core\nfilemode = true", {}),
        ("filemode = true\n[other]\nfilemode = true", {}),
        ("[core]\nfilemode = true\n[alias]\nfilemode = false", {("core", "filemode"): "true"}),
    ],
)
def test_only_harmless_settings_are_read(config, settings):
    wanted = {("extensions", "objectformat"): "sha256"} if settings is None else settings
    assert settings_of(config) == wanted


async def test_a_configuration_that_is_huge_or_a_link_is_not_read(tmp_path, outside):
    made = Repository(tmp_path / "made")
    config = made.path / ".git" / "config"
    config.write_text("#" * 2_000_000)
    with pytest.raises(MotetError):
        await Git(made.path).status()
    config.unlink()
    config.symlink_to(outside / "secret.txt")
    with pytest.raises(NotAllowed):
        await Git(made.path).status()
