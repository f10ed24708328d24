"""fan_out and fan_in: three reviewers each get a part of a change, and one verdict is made of what they say.

Prints:

    code: 1 remark, docs: fine, tests: fine -> not yet
    code: fine, docs: fine, tests: failed (TimeoutError()) -> not yet
    'review' has 3 agents, one for each part, and its split made 2 parts
    worst of many lines: fine
"""

import asyncio

from motet import Failed, InvalidPayload, agent, fan_in, fan_out, sequential


@agent
async def code(diff: str) -> str:
    """Read the code."""
    return "1 remark" if "eval(" in diff else "fine"


@agent
async def docs(diff: str) -> str:
    """Read the documentation."""
    return "fine"


@agent
async def tests(diff: str) -> str:
    """Run the tests."""
    if "sleep" in diff:
        raise TimeoutError
    return "fine"


def parts(change: str) -> list[str]:
    """Split a change into what each reviewer gets."""
    return change.split(" | ")


def verdict(remarks: list[str | Failed]) -> str:
    """Make one sentence of what the reviewers say."""
    told = [f"failed ({said.error!r})" if isinstance(said, Failed) else said for said in remarks]
    listed = ", ".join(f"{name}: {said}" for name, said in zip(("code", "docs", "tests"), told, strict=True))
    return f"{listed} -> {'merge' if set(told) == {'fine'} else 'not yet'}"


review = sequential(fan_out(code, docs, tests, split=parts, errors="collect", name="review"), fan_in(verdict))


async def main() -> None:
    """Review two changes, and half of a third; then give every line to the same reviewer."""
    print(await review("eval(text) | New. | assert True"))
    print(await review("int(text) | New. | sleep(9)"))
    try:
        await review("only code | and docs")
    except InvalidPayload as error:
        print(error)
    worst = sequential(fan_out(code, split=str.splitlines), fan_in(max))
    print("worst of many lines:", await worst("a = 1\nb = eval(text)\nc = 3"))


if __name__ == "__main__":
    asyncio.run(main())
