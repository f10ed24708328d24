"""CircuitBreaker: a payment gateway that goes down is left alone until it works again.

Prints:

    00 s  closed     pay 1: no route to host
    01 s  closed     pay 2: no route to host
    02 s  open       pay 3: no route to host
    03 s  open       pay 4: The circuit breaker of 'gateway' is open, for 29 s more
    13 s  open       pay 5: The circuit breaker of 'gateway' is open, for 19 s more
    33 s  closed     pay 6: paid
    34 s  closed     pay 7: paid
    told: opened, refused, refused, half_open, closed
    passed 5, refused 2, failed 3: the gateway was spared 2 calls
"""

import asyncio

from motet import Clock, agent
from motet.kernel.errors import MotetError
from motet.kernel.events import Event, Intervened
from motet.middleware import CircuitBreaker
from motet.testing.virtual_time import VirtualTime

breaker = CircuitBreaker(failures=3, recovery=30)
told: list[str] = []


@agent(use=[breaker])
async def gateway(order: int) -> str:
    """Charge a card: nobody is there until order 6."""
    if order < 6:
        raise ConnectionError("no route to host")
    return "paid"


def note(event: Event) -> None:
    """Keep what the breaker does."""
    if isinstance(event, Intervened):
        told.append(event.what)


async def main(clock: Clock) -> None:
    """Try to be paid, with pauses in between."""
    for order, pause in enumerate((0, 1, 1, 1, 10, 20, 1), start=1):
        await asyncio.sleep(pause)
        try:
            outcome = await gateway(order, clock=clock, observer=note)
        except (ConnectionError, MotetError) as error:
            outcome = str(error)
        print(f"{clock.now():02.0f} s  {breaker.state():<9}  pay {order}: {outcome}")
    counted = breaker.counters()
    print("told:", ", ".join(told))
    print(f"passed {counted['passed']}, refused {counted['refused']}, failed {counted['failed']}: ", end="")
    print(f"the gateway was spared {counted['refused']} calls")


if __name__ == "__main__":
    with VirtualTime() as world:  # time that jumps from timer to timer; in a program: asyncio.run(main(Clock()))
        world.run(main(world.clock))
