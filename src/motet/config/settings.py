"""All settings: one section for each room, made when it is first asked for."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final

from motet.config.section import Section

if TYPE_CHECKING:
    from motet.config.executor_sections import ExecutorsSettings
    from motet.config.middleware_sections import MiddlewareSettings
    from motet.config.program_sections import CliSettings, DevSettings, HistorySettings, ObservabilitySettings
    from motet.config.tool_sections import ToolsSettings
    from motet.config.work_sections import ComposeSettings, FlowSettings, StorageSettings, TasksSettings

__all__ = ["SECTIONS", "Settings", "section_class"]

SECTIONS: Final[Mapping[str, str]] = {
    "cli": "motet.config.program_sections:CliSettings",
    "compose": "motet.config.work_sections:ComposeSettings",
    "dev": "motet.config.program_sections:DevSettings",
    "executors": "motet.config.executor_sections:ExecutorsSettings",
    "flow": "motet.config.work_sections:FlowSettings",
    "history": "motet.config.program_sections:HistorySettings",
    "middleware": "motet.config.middleware_sections:MiddlewareSettings",
    "observability": "motet.config.program_sections:ObservabilitySettings",
    "storage": "motet.config.work_sections:StorageSettings",
    "tasks": "motet.config.work_sections:TasksSettings",
    "tools": "motet.config.tool_sections:ToolsSettings",
}
"""Where each section is at home. A command needs two or three of them, and making all takes as long as the command."""


def section_class(name: str) -> type[Section]:
    """Load the class of a section."""
    module, _, of = SECTIONS[name].partition(":")
    found: type[Section] = getattr(import_module(module), of)
    return found


class Settings:
    """All settings, frozen.

    Args:
        values: What is not as it is by default, by section; checked already.
    """

    __slots__ = ("_made", "_values")

    cli: "CliSettings"
    compose: "ComposeSettings"
    dev: "DevSettings"
    executors: "ExecutorsSettings"
    flow: "FlowSettings"
    history: "HistorySettings"
    middleware: "MiddlewareSettings"
    observability: "ObservabilitySettings"
    storage: "StorageSettings"
    tasks: "TasksSettings"
    tools: "ToolsSettings"

    def __init__(self, values: Mapping[str, object]) -> None:
        object.__setattr__(self, "_values", values)
        object.__setattr__(self, "_made", {})

    def __getattr__(self, name: str) -> Section:
        if name not in SECTIONS:
            raise AttributeError(f"there is no section {name!r}: there are {', '.join(SECTIONS)}")
        made: dict[str, Section] = object.__getattribute__(self, "_made")
        if name not in made:
            values: Mapping[str, object] = object.__getattribute__(self, "_values")
            made[name] = section_class(name).model_validate(values.get(name, {}))
        return made[name]

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"settings are frozen: config.set('{name}. ...', VALUE) changes one")

    def __repr__(self) -> str:
        return f"Settings({', '.join(SECTIONS)})"
