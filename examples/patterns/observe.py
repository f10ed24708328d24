"""Observe: what one agent of many costs, told to an observer of its own; the program around it is not changed.

Prints:

    search completed
      index completed
    search failed with KeyError('cellos')
      index failed with KeyError('cellos')
    calls 2, completed 1, failed 1, running 0
"""

import asyncio

from motet import agent
from motet.kernel.events import AgentEnded, AgentStarted, Event
from motet.middleware import Observe

INDEX = {"violins": ["a.html", "b.html"]}


class Log:
    """Writes what happens below one agent, a call within a call further to the right."""

    def __init__(self) -> None:
        self.spans: dict[str, tuple[int, int]] = {}
        self.lines: list[str] = []

    def __call__(self, event: Event) -> None:
        """Take note of a call that begins or ends."""
        if isinstance(event, AgentStarted):
            depth = self.spans[event.parent][0] + 1 if event.parent in self.spans else 0
            self.spans[event.span] = depth, len(self.lines)
            self.lines.append("  " * depth + event.agent)
        elif isinstance(event, AgentEnded):
            failure = f" with {event.error!r}" if event.error else ""
            self.lines[self.spans[event.span][1]] += f" {event.status}{failure}"


@agent
async def index(word: str) -> list[str]:
    """Look a word up."""
    return INDEX[word]


log = Log()
watched = Observe(log)


@agent(use=[watched])
async def search(word: str) -> int:
    """Tell how many pages have a word."""
    return len(await index(word))


@agent
async def assistant(words: list[str]) -> list[int]:
    """Search for words; nobody watches this one."""
    found = await asyncio.gather(*map(search, words), return_exceptions=True)
    return [pages for pages in found if isinstance(pages, int)]


if __name__ == "__main__":
    asyncio.run(assistant(["violins", "cellos"]))
    print("\n".join(log.lines))
    counted = watched.counters()
    print(", ".join(f"{name} {counted[name]:.0f}" for name in ("calls", "completed", "failed", "running")))
