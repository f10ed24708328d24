"""Whose call a call is a part of, and who waits for it."""

from collections.abc import Iterator

from motet.kernel.context import Context
from motet.kernel.within import Within
from motet.middleware.in_flight import InFlight

__all__ = ["contexts_around", "flights_above"]


def contexts_around(ctx: Context) -> Iterator[Context]:
    """Yield the contexts of a call, and then those of the calls around it, the nearest first.

    A call has several where something has changed for the calls below, such as the deadline.
    """
    context: Context | None = ctx
    while context is not None:
        yield context
        context = context.around if isinstance(context, Within | InFlight) else context.parent


def flights_above(ctx: Context) -> Iterator[InFlight]:
    """Yield the work that waits for a call: that of the flights which it is a part of.

    A flight waits for the calls below it. Where one of those rides another flight it waits for the calls below that as
    well, whoever has begun it, and whichever cache it belongs to.
    """
    ahead, known = [ctx], set[InFlight]()
    while ahead:
        above = next((each for each in contexts_around(ahead.pop()) if isinstance(each, InFlight)), None)
        if above is not None and above not in known:
            known.add(above)
            yield above
            ahead += (rider.ctx for rider in above.riders)
