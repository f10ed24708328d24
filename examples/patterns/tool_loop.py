"""tool_loop: a model calls two tools at once, one of them wrongly, learns so, and has an answer; it is a script here.

Prints:

    model calls room({'city': 'Oslo', 'nights': 3})
    model calls rate({"currency": "NOK"})
    room: Error: There is no tool 'room': did you mean 'rooms'
    rate: 0.085
    model calls rooms({'city': 'Oslo', 'nights': 3})
    rooms: {"price":3600,"currency":"NOK"}
    model: That is 306 euros.
    rounds 3, calls 3, failed 1, stopped None
    with less time to talk: rounds 1, calls 2, failed 2, stopped rounds
"""

import asyncio

from motet import agent, tool, tool_loop
from motet.tools.chat import Answer, ChatRequest, ToolCall, Turn


@tool
async def rooms(city: str, nights: int = 1) -> dict[str, object]:
    """Tell what a room costs, in the currency of the place."""
    return {"price": 1200 * nights, "currency": "NOK"}


@tool
def rate(currency: str) -> float:
    """Tell what one unit of a currency is in euros."""
    return {"NOK": 0.085}[currency]


SCRIPT = (
    (ToolCall("1", "room", {"city": "Oslo", "nights": 3}), ToolCall("2", "rate", '{"currency": "NOK"}')),
    (ToolCall("3", "rooms", {"city": "Oslo", "nights": 3}),),
)


@agent
async def model(request: ChatRequest) -> Turn:
    """Say what a model might say: in a program, its client is called here."""
    told = [turn.text for turn in request.turns if turn.role == "tool" and not turn.failed]
    rounds = sum(turn.role == "assistant" for turn in request.turns)
    if rounds < len(SCRIPT):
        return Turn("assistant", calls=SCRIPT[rounds])
    price = int(told[-1].partition(":")[2].partition(",")[0])
    return Turn("assistant", f"That is {price * float(told[0]):.0f} euros.")


def figures(answer: Answer) -> str:
    """Tell what a talk took."""
    return f"rounds {answer.rounds}, calls {answer.calls}, failed {answer.failed}, stopped {answer.stopped}"


async def main() -> None:
    """Ask, and print the talk; then ask with a bound that ends it."""
    answer = await tool_loop(model, [rooms, rate], max_rounds=5)("What are three nights in Oslo, in euros?")
    for turn in answer.turns[1:]:
        for call in turn.calls:
            print(f"model calls {call.name}({call.arguments})")
        if turn.text:
            print(f"{turn.name or 'model'}: {turn.text}")
    print(figures(answer))
    print("with less time to talk:", figures(await tool_loop(model, [rooms, rate], max_rounds=1)("And?")))


if __name__ == "__main__":
    asyncio.run(main())
