"""Routing as data: rules that can be kept in a file or in the environment, and changed without touching code."""

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Literal, get_args

__all__ = ["RoutingPolicy", "Rule"]

Test = Literal["equals", "not_equals", "in", "less", "greater", "matches", "exists"]
TESTS: Final[tuple[Test, ...]] = get_args(Test)
_MISSING: Final = object()
_VALUES: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "in": (lambda value: isinstance(value, list | tuple | set | frozenset), "a list"),
    "less": (lambda value: value is not None and not isinstance(value, Mapping), "a number or a text"),
    "greater": (lambda value: value is not None and not isinstance(value, Mapping), "a number or a text"),
    "matches": (lambda value: isinstance(value, str), "a regular expression, which is a text"),
    "exists": (lambda value: isinstance(value, bool), "true or false"),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what to look at, how to test it, and where to send what passes.

    Args:
        field: The way to a value in the payload, with dots between attributes, keys and indexes; empty: the payload.
        test: How the value is compared.
        value: What it is compared with.
        to: The label of the case.

    Raises:
        ValueError: There is no such test, or the value is none that it can be passed with.
    """

    field: str
    test: Test
    value: Any
    to: str

    def __post_init__(self) -> None:
        problems = _value_problems(self.test, self.value)
        if problems:
            raise ValueError(f"The rule that leads to {self.to!r} cannot be used: {'; '.join(problems)}")

    def fits(self, payload: object) -> bool:
        """Tell whether a payload passes; a value that is not there, or cannot be compared, does not.

        Of an enum member its value is compared.
        """
        found = _plain(_look(payload, self.field))
        if self.test == "exists":
            return (found is not _MISSING) == bool(self.value)
        if found is _MISSING:
            return False
        try:
            return _compare(self.test, found, _plain(self.value))
        except TypeError:
            return False


@dataclass(frozen=True, slots=True)
class RoutingPolicy:
    """Rules that are tried in order; the first that fits names the case.

    As a dict: `{"rules": [{"field": "kind", "equals": "bug", "to": "fix"}, {"field": "size", "greater": 9, "to":
    "split"}], "default": "discuss"}`. The tests are equals, not_equals, in (a list), less, greater, matches (a regular
    expression that is searched for; nothing bounds how long that takes, so write one that cannot run away on a long
    text) and exists (true or false). A label that the router maps to None drops the message.

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
        problems = _problems(data)
        if problems:
            raise ValueError("The routing policy cannot be read: " + "; ".join(problems))
        return cls(tuple(_rule(raw) for raw in data.get("rules", [])), data.get("default"))

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
        try:
            return cls.from_json(text)
        except ValueError as error:
            raise ValueError(f"In the environment variable {variable}: {error}") from error


def _problems(data: object) -> list[str]:
    """List what is wrong with a policy as plain data."""
    if not isinstance(data, Mapping):
        return [f"it is an object with 'rules' and 'default', not {data!r}"]
    found = [f"unknown entry {key!r}" for key in data if key not in {"rules", "default"}]
    if not data:
        found.append("it has neither 'rules' nor a 'default'")
    if data.get("default") is not None and not _is_label(data["default"]):
        found.append(f"'default' is the label of a case, not {data['default']!r}")
    rules = data.get("rules", [])
    if not isinstance(rules, list | tuple):
        return [*found, f"'rules' is a list of objects, not {rules!r}"]
    return found + [f"rule {number}: {problem}" for number, raw in enumerate(rules) for problem in _rule_problems(raw)]


def _rule_problems(raw: object) -> list[str]:
    if not isinstance(raw, Mapping):
        return [f"{raw!r} is no object"]
    tests = [key for key in raw if key in TESTS]
    found = [f"unknown entry {key!r}" for key in raw if key not in {"field", "to", *TESTS}]
    if len(tests) != 1:
        found.append(f"needs exactly one test of {', '.join(TESTS)}")
    if not _is_label(raw.get("to")):
        found.append("needs 'to', the label of a case")
    if not isinstance(raw.get("field", ""), str):
        found.append(f"'field' is a text, with dots between the steps, not {raw['field']!r}")
    return found + [problem for test in tests for problem in _value_problems(test, raw[test])]


def _value_problems(test: str, value: Any) -> list[str]:
    """Find why a test can never be passed with a value."""
    if test not in TESTS:
        return [f"{test!r} is no test: it is one of {', '.join(TESTS)}"]
    takes, what = _VALUES.get(test, (None, ""))
    if takes is not None and not takes(value):
        return [f"{test!r} takes {what}, not {value!r}"]
    try:
        re.compile(value if test == "matches" else "")
    except re.error as error:
        return [f"{value!r} is no regular expression ({error})"]
    return []


def _is_label(value: object) -> bool:
    return isinstance(value, str) and bool(value)


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
        elif isinstance(found, Sequence) and step.isdecimal():
            found = found[int(step)] if int(step) < len(found) else _MISSING
        elif step.startswith("_"):
            return _MISSING
        else:
            found = getattr(found, step, _MISSING)
        if found is _MISSING:
            return _MISSING
    return found


def _plain(value: Any) -> Any:
    """Take the values of enum members, which data in a file cannot name, also those in a list."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, Enum) else value
