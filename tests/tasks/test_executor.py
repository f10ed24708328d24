"""Executors by id: registered, installed, and in demo mode."""

import threading
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from pydantic import BaseModel

from motet import Executors, TaskManager, agent, executor
from motet.kernel.errors import InvalidAgent, NotAvailable, NotFound
from motet.tasks.executors import DEFAULT_EXECUTORS
from support import within
from task_support import managed, statuses


@pytest.fixture
def registry() -> Executors:
    return Executors(installed=False)


@agent
async def plain(inputs: dict[str, Any]) -> int:
    """Return how many inputs there are."""
    return len(inputs)


def test_an_executor_is_an_agent_under_its_id(registry):
    @executor("thumb.make", executors=registry, tags=["image"])
    async def thumbnail(inputs: dict[str, Any]) -> str:
        """Make it small."""
        return "small"

    assert registry.get("thumb.make") is thumbnail
    assert thumbnail.name == "thumb.make"
    assert list(registry) == ["thumb.make"]
    assert "thumb.make" in registry
    assert "thumbnail" not in registry


def test_an_id_is_taken_once(registry):
    registry.add(plain, "p")
    registry.add(plain, "p")  # the same again is no conflict
    with pytest.raises(InvalidAgent, match="taken"):
        registry.add(agent(name="other")(_other), "p")


def test_an_executor_can_take_the_place_of_another(registry):
    registry.add(plain, "p")

    @executor("p", executors=registry, replace=True)
    async def other(inputs: dict[str, Any]) -> int:
        return 0

    assert registry.get("p") is other


def test_an_agent_can_be_decorated(registry):
    made = executor("mine", executors=registry)(plain)
    assert registry.get("mine") is made


@pytest.mark.parametrize(("asked", "hint"), [("plian", "did you mean 'plain'"), ("zzz", "known are plain")])
def test_an_unknown_id_is_told_with_what_is_like_it(registry, asked, hint):
    registry.add(plain)
    with pytest.raises(NotFound, match=hint):
        registry.get(asked)
    assert registry.find(asked) is None


def test_what_a_manager_adds_is_its_own(registry):
    manager = TaskManager("memory://", executors=registry)
    manager.executors.add(plain)
    assert "plain" in manager.executors
    assert "plain" not in registry
    assert manager.executors.get("plain") is plain


def test_an_own_executor_covers_one_of_the_base(registry):
    registry.add(plain, "p")
    above = Executors(registry)
    other = agent(name="other")(_other)
    above.add(other, "p")
    assert above.get("p") is other
    assert registry.get("p") is plain


async def _other(inputs: dict[str, Any]) -> int:
    return 1


def offered(monkeypatch: pytest.MonkeyPatch, **targets: str) -> Executors:
    entries = [EntryPoint(name, value, "motet.executors") for name, value in targets.items()]
    monkeypatch.setattr("motet.tasks.executors.entry_points", lambda group: entries)
    return Executors()


def test_packages_are_loaded_when_one_of_theirs_is_named(monkeypatch):
    found = offered(monkeypatch, one="nowhere.at.all:x", two=f"{__name__}:plain")
    assert set(found) == {"one", "two"}
    assert "one" in found
    with pytest.raises(ModuleNotFoundError):
        found.get("one")


def test_an_entry_point_that_is_no_agent_is_refused(monkeypatch):
    found = offered(monkeypatch, one="os:getcwd")
    with pytest.raises(InvalidAgent, match="no agent"):
        found.get("one")


def test_the_default_executors_are_asked_last():
    assert "rest" in TaskManager("memory://").executors
    assert "rest" in DEFAULT_EXECUTORS


@pytest.mark.parametrize(
    ("demo", "answer"), [(7, 7), (None, None), (lambda inputs: {"got": sorted(inputs)}, {"got": ["a"]})]
)
async def test_in_demo_mode_an_executor_answers_with_what_it_declared(place, stage, demo, answer):
    ran = []

    @executor("d", executors=stage.executors, demo=demo)
    async def work(inputs: dict[str, Any]) -> int:
        ran.append(1)
        return 1

    async with managed(place, stage, demo=True) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "d", "inputs": {"a": 1}}]))
    assert (tree.status, tree.result, ran) == ("completed", answer, [])


async def test_in_demo_mode_an_executor_that_declares_nothing_fails_its_task(place, stage):
    async with managed(place, stage, demo=True) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "name"}]))
    assert tree.status == "failed"
    assert tree.root_task.error["code"] == "not_available"


def test_a_demo_of_the_base_is_found_from_above(registry):
    registry.add(plain, demo=3)
    assert Executors(registry).demo("plain", {}) == 3
    registry.add(plain, "bare")
    with pytest.raises(NotAvailable):
        registry.demo("bare", {})


