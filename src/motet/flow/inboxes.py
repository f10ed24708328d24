"""Slots, inboxes and backpressure: who works, who waits, and who is let in next.

A message for a node that has no free slot is put into its inbox, or parked beside a full one. A node that has parked
something keeps the slot of it occupied (`held`), so a full inbox slows down whoever fills it, and no task has to wait
for that.
"""

import asyncio
from abc import abstractmethod
from collections import OrderedDict, deque

from motet.flow.books import Engine, NodeState, Parcel

__all__ = ["Inboxes"]


class Inboxes(Engine):
    """The part of the runtime that lets messages wait."""

    @abstractmethod
    def launch(self, parcel: Parcel) -> None:
        """Start a carrier for a message that has a slot."""

    def release(self, state: NodeState) -> None:
        """Give a slot back, and let in whoever waits for it."""
        state.active -= 1
        if state.queued or state.retries:
            self.refill(state)

    @staticmethod
    def park(parcel: Parcel, waiting: OrderedDict[Parcel, None], origin: NodeState | None) -> None:
        """Let a message wait beside a full inbox."""
        waiting[parcel] = None
        parcel.parked = waiting
        parcel.origin = origin
        if origin is not None:
            origin.held += 1
        if parcel.run.parked is None:
            parcel.run.parked = {}
        parcel.run.parked[parcel] = None

    @staticmethod
    def unpark(parcel: Parcel) -> NodeState | None:
        """Take note that a message waits no longer; return the node that has a slot more for it."""
        run, origin = parcel.run, parcel.origin
        if run.parked is not None:
            run.parked.pop(parcel, None)
        parcel.parked = parcel.origin = None
        if origin is not None:
            origin.held -= 1
        if parcel.admitted is not None and not parcel.admitted.done():
            parcel.admitted.set_result(None)
        return origin

    @staticmethod
    async def admission(parcel: Parcel) -> None:
        """Wait until a parked message has been let in, or its run is over."""
        parcel.admitted = asyncio.get_running_loop().create_future()
        await parcel.admitted

    def set_aside(self, parcel: Parcel, target: NodeState, origin: NodeState | None, *, closing: bool) -> None:
        """Let a message wait in the lane of its run."""
        lane = target.block(parcel.run)
        if closing or len(lane.entry) < target.capacity:
            lane.entry.append(parcel)
        else:
            self.park(parcel, lane.waiting, origin)

    @staticmethod
    def line_up(parcel: Parcel, target: NodeState) -> None:
        """Note the place of a message among those that its run has begun at a node: there they leave in this order."""
        run = parcel.run
        if run.lines is None:
            run.lines = {}
        line = run.lines.get(target)
        if line is None:
            line = run.lines[target] = deque()
        line.append(parcel)
        parcel.line = line

    def let_in(self, state: NodeState, freed: list[NodeState]) -> None:
        """Fill an inbox from what is parked beside it.

        Args:
            state: The node.
            freed: Gets the nodes that have a slot more now.
        """
        while state.waiting and state.queued < state.capacity:
            parcel, _ = state.waiting.popitem(last=False)
            lane = state.blocked.get(parcel.run)
            if lane is None:
                state.push(parcel)
            elif len(lane.entry) < state.capacity:
                lane.entry.append(parcel)
            else:
                lane.waiting[parcel] = None
                parcel.parked = lane.waiting
                continue
            origin = self.unpark(parcel)
            if origin is not None:
                freed.append(origin)

    def refill(self, *states: NodeState) -> None:
        """Start carriers for what waits, as far as there are slots, here and in the nodes behind that are freed."""
        freed = list(states)
        for state in freed:  # grows while it is walked through
            while state.active < state.limit:
                if state.retries:
                    self._resume(state)
                elif state.queued and state.active + state.held < state.limit:
                    self._begin_next(state)
                    if state.waiting:
                        self.let_in(state, freed)
                else:
                    break

    def _resume(self, state: NodeState) -> None:
        """Let a message go on that has been at the node before: it waited for another attempt, or for its turn."""
        parcel = state.retries.popleft()
        if parcel.run.status != "running":
            return
        if parcel.turn is None:
            state.active += 1
            self.launch(parcel)
        elif not parcel.turn.done():
            state.active += 1
            parcel.turn.set_result(None)

    def _begin_next(self, state: NodeState) -> None:
        """Begin the next message of the run whose turn it is, or let that run stand aside."""
        run = next(iter(state.inbox))
        ordered = state.keeps_order(run)
        if ordered and not state.may_begin(run):
            state.block(run)
            return
        parcel = state.pop()
        if ordered:
            self.line_up(parcel, state)
        state.active += 1
        self.launch(parcel)
