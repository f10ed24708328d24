"""`Git`: what it changes, where that is allowed."""

import pytest
from repositories import Repository

from motet.kernel.errors import AgentFailed, InvalidPayload
from motet.tools.errors import NotAllowed
from motet.tools.git import Git
from motet.tools.git_output import Branch


@pytest.fixture
def repository(tmp_path):
    made = Repository(tmp_path / "repository")
    made.commit("first\n\nwith a body", a_txt="one\n", sub__b_txt="deep\n")
    made.commit("second", a_txt="one\ntwo\n")
    made.git("branch", "feature", "HEAD~1")
    made.git("tag", "v1", "HEAD~1")
    return made


@pytest.fixture
def git(repository):
    return Git(repository.path, write=True, author="Ada Lovelace <ada@example.org>")


async def test_the_way_of_a_change(git, repository):
    assert {branch.name for branch in (await git.create_branch("topic/one", "v1")).items} >= {"topic/one"}
    assert (await git.switch("topic/one")).branch == "topic/one"
    (repository.path / "-n.txt").write_text("x\n")
    (repository.path / ":(top)y.txt").write_text("y\n")
    status = await git.add(["-n.txt", ":(top)y.txt"])
    assert {change.path for change in status.changes if change.staged == "A"} == {"-n.txt", ":(top)y.txt"}
    made = await git.commit("-m is no option\n\n# and this no comment")
    assert (made.author, made.email) == ("Ada Lovelace", "ada@example.org")
    assert made.message == "-m is no option\n\n# and this no comment"
    assert repository.git("log", "-1", "--format=%cn <%ce>") == "Ada Lovelace <ada@example.org>"
    assert repository.git("reflog", "-1", "topic/one", "--format=%gs").startswith("commit: ")
    with pytest.raises(AgentFailed, match="git commit failed: (?s:.*)nothing to commit"):
        await git.commit("again")
    repository.git("fsck", "--strict")


async def test_what_is_added_is_what_has_changed(git, repository):
    (repository.path / ".gitignore").write_text("*.log\n")
    (repository.path / "x.log").touch()
    (repository.path / "a.txt").unlink()
    (repository.path / "new" / "deep").mkdir(parents=True)
    (repository.path / "new" / "deep" / "n.txt").touch()
    await git.add(["sub"])
    assert repository.git("diff", "--cached", "--name-status") == ""
    await git.add(["."])
    told = repository.git("diff", "--cached", "--name-status", "--no-renames").split("\n")
    assert told == ["A\t.gitignore", "D\ta.txt", "A\tnew/deep/n.txt"]
    for path in ("nothing", "x.log"):
        with pytest.raises(AgentFailed, match=f"'{path}' did not match any file"):
            await git.add(["sub", path])


async def test_what_is_not_committed_is_not_overwritten(git, repository):
    (repository.path / "a.txt").write_text("mine\n")
    with pytest.raises(AgentFailed, match="would be overwritten"):
        await git.switch("feature")
    assert (repository.path / "a.txt").read_text() == "mine\n"


async def test_nothing_is_changed_unless_that_was_allowed(repository):
    git = Git(repository.path)
    for call in (git.add(["a.txt"]), git.commit("x"), git.create_branch("x"), git.switch("feature")):
        with pytest.raises(NotAllowed, match=r"Git\(\.\.\., write=True, author=\.\.\.\)"):
            await call
    assert (await git.branches()).items[1] == Branch("main", repository.git("rev-parse", "main"), current=True)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "-x",
        "--all",
        "a b",
        "a..b",
        "a~1",
        "a:b",
        "a/",
        "/a",
        "a//b",
        ".a",
        "a/.b",
        "a.lock",
        "@",
        "a@{b",
        "HEAD",
        "\ud800",
    ],
)
async def test_what_names_no_branch(git, name):
    with pytest.raises(InvalidPayload, match="is no name of a branch"):
        await git.create_branch(name)


@pytest.mark.parametrize("message", ["", "  \n", "a\0b", "x" * 70_000])
async def test_what_is_no_message(git, message):
    with pytest.raises(InvalidPayload, match="A message has 1 to"):
        await git.commit(message)
    with pytest.raises(InvalidPayload, match="Name the files"):
        await git.add([])
