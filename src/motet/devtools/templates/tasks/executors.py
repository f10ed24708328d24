"""Executors: what the tasks of a tree name, each with the types of what it takes and gives.

motet executors --import executors.py
motet run count_words --import executors.py --inputs '{"text": "many voices"}'
"""

from motet import Context, executor
from pydantic import BaseModel, Field


class CountInput(BaseModel):
    """What a task gives to `count_words`."""

    text: str = Field(description="The text whose words are counted.")


class Count(BaseModel):
    """How many words there are."""

    words: int


@executor("count_words", examples=[{"text": "many voices, one piece"}], demo={"words": 4})
async def count_words(inputs: CountInput) -> Count:
    """Count the words of a text."""
    return Count(words=len(inputs.text.split()))


class SummaryInput(BaseModel):
    """What a task gives to `summarise`: the results of its dependencies come under their names."""

    title: str = Field(default="Words", description="What the summary is called.")
    first: Count
    second: Count


@executor("summarise", examples=[{"first": {"words": 2}, "second": {"words": 3}}])
async def summarise(inputs: SummaryInput, ctx: Context) -> str:
    """Add up the counts of two texts."""
    ctx.progress(0.5, "adding up")
    return f"{inputs.title}: {inputs.first.words + inputs.second.words}"
