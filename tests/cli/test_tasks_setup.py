from pathlib import Path

import pytest

from motet.cli.failures import InvalidUsage
from motet.cli.tasks_setup import Setup, check_there_is, executors_for, import_all, opened
from motet.executors.agent import AgentExecutor
from motet.executors.command import Command
from motet.executors.rest import Rest
from motet.kernel.function import agent
from motet.tasks.executors import DEFAULT_EXECUTORS


@pytest.mark.parametrize(
    ("setup", "line"),
    [
        (Setup(), "motet tasks resume 1f0c --store sqlite:///motet.db"),
        (
            Setup(
                store="sqlite:///a b.db",
                imports=("a.py", "b"),
                allow_command=("echo",),
                allow_private=True,
                demo=True,
                root="folder",
                max_concurrency=4,
            ),
            (
                "motet tasks resume 1f0c --store 'sqlite:///a b.db' --import a.py --import b --allow-command echo "
                "--root folder --allow-private --demo --max-concurrency 4"
            ),
        ),
        (
            Setup(store="postgresql://me:secret@host/tasks"),
            "motet tasks resume 1f0c --store 'postgresql://me:********@host/tasks'",
        ),
        (
            Setup(store="postgresql://me@host/tasks?sslpassword=secret"),
            "motet tasks resume 1f0c --store 'postgresql://me@host/tasks?sslpassword=********'",
        ),
        (Setup(store="nonsense"), "motet tasks resume 1f0c --store nonsense"),
    ],
)
def test_the_line_that_goes_on_has_the_same_options_and_no_password(setup: Setup, line: str) -> None:
    assert setup.line("tasks resume", "1f0c") == line


def test_executors_know_what_the_user_allows(tmp_path: Path) -> None:
    made = executors_for(Setup(allow_command=("echo",), allow_private=True, root=str(tmp_path)))
    assert isinstance(made.get("command"), Command)
    assert isinstance(made.get("rest"), Rest)
    assert isinstance(made.get("agent"), AgentExecutor)
    for name in ("command", "rest", "agent"):
        assert made.get(name) is not DEFAULT_EXECUTORS.get(name)
    plain = executors_for(Setup())
    assert plain.get("command") is DEFAULT_EXECUTORS.get("command")
    assert plain.get("rest") is DEFAULT_EXECUTORS.get("rest")


def test_an_executor_of_the_user_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    @agent(name="agent")
    async def mine(inputs: dict[str, object]) -> str:
        return ""

    monkeypatch.setitem(DEFAULT_EXECUTORS._agents, "agent", mine)
    assert executors_for(Setup()).get("agent") is mine


async def test_a_manager_that_is_opened_works_on_nothing_by_itself(tmp_path: Path) -> None:
    setup = Setup(store=f"sqlite:///{tmp_path}/a.db", demo=True, max_concurrency=2)
    async with opened(setup) as manager:
        tree = await manager.create([{"name": "a", "executor": "aggregate"}])
    async with opened(setup) as manager:
        assert (await manager.tree(tree.id)).status == "pending"
        assert manager.running() == []


@pytest.mark.parametrize("store", ["sqlite:///no.db", "sqlite:///no/such.db?timeout=3", "duckdb:///no.duckdb"])
def test_a_file_that_is_not_there_is_no_store(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidUsage, match=r"there is no store at no\S+ \(looked from .*\): run a tree first"):
        check_there_is(store)
    assert list(tmp_path.iterdir()) == []


def test_only_files_can_be_looked_for(tmp_path: Path) -> None:
    (tmp_path / "a.db").touch()
    for store in (f"sqlite:///{tmp_path}/a.db", "postgresql://host/name", "nonsense", "sqlite://", "sqlite:///"):
        check_there_is(store)
    with pytest.raises(InvalidUsage, match="memory:// keeps nothing from one command to the next"):
        check_there_is("memory://")


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("flow.py:flow", "--import takes a whole file or module: give flow.py without :flow"),
        ("no-such.py", "there is no file no-such.py"),
        ("no_such_module", "there is no module 'no_such_module'"),
    ],
)
def test_what_cannot_be_imported_says_so(source: str, told: str, imports: None) -> None:
    with pytest.raises(InvalidUsage, match=told):
        import_all((source,))
