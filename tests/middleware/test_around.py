"""Whose call a call is a part of, and which flights wait for it."""

from motet.kernel.context import Context
from motet.kernel.scope import Scope
from motet.kernel.within import Within
from motet.middleware.around import contexts_around, flights_above
from motet.middleware.in_flight import InFlight, Rider


def flying(ctx: Context) -> InFlight:
    return InFlight(ctx, ctx.scope, {Rider(ctx, leads=True)})


def below(ctx: Context) -> Context:
    return Context(ctx.scope, "below", ctx)


def test_the_contexts_of_a_call_come_before_those_around_it():
    top = Context(Scope(), "top")
    inside = Within(Within(top, top.scope), top.scope)
    flight = flying(inside)
    call = below(flight)
    assert list(contexts_around(call)) == [call, flight, inside, inside.around, top]
    assert list(contexts_around(top)) == [top]
    assert (flight.span, flight.path, flight.parent_span) == (top.span, ("top",), "")


def test_a_flight_waits_through_any_number_of_others():
    tops = [Context(Scope(), f"top {number}") for number in range(4)]
    flights = [flying(top) for top in tops]
    # What the first waits for rides the second, and what that waits for the third; the fourth stands alone.
    for waiting, ridden in [(0, 1), (1, 2)]:
        flights[ridden].riders.add(Rider(below(Within(flights[waiting], flights[waiting].scope)), leads=False))
    calls = [below(flight) for flight in flights]
    assert [[flights.index(above) for above in flights_above(call)] for call in calls] == [[0], [1, 0], [2, 1, 0], [3]]
    assert not any(list(flights_above(top)) for top in tops)


def test_a_flight_waits_for_a_call_with_its_own_context_and_one_that_its_leader_has_left_does_not_reach_further():
    outer = flying(Context(Scope(), "top"))
    inner = flying(below(outer))
    assert list(flights_above(inner)) == [inner, outer]
    inner.riders.clear()
    assert list(flights_above(below(inner))) == [inner]


def test_flights_that_wait_for_one_another_are_told_once():
    first, second = flying(Context(Scope(), "a")), flying(Context(Scope(), "b"))
    first.riders.add(Rider(below(second), leads=False))
    second.riders.add(Rider(below(first), leads=False))
    assert set(flights_above(below(first))) == {first, second}
