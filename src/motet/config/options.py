"""Sections as keyword arguments, and arguments by their keys."""

from collections.abc import Mapping
from typing import Any

from motet.config.errors import InvalidConfig, Problem
from motet.config.keys import flatten, nested
from motet.config.section import Section
from motet.config.settings import SECTIONS, Settings
from motet.config.source import ARGUMENT
from motet.kernel.errors import NotFound

__all__ = ["by_key", "options_of"]


def options_of(settings: Settings, name: str) -> dict[str, Any]:
    """Return a section as keyword arguments; sections within it are left out.

    Args:
        settings: All settings.
        name: Such as "tasks" or "executors.rest".

    Raises:
        NotFound: There is no such section.
    """
    head, *path = name.split(".")
    found = getattr(settings, head) if head in SECTIONS else None
    for step in path:
        found = getattr(found, step) if isinstance(found, Section) and nested(type(found), step) else None
    if not isinstance(found, Section):
        raise NotFound(f"there is no section {name}: there are {', '.join(SECTIONS)}, and those within them", name=name)
    fields = type(found).model_fields.items()
    return {field.alias or each: getattr(found, each) for each, field in fields if nested(type(found), each) is None}


def by_key(arguments: Mapping[str, object]) -> dict[str, object]:
    """Return arguments, which are tables in tables or named by their keys, by their keys.

    Raises:
        InvalidConfig: Something is said of a table, or of a setting, and of a part of it.
    """
    dotted = {key: value for key, value in arguments.items() if "." in key}
    flat = flatten({key: value for key, value in arguments.items() if "." not in key}) | dotted
    problems = [
        Problem(ARGUMENT, f"{key} stands below {above}, which is given as well: give one of them", key)
        for key in flat
        for above in flat
        if key.startswith(f"{above}.")
    ]
    if problems:
        raise InvalidConfig.of(problems)
    return flat
