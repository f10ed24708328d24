"""What the operations of a commit need, read from the database into books."""

from collections.abc import Iterable

from motet.storage.books import Books
from motet.storage.operations import Needs
from motet.storage.packing import hash_of, resolved, unpack
from motet.storage.rows import state_from, tree_from, written_from
from motet.storage.schema import ANSWERS, BLOBS, DEFINITIONS, TASKS, TRACES, TREES
from motet.storage.session import Session

__all__ = ["load", "read_blobs"]


def load(session: Session, needs: Needs) -> Books:
    """Read what is needed; trees come before tasks, in the order in which everybody locks them."""
    books = Books()
    _load_trees(session, needs, books)
    _load_tasks(session, needs, books)
    if needs.traces:
        rows = session.rows(session.bulk.select(TRACES, [(trace,) for trace in sorted(needs.traces)], ["trace"]))
        books.numbers.update((trace, number) for trace, number, _ in rows)
    if needs.answers:
        keys = [(key,) for key in sorted(needs.answers)]
        books.answers.update(session.rows(session.bulk.select(ANSWERS, keys, ["key"])))
    return books


def _load_trees(session: Session, needs: Needs, books: Books) -> None:
    select = session.bulk.select
    found = session.rows(select(TREES, [(one,) for one in sorted(needs.trees)], ["id"])) if needs.trees else []
    if needs.keys:
        found += session.rows(select(TREES, [(key,) for key in sorted(needs.keys)], ["key"]))
    for row in found:
        tree = tree_from(row)
        books.trees[tree.id] = tree
        books.states.setdefault(tree.id, {})
        if tree.key is not None:
            books.keys[tree.key] = tree.id


def _load_tasks(session: Session, needs: Needs, books: Books) -> None:
    select, place = session.bulk.select, ["tree_id", "seq"]
    for tree_id, seq, *rest in session.rows(select(TASKS, sorted(needs.tasks), place)) if needs.tasks else ():
        books.states.setdefault(tree_id, {})[seq] = state_from(rest)
    if not needs.definitions:
        return
    rows = session.rows(select(DEFINITIONS, sorted(needs.definitions), place))
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
