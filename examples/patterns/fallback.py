"""fallback: the big model if it answers, else the small one, else a sentence that is always there.

Prints:

    > easy
    big answers
    It is easy.
    > long
    small answers (too long)
    void: It is
    long? Yes.
    > rude
    canned answers (too long) (I would rather not)
    void: It is
    Please ask a person.
    > none
    void: It is
    AllFailed: big, small, canned
"""

import asyncio

from motet import AllFailed, Chunk, Context, agent, fallback
from motet.kernel.errors import Unavailable
from motet.kernel.events import AgentChosen, Event


@agent
async def big(question: str, ctx: Context) -> str:
    """Answer what is not too long."""
    await ctx.emit("It is")
    if question != "easy":
        raise Unavailable("too long")
    return f"It is {question}."


@agent
async def small(question: str) -> str:
    """Answer what is polite."""
    if question in {"rude", "none"}:
        raise ValueError("I would rather not")
    return f"{question}? Yes."


@agent
async def canned(question: str) -> str:
    """Answer anything but nothing."""
    if question == "none":
        raise LookupError("no question")
    return "Please ask a person."


def note(event: Event) -> None:
    """Tell which agent answers, and why the others did not."""
    if isinstance(event, AgentChosen):
        print(event.chosen, "answers", *(f"({error})" for error in event.failed))


async def main() -> None:
    """Ask four questions, and read the stream."""
    model = fallback(big, small, canned, name="model")
    for question in ("easy", "long", "rude", "none"):
        print(">", question)
        chunks: list[Chunk] = []
        async with model.stream(question, observer=note) as stream:
            try:
                async for chunk in stream:
                    if chunk.restart:
                        print("void:", *(earlier.text for earlier in chunks if chunk.replaces(earlier)))
                    chunks.append(chunk)
                print(await stream.result())
            except AllFailed as error:
                print("AllFailed:", ", ".join(name for name, _ in error.errors))


if __name__ == "__main__":
    asyncio.run(main())
