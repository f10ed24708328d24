"""What compositions raise of their own, and what stands for an error that is kept: a branch of `motet.kernel.errors`.

MotetError
├── NoRoute          no route of a conditional takes the payload                    caller
└── AgentFailed
    └── AllFailed    none of several agents answered, or too few                    agent
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import PlainSerializer, PlainValidator

from motet.kernel.error_payload import from_payload, to_payload
from motet.kernel.errors import AgentFailed, Detail, Fault, MotetError, is_retryable

__all__ = ["AllFailed", "Failed", "NoRoute"]

SHOWN: Final = 50
"""How many errors the text of an error shows; its `errors` are all of them."""

WIDTH: Final = 200
"""How many characters of an error's own text are shown."""


def _read(value: object) -> Exception:
    if isinstance(value, Exception):
        return value
    if isinstance(value, Mapping):
        return from_payload(value)
    raise ValueError("it is no error")


Carried = Annotated[
    Exception,
    PlainValidator(_read, json_schema_input_type=dict[str, Any]),
    PlainSerializer(to_payload, return_type=dict[str, Any]),
]
"""An error in a value that may cross a wire: as the payload that `motet.kernel.error_payload` knows."""


@dataclass(frozen=True, slots=True)
class Failed:
    """What stands in the place of an agent's result where errors are collected.

    Args:
        agent: The name of the agent that failed.
        error: What it raised.
    """

    agent: str
    error: Carried


class AllFailed(AgentFailed):
    """None of several agents answered, or too few of them; `errors` says what each that failed has raised.

    It is retryable if one of the errors is, and its fault is that of its errors where they agree.
    """

    code = "all_failed"
    _errors: tuple[tuple[str, Exception], ...] = ()

    @classmethod
    def of(cls, told: str, errors: Sequence[tuple[str, Exception]]) -> "AllFailed":
        """Make the error.

        Args:
            told: What was wanted, and by whom; the errors are listed below it.
            errors: The name of each agent that failed, with what it raised, in the order in which that came.
        """
        lines = [f"\n  - {agent}: {_line(error)}" for agent, error in errors[:SHOWN]]
        lines += [f"\n  - and {len(errors) - SHOWN:,} more"] if len(errors) > SHOWN else []
        listed: list[Detail] = [_detail(agent, error) for agent, error in errors]
        made = cls(f"{told}:{''.join(lines)}", retry_after=_retry_after(error for _, error in errors), errors=listed)
        made._errors = tuple(errors)
        made.retryable = any(is_retryable(error) for _, error in errors)
        faults = {error.fault if isinstance(error, MotetError) else Fault.AGENT for _, error in errors}
        made.fault = faults.pop() if len(faults) == 1 else Fault.AGENT
        return made

    @property
    def errors(self) -> tuple[tuple[str, Exception], ...]:
        """Each agent that failed, by its name, with its error: the very one, or its likeness after a wire."""
        listed = self.details.get("errors")
        if self._errors or not isinstance(listed, list):
            return self._errors
        return tuple((str(entry.get("agent", "")), from_payload(entry)) for entry in listed if isinstance(entry, dict))


class NoRoute(MotetError):
    """No route of a conditional takes the payload, and there is no default; `offered` lists the routes."""

    code = "no_route"
    fault = Fault.CALLER

    @classmethod
    def of(cls, agent: str, payload: object, offered: Iterable[str]) -> "NoRoute":
        """Make the error.

        Args:
            agent: The name of the conditional.
            payload: What no route takes; only its type is told.
            offered: The predicates of the routes, as people write them.
        """
        listed: list[Detail] = list(offered)
        return cls(
            f"No route of {agent!r} takes this {type(payload).__name__}: it offers {', '.join(map(str, listed))}; "
            "add a route for it, or default=agent for everything else",
            offered=listed,
        )

    @property
    def offered(self) -> list[str]:
        """The predicates of the routes, in their order."""
        listed = self.details.get("offered")
        return [str(label) for label in listed] if isinstance(listed, list) else []


def _line(error: Exception) -> str:
    """Tell an error in one line."""
    text = " ".join(str(error).split())
    text = text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _detail(agent: str, error: Exception) -> Detail:
    payload = to_payload(error)
    payload.pop("cause", None)
    if isinstance(error, AllFailed):
        # The last one goes along as the cause, with its details: listed here as well, they would double at each level.
        payload["details"] = {}
    return {**payload, "agent": agent}  # type: ignore[dict-item]  # a typed dict of JSON values


def _retry_after(errors: Iterable[Exception]) -> float | None:
    """Return when the first of those that may be tried again can be; None where one of them does not say."""
    waits = [getattr(error, "retry_after", None) for error in errors if is_retryable(error)]
    known = [wait for wait in waits if wait is not None]
    return min(known) if known and len(known) == len(waits) else None
