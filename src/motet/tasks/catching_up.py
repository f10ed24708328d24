"""What somebody else did to a tree that is worked on here: other managers, and whoever cancels, answers or reruns."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from motet.tasks.model import Task
from motet.tasks.outlines import outline_of
from motet.tasks.status import Status
from motet.tasks.tree import Fallout
from motet.tasks.work import Running, Work

__all__ = ["News", "catch_up"]


@dataclass(slots=True)
class News:
    """What follows from the changes of others.

    Args:
        fallout: What is ready or has to end now.
        lost: Attempts that run here and are no longer this manager's.
        pending: Whether some changes could not be entered yet: own ones on the way concern the same tasks.
        reload: Whether the books have to be begun anew.
    """

    fallout: Fallout = field(default_factory=Fallout)
    lost: list[Running] = field(default_factory=list)
    pending: bool = False
    reload: bool = False


def catch_up(work: Work, tasks: Iterable[Task], owner: str, revision: int) -> News:
    """Enter how tasks stand in the store into the books of their tree.

    Args:
        work: The books.
        tasks: Tasks that have changed since the books' revision, by whomever.
        owner: The id of this manager.
        revision: The revision of the tree at which they were read; own changes may have been made since.
    """
    news = News()
    for task in tasks:
        if task.seq in work.unsettled or task.seq in work.claiming or work.is_newer(task.seq, revision):
            news.pending = True
        elif not _enter(work, task, owner, news):
            news.reload = True
    return news


def _enter(work: Work, task: Task, owner: str, news: News) -> bool:
    """Enter one task; return False where its change does not follow from what was known."""
    seq, known = task.seq, work.progression.status[task.seq]
    running = work.running.get(seq)
    mine = task.status is Status.IN_PROGRESS and task.owner == owner
    if running is not None and not (mine and task.attempt == running.task.attempt):
        news.lost.append(running)
    if task.status is not Status.IN_PROGRESS:
        work.elsewhere.pop(seq, None)
    if known.ended:
        return task.status is known
    if task.status.ended:
        fallout = work.progression.end(seq, task.status)
        news.fallout.ready += fallout.ready
        news.fallout.ended += fallout.ended
    elif task.status is Status.IN_PROGRESS:
        work.progression.begin(seq)
        if running is None and task.owner is not None:
            work.elsewhere[seq] = (task.owner, task.attempt)
    else:
        _back(work, task, news)
    return True


def _back(work: Work, task: Task, news: News) -> None:
    """Enter a task that is pending, or waits for a person."""
    work.progression.begin(task.seq, task.status)
    if task.status is not Status.PENDING:
        return
    work.note_attempts(task.seq, task.attempt)
    work.renew(outline_of(task))
    if task.wake_at is None:
        work.sleeping.pop(task.seq, None)
    else:
        work.sleeping[task.seq] = task.wake_at
    # Also where it was pending before: it may have become more urgent, or may start earlier or later.
    if work.is_ready(task.seq):
        news.fallout.ready.append(task.seq)
