"""RateLimit: a model takes 1,000 tokens a second from each tenant; long prompts cost more, and nobody is overtaken.

Prints:

    0.0 s  ada    800 tokens
    0.0 s  ben    100 tokens
    0.6 s  ada    800 tokens
    0.7 s  ada    100 tokens
    1.6 s  ada    900 tokens
    refused: its deadline would pass before its turn (room in 0.9 s)
    passed 5, waited 3, seconds waited 2.9, refused 1
"""

import asyncio
from dataclasses import dataclass

from motet import Clock, Context, agent
from motet.middleware import RateLimit
from motet.middleware.errors import RateLimited
from motet.testing.virtual_time import VirtualTime


@dataclass(frozen=True)
class Prompt:
    """What a tenant asks."""

    tenant: str
    tokens: int


def tenant(prompt: Prompt, ctx: Context) -> str:
    """Whose bucket the tokens come from."""
    return prompt.tenant


def tokens(prompt: Prompt, ctx: Context) -> float:
    """How many of them."""
    return prompt.tokens


limit = RateLimit(1000, per=1.0, key=tenant, cost=tokens)


@agent(use=[limit])
async def model(prompt: Prompt, ctx: Context) -> None:
    """Answer a prompt."""
    print(f"{ctx.now():.1f} s  {prompt.tenant}  {prompt.tokens:>5} tokens")


async def main(clock: Clock) -> None:
    """Send many prompts at once, and then one that has no time to wait."""
    prompts = [Prompt("ada", 800), Prompt("ada", 800), Prompt("ada", 100), Prompt("ben", 100), Prompt("ada", 900)]
    await asyncio.gather(*(model(prompt, clock=clock) for prompt in prompts))
    try:
        await model(Prompt("ada", 900), clock=clock, deadline=0.5)
    except RateLimited as error:
        print(f"refused: {str(error).partition('refused: ')[2]} (room in {error.retry_after:.1f} s)")
    counted = limit.counters()
    print(f"passed {counted['passed']}, waited {counted['waited']}, ", end="")
    print(f"seconds waited {counted['seconds_waited']:.1f}, refused {counted['refused']}")


if __name__ == "__main__":
    with VirtualTime() as world:  # time that jumps from timer to timer; in a program: asyncio.run(main(Clock()))
        world.run(main(world.clock))