async def test_a_demo_function_cannot_change_what_is_recorded(place, stage):
    @executor("d", executors=stage.executors, demo=lambda inputs: inputs["list"].append(2))
    async def work(inputs: dict[str, Any]) -> None:
        """Never run."""

    entries = [{"name": "a", "executor": "none"}, {"name": "b", "executor": "d", "dependencies": ["a"]}]
    entries[1]["inputs"] = {"list": [1]}
    stage.executors.add(stage.executors.get("none"), "none", demo=None, replace=True)
    async with managed(place, stage, demo=True) as manager:
        tree = await within(manager.execute(entries))
        (attempt,) = await manager.attempts(tree.task("b").id)
    assert attempt.inputs["list"] == [1]


class Strict(BaseModel):
    """Inputs that know what they take."""

    model_config = {"extra": "forbid"}
    number: int = 0
    before: object = None


async def test_an_executor_that_forbids_other_inputs_is_not_given_them(place, stage):
    seen: list[Strict] = []

    @executor("strict", executors=stage.executors)
    async def work(inputs: Strict) -> int:
        seen.append(inputs)
        return inputs.number

    entries = [
        {"name": "before", "executor": "name"},
        {"name": "only order", "executor": "name"},
        {"name": "a", "executor": "strict", "dependencies": ["before", "only order"], "inputs": {"number": 4}},
    ]
    async with managed(place, stage) as manager:
        tree = await within(manager.execute(entries))
    assert statuses(tree)["a"] == "completed"
    assert seen == [Strict(number=4, before="before")]


async def test_an_agent_can_stand_in_the_array_itself(place, stage):
    async with managed(place, stage) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": plain, "inputs": {"x": 1, "y": 2}}]))
        assert tree.result == 2
        assert "plain" in manager.executors
    assert "plain" not in stage.executors


async def test_two_agents_of_one_name_are_a_clear_error(place, stage):
    @agent(name="same")
    async def first(inputs: dict[str, Any]) -> int:
        return 1

    @agent(name="same")
    async def second(inputs: dict[str, Any]) -> int:
        return 2

    async with managed(place, stage) as manager:
        await within(manager.execute([{"name": "a", "executor": first}]))
        with pytest.raises(InvalidAgent, match="same"):
            await manager.create([{"name": "a", "executor": second}])
        assert not (await manager.trees()).trees[1:]


async def test_a_sync_executor_does_not_hold_up_others(place, stage):
    import threading

    release = threading.Event()

    @executor("sync", executors=stage.executors)
    def work(inputs: dict[str, Any]) -> int:
        release.wait(20)
        return 1

    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "sync"}])
        assert (await within(manager.execute([{"name": "b", "executor": "name"}]))).status == "completed"
        release.set()
        assert (await within(run.wait())).result == 1


def test_what_was_added_is_told_without_what_others_have(registry):
    registry.add(plain, "p")
    inner = Executors(registry)
    inner.add(plain, "q")
    assert inner.added() == {"q": plain}
    inner.added().clear()
    assert inner.added() == {"q": plain}


def test_what_is_removed_is_forgotten_with_its_demo_result(registry):
    registry.add(plain, "p", demo=3)
    registry.remove("p")
    registry.remove("p")
    assert list(registry) == []
    registry.add(plain, "p")
    with pytest.raises(NotAvailable):
        registry.demo("p", {})


def test_executors_are_redefined_at_once_for_everybody_else(registry):
    registry.add(plain, "old", demo=1)
    registry.add(plain, "kept", demo=2)
    seen: list[list[str]] = []
    with registry.redefined({"old"}):
        registry.add(plain, "new", demo=3)
        other = threading.Thread(target=lambda: seen.append(list(registry)))
        other.start()
        other.join()
        late = threading.Thread(target=lambda: registry.add(plain, "late", demo=4))
        late.start()
        late.join()
        assert list(registry) == ["kept", "new"]
        assert registry.demo("new", {}) == 3
    assert seen == [["old", "kept"]]
    assert sorted(registry) == ["kept", "late", "new"]
    assert [registry.demo(id_, {}) for id_ in ("kept", "late", "new")] == [2, 4, 3]


def test_a_redefinition_that_fails_changes_nothing(registry):
    registry.add(plain, "old", demo=1)
    with pytest.raises(ZeroDivisionError), registry.redefined({"old"}):
        registry.add(plain, "new")
        registry.remove("old")
        raise ZeroDivisionError
    assert list(registry) == ["old"]
    assert registry.demo("old", {}) == 1


def test_others_may_answer_instead_for_a_while():
    real, other = Executors(installed=False), Executors(installed=False)
    first, second = agent(name="a")(lambda _: 1), agent(name="a")(lambda _: 2)
    real.add(first)
    other.add(second)
    real.instead = other
    assert real.get("a") is second
    assert real.own("a") is first
    real.instead = None
    assert real.get("a") is first
