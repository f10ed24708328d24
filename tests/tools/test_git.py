"""`Git`: one repository."""

import asyncio

import pytest
from repositories import Repository

from motet.kernel.errors import AgentFailed, InvalidAgent, InvalidPayload, MotetError, NotFound
from motet.tools.errors import NotAllowed
from motet.tools.git import Git
from motet.tools.git_output import Change
from started import descriptors
from support import within


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


async def test_what_is_not_committed(git, repository):
    assert (await git.status()).changes == ()
    (repository.path / "a.txt").write_text("changed\n")
    (repository.path / "new ü.txt").write_text("new\n")
    repository.git("mv", "sub/b.txt", "sub/c.txt")
    status = await git.status()
    assert (status.branch, status.complete) == ("main", True)
    assert set(status.changes) == {
        Change("a.txt", "", "M"),
        Change("new ü.txt", "", "?"),
        Change("sub/c.txt", "R", "", "sub/b.txt"),
    }
    repository.git("stash", "--all")
    repository.git("checkout", "--quiet", "--detach")
    assert (await git.status()).branch == ""


async def test_a_repository_without_commits(tmp_path):
    empty = Git(Repository(tmp_path / "empty").path)
    assert (await empty.status()).branch == "main"
    assert (await empty.branches()).items == ()
    with pytest.raises(AgentFailed, match="git log failed: .*HEAD"):
        await empty.log()


async def test_commits(git, repository):
    log = await git.log()
    assert log.complete
    second, first = log.items
    assert (second.message, first.message) == ("second", "first\n\nwith a body")
    assert second.hash == repository.git("rev-parse", "HEAD")
    assert (first.author, first.email, first.date[:2]) == ("ada", "ada", "20")
    assert [commit.message for commit in (await git.log("v1..main")).items] == ["second"]
    assert [commit.message for commit in (await git.log(path="a.txt", limit=1)).items] == ["second"]
    assert len((await git.log(path="sub")).items) == 1
    for limit in (0, -1, 10_001):
        with pytest.raises(InvalidPayload, match="out of range"):
            await git.log(limit=limit)


async def test_changes(git, repository):
    (repository.path / "a.txt").write_text("one\ntwo\nthree\n")
    assert "+three" in (await git.diff()).text
    assert (await git.diff(path="sub")).text == (await git.diff(staged=True)).text == ""
    assert "+two" in (await git.diff("v1..main")).text
    assert "+two" in (await git.diff("HEAD~1")).text
    repository.git("add", "a.txt")
    assert "+three" in (await git.diff(staged=True)).text
    assert " one" not in (await git.diff("HEAD", context=0)).text


async def test_a_commit_and_a_file_as_it_was(git):
    shown = await git.show("v1")
    assert shown.complete
    assert "first" in shown.text
    assert "+one" in shown.text
    assert (await git.show("main", "a.txt")).text == "one\ntwo\n"
    assert (await git.show("v1", "./a.txt")).text == "one\n"
    with pytest.raises(AgentFailed, match="git show failed"):
        await git.show("v1", "nothing")


async def test_who_wrote_a_line(git, repository):
    blamed = (await git.blame("a.txt")).items
    assert [(row.line, row.text, row.summary, row.author) for row in blamed] == [
        (1, "one", "first", "ada"),
        (2, "two", "second", "ada"),
    ]
    assert blamed[1].commit == repository.git("rev-parse", "HEAD")
    (row,) = (await git.blame("a.txt", start_line=2, lines=1)).items
    assert row.text == "two"
    assert len((await git.blame("a.txt", "v1")).items) == 1


async def test_branches_files_and_words(git):
    branches = (await git.branches()).items
    assert [(branch.name, branch.current) for branch in branches] == [("feature", False), ("main", True)]
    assert (await git.ls_files()).items == ("a.txt", "sub/b.txt")
    assert (await git.ls_files("sub")).items == ("sub/b.txt",)
    found = (await git.grep("e")).items
    assert [(match.path, match.line, match.text) for match in found] == [("a.txt", 1, "one"), ("sub/b.txt", 1, "deep")]
    assert (await git.grep("TWO", ignore_case=True, revision="main", path="a.txt")).items[0].path == "a.txt"
    assert (await git.grep("two", revision="v1")).items == (await git.grep("o.e")).items == ()
    for text in ("", "a\nb", "a\0b"):
        with pytest.raises(InvalidPayload, match="of one line"):
            await git.grep(text)


