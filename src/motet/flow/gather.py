"""Joins at work: buckets fill for each run, and are sent on when they are full or nothing more can come."""

import asyncio
from operator import itemgetter
from typing import Any

from motet.flow.books import NodeState, Parcel, Run
from motet.flow.bucket import Bucket
from motet.flow.dispatch import Dispatch
from motet.flow.join import Join
from motet.kernel.errors import JoinIncomplete
from motet.kernel.events import JoinFired, LateDropped

__all__ = ["Gather"]

AnyRun = Run[Any]


class Gather(Dispatch):
    """The part of the runtime that collects.

    Attributes:
        joins: The joins of the graph, in its order.
        loop: The event loop that the flow works in.
    """

    joins: tuple[NodeState, ...]
    loop: asyncio.AbstractEventLoop

    def collect(self, parcel: Parcel) -> Parcel | None:
        """Put a message into its run's bucket at a join."""
        run, state, join = parcel.run, parcel.state, spec(parcel.state)
        bucket = self._bucket(run, state)
        if bucket.closed or bucket.late:
            self._drop_late(parcel, bucket)
            return None
        if not bucket.entries and join.timeout is not None:
            bucket.timer = self.loop.call_later(join.timeout, self._timed_out, run, state)
            self.keep_timer(run, bucket.timer)
        bucket.entries.append((parcel.rank, parcel.payload))
        if len(bucket.entries) == join.k:
            return self._fire(run, state, bucket, complete=True)
        return None

    def settle(self, run: AnyRun, left: NodeState | None) -> Parcel | None:
        """Look at a run's joins after a message has left a node.

        A `join()` is sent on when nothing of the run is left upstream of it. When everything that is left of a run is
        held in joins, the first of them that no other one can still feed is sent on, or the run fails if it may not be.
        """
        ahead: Parcel | None = None
        if run.at is not None and left is not None:
            self._count_down(run.at, left)
            if left not in run.at:
                ahead = self._close_barriers(run)
        if ahead is None and run.status == "running":
            held = sum(len(bucket.entries) for bucket in (run.buckets or {}).values())
            if held == run.pending:
                ahead = self._unstick(run) if held else None
            if not run.pending:
                self.end(run, "completed")
        return ahead

    def _close_barriers(self, run: AnyRun) -> Parcel | None:
        ahead: Parcel | None = None
        for state in self.joins:
            join, at = spec(state), run.at
            if at is None or join.k is not None or not state.ancestors.isdisjoint(at):
                continue
            bucket = run.buckets.get(state) if run.buckets else None
            if bucket is not None and bucket.closed:
                self._forget(run, state)
            elif bucket is not None or (join.empty and state not in self._fired(run)):
                ahead = self._first(ahead, self._fire(run, state, bucket or Bucket(), complete=True))
        return ahead

    def _unstick(self, run: AnyRun) -> Parcel | None:
        """Send on, or give up, the first join that nothing which is left of the run can still reach."""
        filled = {state for state, bucket in (run.buckets or {}).items() if bucket.entries}
        ready = [state for state in self.joins if state in filled and state.ancestors.isdisjoint(filled - {state})]
        state = next(iter(ready or [state for state in self.joins if state in filled]))
        join, bucket = spec(state), self._bucket(run, state)
        if join.k is None or join.partial:
            return self._fire(run, state, bucket, complete=join.k is None)
        self.end(run, "failed", self._incomplete(state, bucket, "and nothing more can come"))
        return None

    def _fire(self, run: AnyRun, state: NodeState, bucket: Bucket, *, complete: bool) -> Parcel | None:
        """Send on what a join has collected."""
        size = len(bucket.entries)
        values = [value for _, value in sorted(bucket.entries, key=itemgetter(0))]
        if bucket.timer is not None:
            bucket.timer.cancel()
            self.drop_timer(run, bucket.timer)
        self._forget(run, state)
        if spec(state).empty:
            self._fired(run).add(state)
        scope = run.context.scope
        if scope.observer is not None:
            now, span = scope.clock.now(), run.context.span
            scope.observer(JoinFired(scope.trace, now, span, run.context.agent, state.name, size, complete))
        run.pending -= size - 1
        if run.at is not None:
            run.at[state] = run.at.get(state, 0) - size + 1
        return self.spread(Parcel(run, values, state, None), values, state.onward)

    def _timed_out(self, run: AnyRun, state: NodeState) -> None:
        """Cut a join short whose time is up."""
        if run.status != "running" or not run.buckets or state not in run.buckets:
            return
        join, bucket = spec(state), run.buckets[state]
        if not join.partial:
            self.end(run, "failed", self._incomplete(state, bucket, f"after {join.timeout:g} s"))
            return
        missing = None if join.k is None else join.k - len(bucket.entries)
        ready = self._fire(run, state, bucket, complete=False)
        if run.status == "running":
            late = self._bucket(run, state)
            late.closed, late.late = missing is None, missing or 0
        if ready is not None:
            self.launch(ready)

    def _drop_late(self, parcel: Parcel, bucket: Bucket) -> None:
        run, state = parcel.run, parcel.state
        bucket.late = max(0, bucket.late - 1)
        if not bucket.late and not bucket.closed:
            self._forget(run, state)
        scope = run.context.scope
        if scope.observer is not None:
            scope.observer(LateDropped(scope.trace, scope.clock.now(), run.context.span, run.context.agent, state.name))
        if run.at is not None:
            self._count_down(run.at, state)
        self.gone(parcel)

    @staticmethod
    def _incomplete(state: NodeState, bucket: Bucket, why: str) -> JoinIncomplete:
        wanted, size = spec(state).k, len(bucket.entries)
        return JoinIncomplete(
            f"{state.name!r} has {size} of {'an unknown number of' if wanted is None else wanted} messages {why}: "
            "pass partial=True to send on what there is",
            node=state.name,
            size=size,
        )

    @staticmethod
    def _bucket(run: AnyRun, state: NodeState) -> Bucket:
        if run.buckets is None:
            run.buckets = {}
        found = run.buckets.get(state)
        if found is None:
            found = run.buckets[state] = Bucket()
        return found

    @staticmethod
    def _forget(run: AnyRun, state: NodeState) -> None:
        if run.buckets is not None:
            run.buckets.pop(state, None)
            if not run.buckets:
                run.buckets = None

    @staticmethod
    def _fired(run: AnyRun) -> set[NodeState]:
        if run.fired is None:
            run.fired = set()
        return run.fired

    @staticmethod
    def _count_down(at: dict[NodeState, int], state: NodeState) -> None:
        if at.get(state, 0) > 1:
            at[state] -= 1
        else:
            at.pop(state, None)

    @staticmethod
    def keep_timer(run: AnyRun, timer: asyncio.TimerHandle) -> None:
        """Remember a timer, to cancel it when the run ends."""
        if run.timers is None:
            run.timers = set()
        run.timers.add(timer)

    @staticmethod
    def drop_timer(run: AnyRun, timer: asyncio.TimerHandle) -> None:
        """Forget a timer."""
        if run.timers is not None:
            run.timers.discard(timer)


def spec(state: NodeState) -> Join:
    """Return the join that stands at a node."""
    if state.join is None:
        raise TypeError(f"{state.name!r} is no join")
    return state.join
