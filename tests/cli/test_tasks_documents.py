import json

from cli.trees import ID, make_task, make_tree
from motet.cli.tasks_documents import attempt_document, event_document, task_document, tree_document
from motet.kernel.events import TaskChanged, TaskChunk, TreeChanged
from motet.kernel.message import Chunk
from motet.tasks.definition import Retry
from motet.tasks.model import Attempt, Question
from motet.tasks.status import Status


def plain(document: object) -> object:
    """What is left of a document on its way through JSON."""
    return json.loads(json.dumps(document))


def test_a_task_is_written_with_its_definition_and_where_it_stands() -> None:
    task = make_task(
        2,
        "a",
        "input_required",
        needs=[(3, "b")],
        defined={"inputs": {"x": [1]}, "retry": Retry(2), "extra": {"colour": "red"}},
        question=Question("key", "Pay?", {"type": "boolean"}),
    )
    document = task_document(task)
    assert plain(document) == document
    assert document["id"] == f"{ID}-2"
    assert document["parent"] == f"{ID}-1"
    assert document["dependencies"] == [{"id": f"{ID}-3", "name": "b", "required": True}]
    assert document["retry"] == {"attempts": 2, "initial": 1.0, "factor": 2.0, "cap": 300.0, "jitter": True}
    assert document["question"] == {"text": "Pay?", "schema": {"type": "boolean"}}
    assert (document["status"], document["inputs"], document["extra"]) == (
        "input_required",
        {"x": [1]},
        {"colour": "red"},
    )


def test_a_tree_is_written_with_its_tasks_or_with_counts() -> None:
    tree = make_tree([make_task(1, "a", "completed", result={"x": None}), make_task(2, "b")])
    document = tree_document(tree)
    assert plain(document) == document
    assert (document["root"], document["result"], document["progress"]) == (f"{ID}-1", {"x": None}, 0.5)
    assert [task["name"] for task in document["tasks"]] == ["a", "b"]
    bare = tree_document(make_tree([make_task(1, "a")]), {Status.COMPLETED: 1, Status.PENDING: 0})
    assert (bare["counts"], bare["progress"]) == ({"completed": 1}, 1.0)


def test_an_attempt_is_written() -> None:
    attempt = Attempt(1, Status.PENDING, "host", {"x": 1}, 1.0, 2.0)
    assert plain(attempt_document(attempt)) == {
        "number": 1,
        "status": "pending",
        "owner": "host",
        "inputs": {"x": 1},
        "started_at": 1.0,
        "ended_at": 2.0,
        "error": None,
    }
    assert attempt_document(Attempt(1, Status.PENDING, "host", None, None, 2.0))["inputs"] is None


def test_events_say_what_they_are() -> None:
    changed = TaskChanged("trace", 1.0, ID, f"{ID}-2", "a", "in_progress", 1, 0.5, "half way")
    assert event_document(changed) == {
        "task": {
            "tree": ID,
            "id": f"{ID}-2",
            "name": "a",
            "status": "in_progress",
            "attempt": 1,
            "progress": 0.5,
            "message": "half way",
        }
    }
    assert event_document(TreeChanged("trace", 1.0, ID, "all", "failed", 1.0)) == {
        "tree": {"id": ID, "name": "all", "status": "failed", "progress": 1.0}
    }
    chunk = TaskChunk("trace", 1.0, ID, f"{ID}-2", "a", Chunk({"x": b"\xff"}, 3, ("a",)))
    assert event_document(chunk) == {
        "chunk": {"task": f"{ID}-2", "name": "a", "seq": 3, "path": ["a"], "value": {"x": "_w=="}}
    }
    again = TaskChunk("trace", 1.0, ID, f"{ID}-2", "a", Chunk(None, 4, ("a",), 2))
    assert event_document(again) == {"restart": {"task": f"{ID}-2", "name": "a", "seq": 4, "path": ["a"], "since": 2}}
