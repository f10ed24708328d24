"""Routing as data: rules that can be kept in a file or in the environment, and changed without touching code."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

__all__ = ["RoutingPolicy", "Rule"]

Test = Literal["equals", "not_equals", "in", "less", "greater", "matches", "exists"]
TESTS: Final[tuple[Test, ...]] = ("equals", "not_equals", "in", "less", "greater", "matches", "exists")
_MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what to look at, how to test it, and where to send what passes.

    Args:
        field: The way to a value in the payload, with dots between attributes, keys and indexes; empty: the payload.
        test: How the value is compared.
        value: What it is compared with.
        to: The label of the case.
    """

    field: str
    test: Test
    value: Any
    to: str

    def fits(self, payload: object) -> bool:
        """Tell whether a payload passes; a value that is not there, or cannot be compared, does not."""
        found = _look(payload, self.field)
        if self.test == "exists":
            return (found is not _MISSING) == bool(self.value)
        if found is _MISSING:
            return False
        try:
            return _compare(self.test, found, self.value)
        except TypeError:
            return False


@dataclass(frozen=True, slots=True)
class RoutingPolicy:
    """Rules that are tried in order; the first that fits names the case.

    As a dict: `{"rules": [{"field": "kind", "equals": "bug", "to": "fix"}, {"field": "size", "greater": 9, "to":
    "split"}], "default": "discuss"}`. The tests are equals, not_equals, in, less, greater, matches (a regular
    expression that is searched for) and exists (true or false). A label that the router maps to None drops the message.

    Args:
        rules: In the order in which they are tried.
        default: The label where none fits; without one, the router's own default counts.
    """

    rules: tuple[Rule, ...]
    default: str | None = None

    def decide(self, payload: object) -> str:
        """Return the label for a payload."""
        return next((rule.to for rule in self.rules if rule.fits(payload)), self.default or "no rule")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "RoutingPolicy":
        """Read a policy from plain data.

        Raises:
            ValueError: Something in it is not understood; every such place is named.
        """
        if not isinstance(data, Mapping):
            raise ValueError(f"A routing policy is an object with 'rules' and 'default', not {data!r}")  # noqa: TRY004
        listed = data.get("rules", [])
        problems = [f"unknown entry {key!r}" for key in data if key not in {"rules", "default"}]
        if not isinstance(listed, Sequence) or isinstance(listed, str):
            raise ValueError("A routing policy's 'rules' is a list of objects")  # noqa: TRY004
        for number, raw in enumerate(listed):
            problems += [f"rule {number}: {problem}" for problem in _problems(raw)]
        if problems:
            raise ValueError("The routing policy cannot be read: " + "; ".join(problems))
        return cls(tuple(_rule(raw) for raw in listed), data.get("default"))

    @classmethod
    def from_json(cls, text: str) -> "RoutingPolicy":
        """Read a policy from JSON text.

        Raises:
            ValueError: The text is no JSON, or something in it is not understood.
        """
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"The routing policy is no valid JSON: {error}") from error
        return cls.from_dict(data)

    @classmethod
    def from_env(cls, variable: str) -> "RoutingPolicy":
        """Read a policy from an environment variable that holds JSON.

        Raises:
            ValueError: The variable is not set, or does not hold a policy.
        """
        text = os.environ.get(variable)
        if text is None:
            raise ValueError(f"The environment variable {variable} is not set: it should hold a routing policy as JSON")
        return cls.from_json(text)


def _problems(raw: object) -> list[str]:
    if not isinstance(raw, Mapping):
        return [f"{raw!r} is no object"]
    tests = [key for key in raw if key in TESTS]
    found = [f"unknown entry {key!r}" for key in raw if key not in {"field", "to", *TESTS}]
    if len(tests) != 1:
        found.append(f"needs exactly one test of {', '.join(TESTS)}")
    if not isinstance(raw.get("to"), str):
        found.append("needs 'to', the label of a case")
    if "matches" in raw:
        try:
            re.compile(str(raw["matches"]))
        except re.error as error:
            found.append(f"{raw['matches']!r} is no regular expression ({error})")
    return found


def _rule(raw: Mapping[str, Any]) -> Rule:
    test = next(key for key in raw if key in TESTS)
    return Rule(str(raw.get("field", "")), test, raw[test], str(raw["to"]))


def _compare(test: Test, found: Any, value: Any) -> bool:
    match test:
        case "equals":
            return bool(found == value)
        case "not_equals":
            return bool(found != value)
        case "in":
            return found in value
        case "less":
            return bool(found < value)
        case "greater":
            return bool(found > value)
        case _:
            return re.search(str(value), str(found)) is not None


def _look(payload: Any, field: str) -> Any:
    """Follow a way of attributes, keys and indexes into a value."""
    found = payload
    for step in filter(None, field.split(".")):
        if isinstance(found, Mapping):
            found = found.get(step, _MISSING)
        elif isinstance(found, Sequence) and step.isdigit():
            found = found[int(step)] if int(step) < len(found) else _MISSING
        elif step.startswith("_"):
            return _MISSING
        else:
            found = getattr(found, step, _MISSING)
        if found is _MISSING:
            return _MISSING
    return found
