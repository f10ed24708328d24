"""map_reduce: the words of many pages are counted, three pages at a time, and one page that cannot be read is left out.

Prints:

    7 pages asked for, at most 3 at once
    voice 9, piece 6, motet 3
    streamed: count[0] 3 words, count[1] 3 words, count[2] 3 words
    fail: KeyError('page-6'); pages begun: 7 of 1000
"""

import asyncio
from collections import Counter
from collections.abc import Iterator

from motet import Context, agent, map_reduce

PAGES = {f"page-{number}": "voice piece voice" if number % 2 else "motet voice piece" for number in range(6)}

asked: list[str] = []
at_work = most = 0


@agent
async def count(page: str, ctx: Context) -> Counter[str]:
    """Count the words of a page."""
    global at_work, most  # noqa: PLW0603 - a small program counts
    asked.append(page)
    at_work += 1
    most = max(most, at_work)
    try:
        await asyncio.sleep(0)
        words = PAGES[page].split()
        await ctx.emit(f"{len(words)} words")
        return Counter(words)
    finally:
        at_work -= 1


def add(counts: list[Counter[str]]) -> Counter[str]:
    """Add the counts of all pages."""
    return sum(counts, Counter())


def pages(number: int) -> Iterator[str]:
    """Name pages, when there is time for them."""
    for page in range(number):
        yield f"page-{page}"


async def main() -> None:
    """Count in one call, in a stream, and where a failure ends it all."""
    words = await map_reduce(pages(7), map=count, reduce=add, concurrency=3, errors="skip")
    print(f"{len(asked)} pages asked for, at most {most} at once")
    print(", ".join(f"{word} {number}" for word, number in words.most_common()))

    async with map_reduce(map=count, reduce=add).stream(["page-0", "page-1", "page-2"]) as stream:
        print("streamed:", ", ".join([f"{chunk.agent} {chunk.text}" async for chunk in stream]))

    asked.clear()
    try:
        await map_reduce(pages(1000), map=count, reduce=add, concurrency=1)
    except KeyError as error:
        print(f"fail: {error!r}; pages begun: {len(asked)} of 1000")


if __name__ == "__main__":
    asyncio.run(main())
