"""How messages get from one node to the next, and in what order. No node is run here.

A message that leaves a node is, for each way out, either carried on at once (its next node has a free slot), or waits:
see `inboxes`. Within one run messages leave a node in the order in which they came to it.
"""

import asyncio
from abc import abstractmethod
from contextvars import copy_context
from typing import Any

from motet.flow.books import Link, NodeState, Parcel, Run, RunStatus
from motet.flow.inboxes import Inboxes
from motet.flow.watch import Watch
from motet.kernel.errors import Cancelled, NotFound

__all__ = ["Dispatch"]

AnyRun = Run[Any]


class Dispatch(Inboxes):
    """The part of the runtime that moves messages.

    Attributes:
        watch: Tells observers what happens.
    """

    watch: Watch

    @abstractmethod
    def end(self, run: AnyRun, status: RunStatus, error: BaseException | None = None) -> None:
        """End a run."""

    @abstractmethod
    def collect(self, parcel: Parcel) -> Parcel | None:
        """Give a message to the join that it has come to; return the message that leaves the join, if one does."""

    @abstractmethod
    def settle(self, run: AnyRun, left: NodeState | None) -> Parcel | None:
        """Look at a run's joins after a message has left a node; return a message to carry on, if there is one."""

    @abstractmethod
    def output(self, parcel: Parcel, value: Any, origin: NodeState) -> None:
        """Deliver what has reached the end of the flow."""

    def passed(self, parcel: Parcel, value: Any) -> Parcel | None:
        """Send on what a node made of a message, and give its slot to the next.

        Returns:
            The message that the same carrier can go on with, whose slot is taken already.
        """
        state, run = parcel.state, parcel.run
        if state.router:
            return self.leave(parcel, parcel.payload, state.ways[value])
        if run.pending == 1 and run.at is None and parcel.line is None and value is not None:
            # The only message of its run, and no join looks at where it is: most messages are, and need no more.
            onward = state.onward
            if run.status == "running" and (onward is None or len(onward) == 1):
                state.active -= 1
                ahead = None
                if onward is None:
                    self.output(parcel, value, state)
                else:
                    parcel.payload = value
                    ahead = self.arrive(parcel, onward[0], state)
                if not state.queued and not state.retries:
                    return ahead
                crowded = state.waiting or state.retries or state.active + state.held >= state.limit
                if crowded or (state.ordered and (state.cyclic or next(iter(state.inbox)).pending > 1)):
                    self.refill(state)
                else:
                    # One slot was given back, one message gets it, and nobody stands behind it.
                    state.active += 1
                    self.launch(state.pop())
                return ahead
        return self.leave(parcel, value, state.onward)

    def leave(self, parcel: Parcel, value: Any, links: tuple[Link, ...] | None) -> Parcel | None:
        """Send a value on along certain ways; None for the end of the flow. Otherwise as `passed`."""
        state = parcel.state
        if parcel.run.status != "running":
            self.release(state)
            return None
        if parcel.line is not None:
            return self._in_turn(parcel, value, links)
        state.active -= 1
        ahead = self.spread(parcel, value, links)
        if state.queued or state.retries:
            self.refill(state)
        return ahead

    def spread(self, parcel: Parcel, value: Any, links: tuple[Link, ...] | None) -> Parcel | None:
        """Send a value along several ways, the message itself along the last of them and new ones along the others.

        Returns:
            A message that the carrier of `parcel` can go on with.
        """
        run, origin, variables = parcel.run, parcel.state, parcel.variables
        ahead: Parcel | None = None
        if value is None or links == ():
            self.gone(parcel)
        elif links is None:
            self.output(parcel, value, origin)
        elif len(links) == 1:
            parcel.payload = value
            ahead = self.arrive(parcel, links[0], origin)
        else:
            run.pending += len(links) - 1
            last = links[-1]
            for link in links:
                copy = None if variables is None else variables.copy()
                onward = parcel if link is last else Parcel(run, value, origin, copy)
                onward.payload = value
                ahead = self._first(ahead, self.arrive(onward, link, origin))
        if (run.at is not None or run.buckets is not None) and run.status == "running":
            ahead = self._first(ahead, self.settle(run, origin))
        if ahead is not None and variables is not None:
            # The carrier at work is another message's: its contextvars are not for this one.
            self.launch(ahead)
            return None
        return ahead

    def _first(self, ahead: Parcel | None, ready: Parcel | None) -> Parcel | None:
        """Keep one message for the carrier at work, and start carriers for the others."""
        if ahead is not None and ready is not None:
            self.launch(ready)
            return ahead
        return ahead or ready

    def arrive(self, parcel: Parcel, link: Link, origin: NodeState | None) -> Parcel | None:
        """Bring a message to its next node.

        Args:
            parcel: The message.
            link: The way it takes.
            origin: The node whose slot stays occupied while the message is parked; None if somebody awaits that.

        Returns:
            The message if it has a slot now and is to be carried on; None if it waits, or a join has taken it.
        """
        target, run = link.target, parcel.run
        parcel.state = target
        parcel.attempt = 1
        if run.at is not None:
            run.at[target] = run.at.get(target, 0) + 1
        if target.join is not None:
            parcel.rank = link.rank
            return self.collect(parcel)
        ordered = target.ordered and (run.pending > 1 or target.cyclic)  # target.keeps_order, on the hot path
        aside = ordered and (run in target.blocked or not target.may_begin(run))
        if not aside and not target.queued and not target.retries and target.active + target.held < target.limit:
            if ordered:
                self.line_up(parcel, target)
            target.active += 1
            return parcel
        if parcel.variables is None:
            parcel.variables = copy_context()
        if aside and (link.closing or not target.waiting):
            self.set_aside(parcel, target, origin, closing=link.closing)
        elif link.closing or (target.queued < target.capacity and not target.waiting):
            target.push(parcel)
        else:
            self.park(parcel, target.waiting, origin)
        return None

    def gone(self, parcel: Parcel) -> None:
        """Take note that a message has left the flow; the last one ends its run."""
        run = parcel.run
        run.pending -= 1
        if not run.pending and run.at is None:
            self.end(run, "completed")

    def _in_turn(self, parcel: Parcel, value: Any, links: tuple[Link, ...] | None) -> Parcel | None:
        """Let a message leave its node when those of its run that came before it have left."""
        state, run, line = parcel.state, parcel.run, parcel.line
        state.active -= 1
        if line is None or line[0] is not parcel:
            parcel.done, parcel.payload, parcel.ways = True, value, links
            parcel.variables = copy_context()
            self.refill(state)
            return None
        line.popleft()
        parcel.line = None
        ahead = self.spread(parcel, value, links)
        while line and line[0].done and run.status == "running":
            following = line.popleft()
            following.done, following.line = False, None
            self.spread(following, following.payload, following.ways)
        if run.lines is not None:
            if not line:
                run.lines.pop(state, None)
            elif line[0].turn is not None:
                state.retries.append(line[0])
        freed = [state]
        if run in state.blocked:
            state.unblock(run)
            self.let_in(state, freed)
        self.refill(*freed)
        return ahead

    async def send(self, parcel: Parcel, value: object, to: str | None) -> None:
        """Send a value on from a node that is still at work; waits while the way is full."""
        run, state = parcel.run, parcel.state
        if run.status != "running":
            raise Cancelled(f"The run that {state.name!r} sends to is over")
        links = state.out if to is None else tuple(link for link in state.out if link.target.name == to)
        if to is not None and not links:
            known = sorted({link.target.name for link in state.out})
            raise NotFound(f"{state.name!r} cannot send to {to!r}: its successors are {known}")
        if value is None:
            return
        if parcel.line is not None and parcel.line[0] is not parcel:
            await self._wait_turn(parcel)
        if not run.plain:
            self.watch.sent(parcel, value, to)
        for link in links:
            onward = Parcel(run, value, state, copy_context())
            run.pending += 1
            ready = self.arrive(onward, link, None)
            if ready is not None:
                self.launch(ready)
            elif onward.parked is not None:
                await self.admission(onward)
        if not links:
            onward = Parcel(run, value, state, copy_context())
            run.pending += 1
            if run.at is not None:
                run.at[state] = run.at.get(state, 0) + 1
            self.output(onward, value, state)
            if onward.parked is not None:
                await self.admission(onward)
            else:
                self.settled(run, state)

    def settled(self, run: AnyRun, left: NodeState) -> None:
        """Settle a run, and start a carrier for what its joins send on."""
        ready = self.settle(run, left) if run.status == "running" else None
        if ready is not None:
            self.launch(ready)

    async def _wait_turn(self, parcel: Parcel) -> None:
        """Wait, without a slot, until this message's turn has come and there is a slot for it again."""
        state = parcel.state
        turn = parcel.turn = asyncio.get_running_loop().create_future()
        self.release(state)
        try:
            await turn
        finally:
            parcel.turn = None
            if turn.cancelled():
                state.active += 1  # whoever gives up here gives back a slot
