"""The order of middleware: the same four around a service that is down, in two orders, and what each call came to.

Prints:

    RateLimit > CircuitBreaker > Timeout > Retry
      call 1: ConnectionError after 3.0 s
      call 2: ConnectionError after 3.0 s
      call 3: ConnectionError after 3.0 s
      call 4: CircuitOpen after 0.0 s
      9 attempts, 4 tokens, 3 failures in the eyes of the breaker
    Retry > RateLimit > CircuitBreaker > Timeout
      call 1: ConnectionError after 3.0 s
      call 2: CircuitOpen after 0.0 s
      call 3: CircuitOpen after 0.0 s
      call 4: CircuitOpen after 0.0 s
      3 attempts, 6 tokens, 3 failures in the eyes of the breaker
"""

from motet import Backoff, Clock, Middleware, agent
from motet.kernel.errors import AgentTimeout, MotetError
from motet.middleware import CircuitBreaker, RateLimit, Retry, Timeout
from motet.testing.virtual_time import VirtualTime

attempts = 0


@agent
async def service(question: str) -> str:
    """Be down."""
    global attempts  # noqa: PLW0603 - a small program counts
    attempts += 1
    raise ConnectionError("no route to host")


def stack(order: str) -> dict[str, Middleware]:
    """Make new middleware, the outermost first."""
    made: dict[str, Middleware] = {
        "RateLimit": RateLimit(100),
        "CircuitBreaker": CircuitBreaker(failures=3, recovery=30),
        "Timeout": Timeout(10),
        # `retry_on` leaves CircuitOpen out: Retry heeds `retry_after`, and would wait until the breaker has rested.
        "Retry": Retry(3, backoff=Backoff(1, jitter=False), retry_on=(ConnectionError, AgentTimeout)),
    }
    return {name: made[name] for name in order.split(" > ")}


async def main(clock: Clock) -> None:
    """Call four times within each stack."""
    global attempts
    for order in ("RateLimit > CircuitBreaker > Timeout > Retry", "Retry > RateLimit > CircuitBreaker > Timeout"):
        layers, attempts = stack(order), 0
        protected = service.using(*layers.values())
        print(order)
        for number in range(1, 5):
            start = clock.now()
            try:
                await protected("?", clock=clock)
            except (ConnectionError, MotetError) as error:
                print(f"  call {number}: {type(error).__name__} after {clock.now() - start:.1f} s")
        tokens, failures = layers["RateLimit"].counters()["passed"], layers["CircuitBreaker"].counters()["failed"]
        print(f"  {attempts} attempts, {tokens} tokens, {failures} failures in the eyes of the breaker")


if __name__ == "__main__":
    with VirtualTime() as world:  # time that jumps from timer to timer; in a program: asyncio.run(main(Clock()))
        world.run(main(world.clock))
