"""A flow: a text is split into words, two agents look at them side by side, and a report comes out.

motet run flow.py:flow '{"text": "many voices, one piece"}' --stream
"""

from motet import Context, Flow, agent, join
from pydantic import BaseModel, Field


class Request(BaseModel):
    """What comes in."""

    text: str = Field(min_length=1, description="The text to look at.")


class Report(BaseModel):
    """What comes out."""

    words: int
    longest: str


@agent
async def split(request: Request) -> list[str]:
    """Split a text into words."""
    words = [word.strip(".,;:!?") for word in request.text.split()]
    return [word for word in words if word]


@agent
async def count(words: list[str]) -> int:
    """Count words."""
    return len(words)


@agent
async def longest(words: list[str]) -> str:
    """Find the longest word; the first one where there are several."""
    return max(words, key=len, default="")


@agent
async def report(found: tuple[int, str], ctx: Context) -> Report:
    """Put together what was found, in the order of the edges that lead here."""
    words, word = found
    await ctx.emit(f"{words} words, the longest is {word!r}\n")  # to whoever listens
    return Report(words=words, longest=word)


flow: Flow[Request, Report] = Flow(
    "flow",
    split >> [count, longest] >> join(2) >> report,
    description="Look at the words of a text.",
)
