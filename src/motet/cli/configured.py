"""What the configuration says where an option says nothing: options are the layer above all others."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from motet.cli.said import settings_said
from motet.cli.tasks_setup import Setup

if TYPE_CHECKING:
    from motet.config.manager import ConfigManager

__all__ = ["setup_from"]

KEYS: Final[Mapping[str, str]] = {
    "store": "tasks.store",
    "max_concurrency": "tasks.max_concurrency",
    "demo": "tasks.demo",
    "imports": "cli.imports",
    "deadline": "cli.deadline",
    "allow_command": "executors.command.allow",
    "allow_private": "executors.rest.private",
    "root": "executors.agent.root",
}
"""Which setting each option of a command stands above."""

REST: Final = ("max_bytes", "timeout")
MANAGER: Final = ("per_executor", "per_key", "key_concurrency", "lease", "poll")


def setup_from(given: Mapping[str, Any], *, otherwise: str | None = None) -> Setup:
    """Make what a command works with.

    Args:
        given: What its options say; None where one says nothing.
        otherwise: The store where neither an option nor the configuration names one.

    Raises:
        InvalidConfig: The configuration cannot be used.
    """
    said = {name: value for name, value in given.items() if value is not None}
    config = settings_said()
    if config is None:
        return Setup(**({} if otherwise is None else {"store": otherwise}) | said)
    configured = {name: config.get(key) for name, key in KEYS.items() if name not in said and _said(config, key)}
    if otherwise is not None and "store" not in {*said, *configured}:
        said["store"] = otherwise
    command = config.options("executors.command")
    tasks = config.options("tasks")
    return Setup(
        **configured,
        **said,
        manager={name: tasks[name] for name in MANAGER},
        command={name: value for name, value in command.items() if name != "allow"},
        rest={name: config.get(f"executors.rest.{name}") for name in REST if _said(config, f"executors.rest.{name}")},
        configured=frozenset(configured),
    )


def _said(config: "ConfigManager", key: str) -> bool:
    return config.source_of(key).layer != "default"