OPTIONS = [
    "-x",
    "--output=pwned",
    "--upload-pack=touch pwned",
    "-O",
    "--ext-diff",
    "-ccore.pager=x",
    "--",
    "-",
    "--all",
]


@pytest.mark.parametrize("text", OPTIONS)
async def test_no_revision_path_or_branch_is_an_option(git, repository, text):
    before = sorted(path.name for path in repository.path.iterdir())
    calls = [
        git.log(text),
        git.diff(text),
        git.show(text),
        git.blame("a.txt", text),
        git.grep("one", revision=text),
        git.create_branch(text),
        git.create_branch("x", text),
        git.switch(text),
        git.show("HEAD", text),
        git.blame(text),
        git.add([text]),
    ]
    for call in calls:
        with pytest.raises((InvalidPayload, AgentFailed)):
            await call
    assert (await git.log(path=text)).items == (await git.ls_files(text)).items == (await git.grep(text)).items == ()
    assert (await git.diff(path=text)).text == ""
    assert sorted(path.name for path in repository.path.iterdir()) == before


@pytest.mark.parametrize("text", ["", "a b", "a\nb", "a\0b", "HEAD:a.txt", ":/first", ":a.txt", "a*", "x" * 201, "[a]"])
async def test_what_names_no_revision(git, text):
    with pytest.raises(InvalidPayload, match="names no revision"):
        await git.log(text)


@pytest.mark.parametrize("path", ["..", "../x", "/etc/passwd", "sub/../..", "a\0b", "", "a//b"])
async def test_no_path_leads_outside(git, path):
    calls = [
        git.log(path=path),
        git.diff(path=path),
        git.show("HEAD", path),
        git.blame(path),
        git.grep("x", path),
        git.ls_files(path),
        git.add([path]),
    ]
    for call in calls:
        with pytest.raises(MotetError) as caught:
            await call
        assert isinstance(caught.value, NotAllowed | InvalidPayload)


async def test_output_is_bounded_and_that_is_told(repository):
    repository.commit("large", large_txt="x" * 60 + "\n", other_txt="word\n" * 3000)
    git = Git(repository.path, max_output=2000)
    diff = await git.show()
    assert (len(diff.text), diff.complete) == (2000, False)
    found = await git.grep("word")
    assert not found.complete
    assert {match.text for match in found.items} == {"word"}
    blamed = await git.blame("other.txt", lines=3000)
    assert not blamed.complete
    assert {row.text for row in blamed.items} == {"word"}


async def test_a_cancellation_leaves_nothing(repository, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    before = descriptors()
    for turns in range(6):
        working = asyncio.create_task(Git(repository.path).log())
        for _ in range(turns):
            await asyncio.sleep(0.002)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await within(working)
    assert not list((tmp_path / "temporary").iterdir())
    await asyncio.sleep(0)
    assert descriptors() == before


async def test_many_at_once(git):
    given = await within(asyncio.gather(*(git.log(limit=1) for _ in range(8))))
    assert {listed.items[0].message for listed in given} == {"second"}


def test_what_a_tool_is_made_of_is_checked(tmp_path, repository, monkeypatch):
    for author in (None, "Ada", "<ada@x>", "Ada <>", "Ada <a@x> <b@x>", "A\nB <a@x>"):
        with pytest.raises(ValueError, match="say who commits"):
            Git(repository.path, write=True, author=author)
    with pytest.raises(ValueError, match="timeout"):
        Git(repository.path, timeout=0)
    with pytest.raises(NotFound):
        Git(tmp_path / "nothing")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(InvalidAgent, match="install it first"):
        Git(repository.path)
