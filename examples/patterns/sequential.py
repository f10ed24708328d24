"""sequential: a letter is read, its sender is looked up, and an answer is written, each step from the one before.

Prints:

    chunk of answer / write: Dear Ada,
    chunk of answer / write: thank you.
    Dear Ada, thank you.
    read completed
    look_up failed with KeyError('eve@example.org')
    answer failed with KeyError('eve@example.org')
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from motet import agent, sequential
from motet.kernel.events import AgentEnded, Event

PEOPLE = {"ada@example.org": "Ada"}


@agent
async def read(letter: str) -> str:
    """Find the sender's address."""
    return letter.partition("From: ")[2].split()[0]


@agent
async def look_up(address: str) -> str:
    """Find the sender's name."""
    return PEOPLE[address]


@agent
async def write(name: str) -> AsyncIterator[str]:
    """Write the answer, piece by piece."""
    yield f"Dear {name}, "
    yield "thank you."


answer = sequential(read, look_up, write, name="answer")


def log(event: Event) -> None:
    """Tell how each call ended."""
    if isinstance(event, AgentEnded):
        print(event.agent, event.status + (f" with {event.error!r}" if event.error else ""))


async def main() -> None:
    """Answer one letter, and fail to answer another: what follows the failure is not called."""
    async with answer.stream("From: ada@example.org ...") as stream:
        async for chunk in stream:
            print("chunk of", " / ".join(chunk.path) + ":", chunk.text.strip())
        print(await stream.result())
    with suppress(KeyError):  # the observer tells of it
        await answer("From: eve@example.org ...", observer=log)


if __name__ == "__main__":
    asyncio.run(main())
