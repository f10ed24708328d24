"""Validate: an agent from elsewhere that takes and gives anything, held to types where we use it.

Prints:

    Forecast(city='Oslo', high=4.5)
    The input of 'weather' is no Literal['Oslo', 'Lima']: (value): Input should be 'Oslo' or 'Lima'
    The output of 'weather' is no Forecast: high: Input should be a finite number
    {'passed': 1, 'refused': 2}
"""

import asyncio
from typing import Any, Literal

from pydantic import BaseModel, FiniteFloat

from motet import InvalidPayload, agent
from motet.middleware import Validate


@agent(validate="none")
async def weather(city: Any) -> Any:
    """Answer as a service does that promises nothing: with a dict, and now and then with nonsense."""
    return {"city": city, "high": "4.5" if city == "Oslo" else "nan"}


class Forecast(BaseModel):
    """What we rely on."""

    city: str
    high: FiniteFloat


strict = Validate(input=Literal["Oslo", "Lima"], output=Forecast)
checked = weather.using(strict)  # `weather` itself stays as it is


async def main() -> None:
    """Ask for a city that is known, one that is not, and one with no sensible answer."""
    for city in ("Oslo", "Atlantis", "Lima"):
        try:
            print(repr(await checked(city)))
        except InvalidPayload as error:
            print(error)
    print(strict.counters())


if __name__ == "__main__":
    asyncio.run(main())
