"""What the operations of a commit need, read from the database into books."""

from collections.abc import Iterable

from motet.storage.books import Books
from motet.storage.bulk import Row
from motet.storage.operations import Needs
from motet.storage.packing import hash_of, resolved, unpack
from motet.storage.rows import state_from, tree_from, written_from
from motet.storage.schema import ANSWERS, BLOBS, DEFINITIONS, TASKS, TRACES, TREES
from motet.storage.session import Session

__all__ = ["load", "read_blobs"]


def load(session: Session, needs: Needs) -> Books:
    """Read what is needed; trees come before tasks, in the order in which everybody locks them."""
    select, place = session.bulk.select, ["tree_id", "seq"]
    trees, keyed, tasks, definitions, traces, answers = session.ask(
        select(TREES, [(one,) for one in sorted(needs.trees)], ["id"]),
        select(TREES, [(key,) for key in sorted(needs.keys)], ["key"]),
        select(TASKS, sorted(needs.tasks), place),
        select(DEFINITIONS, sorted(needs.definitions), place),
        select(TRACES, [(trace,) for trace in sorted(needs.traces)], ["trace"]),
        select(ANSWERS, [(key,) for key in sorted(needs.answers)], ["key"]),
    )
    books = Books()
    _enter_trees([*trees, *keyed], books)
    for tree_id, seq, *rest in tasks:
        books.states.setdefault(tree_id, {})[seq] = state_from(rest)
    _enter_definitions(session, definitions, books)
    books.numbers.update((trace, number) for trace, number, _ in traces)
    books.answers.update(answers)
    return books


def _enter_trees(rows: Iterable[Row], books: Books) -> None:
    for row in rows:
        tree = tree_from(row)
        books.trees[tree.id] = tree
        books.states.setdefault(tree.id, {})
        if tree.key is not None:
            books.keys[tree.key] = tree.id


def _enter_definitions(session: Session, rows: Iterable[Row], books: Books) -> None:
    large = {(row[0], known) for row in rows if (known := hash_of(row[6])) is not None}
    blobs = read_blobs(session, large) if large else {}
    for tree_id, *rest in rows:
        written = written_from(rest)
        if blobs:
            written = written._replace(inputs=resolved(written.inputs, blobs))
        books.definitions.setdefault(tree_id, {})[written.seq] = written


def read_blobs(session: Session, wanted: Iterable[tuple[str, str]]) -> dict[str, bytes]:
    """Read large values, by what they are known by."""
    rows = session.rows(session.bulk.select(BLOBS, sorted(wanted), ["tree_id", "hash"]))
    return {known: unpack(bytes(data)) for _, known, data in rows}
