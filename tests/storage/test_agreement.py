"""Whatever is asked of them, a store in memory and one in SQLite give the same answers."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from motet.storage import MemoryStore, SqlStore
from motet.tasks.changes import Claim, Move, Progress, Record, Step, TreeMove
from motet.tasks.definition import Definition, Dependency
from motet.tasks.model import Question, Tree
from motet.tasks.status import TRANSITIONS, TREE_TRANSITIONS, Status

TREES = ["aa", "bb"]
TASKS = 3

trees = st.sampled_from(TREES)
seqs = st.integers(1, TASKS + 1)
owners = st.sampled_from(["me", "you"])
times = st.integers(0, 5).map(float)
numbers = st.integers(0, 3)
VALUES = {"none": None, "zero": 0, "empty": "", "some": "x" * 300, "large": "y" * 20_000, "object": {"a": [1.5, "ü"]}}
values = st.sampled_from(sorted(VALUES))
errors = st.none() | st.just({"code": "x", "message": "m", "fault": "agent", "retryable": False, "details": {}})
steps = st.lists(st.builds(Step, st.sampled_from("abc"), values), max_size=2).map(tuple)
pairs = [(source, target) for source in Status for target in TRANSITIONS[source] if target is not Status.IN_PROGRESS]
tree_pairs = [(source, target) for source, targets in TREE_TRANSITIONS.items() for target in targets]

moves = st.builds(
    lambda tree, seq, pair, at, owner, attempt, **more: dict(
        kind=Move, tree_id=tree, seq=seq, source=pair[0], target=pair[1], at=at, owner=owner, attempt=attempt, **more
    ),
    trees,
    seqs,
    st.sampled_from(pairs),
    times,
    st.none() | owners,
    st.none() | numbers,
    result=values,
    error=errors,
    failures=st.none() | numbers,
    wake_at=st.none() | times,
    question=st.none() | st.just(Question("k", "?", {})),
    inputs=st.none() | st.just({"n": 1}),
    started_at=st.none() | times,
    reset=st.booleans(),
    steps=steps,
)
claims = st.builds(
    lambda **fields: dict(kind=Claim, **fields), tree_id=trees, seq=seqs, owner=owners, at=times, attempt=numbers
)
tree_moves = st.builds(
    lambda tree, pair, at, owner, owned_by: {
        "kind": TreeMove,
        "tree_id": tree,
        "source": pair[0],
        "target": pair[1],
        "at": at,
        "owner": owner,
        "owned_by": owned_by,
    },
    trees,
    st.sampled_from(tree_pairs),
    times,
    st.none() | owners,
    st.none() | owners | st.just(""),
)
told = st.builds(
    lambda **fields: dict(kind=Progress, **fields),
    tree_id=trees,
    seq=seqs,
    owner=owners,
    attempt=numbers,
    progress=st.floats(0, 1),
    message=st.sampled_from(["", "half"]),
)
records = st.builds(
    lambda **fields: dict(kind=Record, **fields),
    tree_id=trees,
    seq=seqs,
    owner=owners,
    attempt=numbers,
    at=times,
    steps=steps,
)
calls = st.lists(moves | claims | claims | tree_moves | told | records, max_size=6)


class Agreement(RuleBasedStateMachine):
    """Both stores are told the same; `after` of every second claim names the moves of its call."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.stores = [MemoryStore(), SqlStore(f"sqlite:///{self.folder}/work.db")]
        self.both(lambda store: store.open())

    def teardown(self):
        self.both(lambda store: store.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    def both(self, ask):
        first, second = [self.runner.run(_awaited(ask(store))) for store in self.stores]
        assert first == second
        return first

    @rule(tree=trees, key=st.none() | st.just("key"), parent=st.none() | st.just(1))
    def create(self, tree, key, parent):
        definitions = [
            Definition(
                seq, f"t{seq}", "x", {"n": seq} if seq > 1 else {}, parent, (Dependency(1, "t1"),) if seq > 1 else ()
            )
            for seq in range(1, TASKS + 1)
        ]
        self.both(lambda store: store.create(Tree(tree, "tree", key=key, created_at=1.0, trace="t"), definitions))

    @rule(made=st.lists(calls, min_size=1, max_size=3))
    def apply(self, made):
        """Several calls at once go into one commit in SQLite, and one after the other in memory."""

        async def several(store):
            all_calls = [[_change(fields) for fields in call] for call in made]
            for call in all_calls:
                before = tuple(change for change in call if isinstance(change, Move))
                for change in call[::2]:
                    if isinstance(change, Claim | TreeMove):
                        change.after = before
            applied = await asyncio.gather(*(store.apply(call) for call in all_calls))
            outcomes = [[(change.applied, getattr(change, "task", None)) for change in call] for call in all_calls]
            return [one.revisions for one in applied], outcomes

        self.both(several)

    @rule(
        tree=trees, seq=seqs, name=st.sampled_from("ab"), wake=st.none() | times, among=st.sets(st.sampled_from(Status))
    )
    def update(self, tree, seq, name, wake, among):
        self.both(lambda store: store.update(tree, Definition(seq, name, not_before=wake), frozenset(among)))

    @rule(tree=trees, some=st.none() | st.sets(seqs, max_size=2))
    def delete(self, tree, some):
        self.both(lambda store: store.delete(tree, some))

    @invariant()
    def they_agree(self):
        self.both(_everything)


async def _everything(store):
    """Ask a store all there is to ask."""
    tasks = [(tree, seq) for tree in TREES for seq in range(1, TASKS + 1)]
    return {
        "trees": [await store.tree(tree) for tree in TREES],
        "changed": [await store.changed(tree, 3) for tree in TREES],
        "journals": {task: await store.journal(*task) for task in tasks},
        "attempts": {task: list(await store.attempts(*task)) for task in tasks},
        "owned": list(await store.owned(["me", "you"])),
        "adrift": list(await store.adrift(["me"])),
        "counts": await store.counts(),
    }


def _change(fields):
    """Make a change of its fields, with values in the place of their names."""
    fields = dict(fields)
    if "result" in fields:
        fields["result"] = VALUES[fields["result"]]
    if "steps" in fields:
        fields["steps"] = tuple(Step(step.key, VALUES[step.value]) for step in fields["steps"])
    return fields.pop("kind")(**fields)


async def _awaited(asked):
    found = await asked
    return list(found) if isinstance(found, tuple | list) else found


Agreement.TestCase.settings = settings(max_examples=40, stateful_step_count=12, suppress_health_check=list(HealthCheck))
TestAgreement = Agreement.TestCase
