"""Rows of tables, and back; each in the order of its table's columns."""

from collections.abc import Sequence
from typing import Any

from motet.storage.books import Place
from motet.storage.bulk import Row
from motet.storage.matching import folded
from motet.storage.state import STATUSES, State
from motet.storage.values import decode, encode
from motet.storage.written import AttemptRow, Written
from motet.tasks.model import Tree

__all__ = [
    "attempt_from",
    "attempt_row",
    "definition_row",
    "folded_row",
    "state_from",
    "state_row",
    "tree_from",
    "tree_row",
    "written_from",
]


def folded_row(name: str) -> str | None:
    """Return the form of a name in which names are compared; None where that is the name itself."""
    form = folded(name)
    return None if form == name else form


def tree_row(tree: Tree) -> Row:
    """Write a tree."""
    extra = encode(dict(tree.extra), "The extra fields of a tree").decode() if tree.extra else "{}"
    return (
        tree.id,
        tree.name,
        folded_row(tree.name),
        tree.root,
        tree.total,
        tree.status.value,
        tree.key,
        tree.user,
        extra,
        tree.trace,
        tree.owner,
        tree.revision,
        tree.created_at,
        tree.started_at,
        tree.ended_at,
        tree.caller or None,
        tree.sampled,
    )


def tree_from(row: Sequence[Any]) -> Tree:
    """Read a tree."""
    tree_id, name, _, root, total, status, key, user, extra, trace, owner, revision, *times, caller, sampled = row
    created, started, ended = times
    return Tree(
        tree_id,
        name,
        root,
        total,
        STATUSES[status],
        key,
        user,
        decode(extra) if extra != "{}" else {},
        trace,
        owner,
        revision,
        created,
        started,
        ended,
        caller=caller or "",
        sampled=None if sampled is None else bool(sampled),
    )


def state_row(place: Place, state: State, result: str | None, error: str | None, question: str | None) -> Row:
    """Write where a task stands, with its values as they are stored."""
    return (
        *place,
        state.status.value,
        state.attempt,
        state.failures,
        state.run,
        result,
        error,
        state.progress,
        state.message,
        question,
        state.owner,
        state.ended_by,
        state.wake_at,
        state.started_at,
        state.ended_at,
        state.revision,
    )


def state_from(row: Sequence[Any]) -> State:
    """Read where a task stands, from the columns after its place."""
    status, attempt, failures, run, result, error, progress, message, question, owner, ended_by, *rest = row
    return State(
        STATUSES[status],
        attempt,
        failures,
        run,
        result,
        error,
        progress,
        message,
        question,
        owner,
        ended_by,
        *rest,
    )


def definition_row(tree_id: str, written: Written, inputs: str | None) -> Row:
    """Write a definition, with its inputs as they are stored."""
    seq, name, executor, plan, _, not_before = written
    return tree_id, seq, name, folded_row(name), executor, plan, inputs, not_before


def written_from(row: Sequence[Any]) -> Written:
    """Read a definition, from the columns after its tree's id."""
    seq, name, _, executor, plan, inputs, not_before = row
    return Written(seq, name, executor, plan, inputs, not_before)


def attempt_row(place: Place, row: AttemptRow, inputs: str | None, error: str | None) -> Row:
    """Write an attempt, with its values as they are stored."""
    return *place, row.number, row.status.value, row.owner, inputs, row.started_at, row.ended_at, error


def attempt_from(row: Sequence[Any]) -> AttemptRow:
    """Read an attempt, from the columns after the place of its task."""
    number, status, owner, inputs, started_at, ended_at, error = row
    return AttemptRow(number, STATUSES[status], owner, inputs, started_at, ended_at, error)
