"""Motet: orchestrate agents and the work around them; many voices, one piece.

This is the front door. Each name is loaded when it is first used, so a program pays only for the rooms it enters.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

from motet.version import __version__

if TYPE_CHECKING:
    from motet.compose.conditional import conditional
    from motet.compose.errors import AllFailed, Failed, NoRoute
    from motet.compose.fallback import fallback
    from motet.compose.fan_in import fan_in
    from motet.compose.fan_out import fan_out
    from motet.compose.loop import loop
    from motet.compose.map_reduce import map_reduce
    from motet.compose.parallel import parallel
    from motet.compose.sequential import sequential
    from motet.config.manager import ConfigManager
    from motet.devtools.draw import draw
    from motet.flow.books import Run
    from motet.flow.flow import Flow
    from motet.flow.graph import FlowError, Node
    from motet.flow.join import join
    from motet.flow.routing import DROP, route
    from motet.flow.routing_policy import RoutingPolicy
    from motet.kernel.agent import Agent, Middleware
    from motet.kernel.budget import Budget, Exhausted
    from motet.kernel.card import Card
    from motet.kernel.clock import Clock
    from motet.kernel.context import Context
    from motet.kernel.errors import BudgetExceeded, Cancelled, DeadlineExceeded, InvalidPayload, MotetError, QueueFull
    from motet.kernel.function import agent
    from motet.kernel.message import Chunk, DataPart, FilePart, Message, TextPart
    from motet.kernel.policy import Backoff, Policy, RetryPolicy
    from motet.kernel.registry import Registry
    from motet.kernel.run import run
    from motet.kernel.stream import Stream
    from motet.tasks.builder import TaskBuilder
    from motet.tasks.errors import Conflict, InvalidPlan, StoreUnavailable, TreeFailed
    from motet.tasks.executor import executor
    from motet.tasks.executors import Executors
    from motet.tasks.hooks import Hook, Skip
    from motet.tasks.manager import TaskManager
    from motet.tasks.model import Task, Tree
    from motet.tasks.status import Status
    from motet.tools.result import ToolResult
    from motet.tools.tool import Tool, tool
    from motet.tools.tool_loop import tool_loop
    from motet.tools.toolbox import Toolbox

_ROOMS: Final = {
    "motet.compose.conditional": ["conditional"],
    "motet.compose.errors": ["AllFailed", "Failed", "NoRoute"],
    "motet.compose.fallback": ["fallback"],
    "motet.compose.fan_in": ["fan_in"],
    "motet.compose.fan_out": ["fan_out"],
    "motet.compose.loop": ["loop"],
    "motet.compose.map_reduce": ["map_reduce"],
    "motet.compose.parallel": ["parallel"],
    "motet.compose.sequential": ["sequential"],
    "motet.config.manager": ["ConfigManager"],
    "motet.devtools.draw": ["draw"],
    "motet.flow.books": ["Run"],
    "motet.flow.flow": ["Flow"],
    "motet.flow.graph": ["FlowError", "Node"],
    "motet.flow.join": ["join"],
    "motet.flow.routing": ["DROP", "route"],
    "motet.flow.routing_policy": ["RoutingPolicy"],
    "motet.kernel.agent": ["Agent", "Middleware"],
    "motet.kernel.budget": ["Budget", "Exhausted"],
    "motet.kernel.card": ["Card"],
    "motet.kernel.clock": ["Clock"],
    "motet.kernel.context": ["Context"],
    "motet.kernel.errors": [
        "BudgetExceeded",
        "Cancelled",
        "DeadlineExceeded",
        "InvalidPayload",
        "MotetError",
        "QueueFull",
    ],
    "motet.kernel.function": ["agent"],
    "motet.kernel.message": ["Chunk", "DataPart", "FilePart", "Message", "TextPart"],
    "motet.kernel.policy": ["Backoff", "Policy", "RetryPolicy"],
    "motet.kernel.registry": ["Registry"],
    "motet.kernel.run": ["run"],
    "motet.kernel.stream": ["Stream"],
    "motet.tasks.builder": ["TaskBuilder"],
    "motet.tasks.errors": ["Conflict", "InvalidPlan", "StoreUnavailable", "TreeFailed"],
    "motet.tasks.executor": ["executor"],
    "motet.tasks.executors": ["Executors"],
    "motet.tasks.hooks": ["Hook", "Skip"],
    "motet.tasks.manager": ["TaskManager"],
    "motet.tasks.model": ["Task", "Tree"],
    "motet.tasks.status": ["Status"],
    "motet.tools.result": ["ToolResult"],
    "motet.tools.tool": ["Tool", "tool"],
    "motet.tools.tool_loop": ["tool_loop"],
    "motet.tools.toolbox": ["Toolbox"],
}
_HOME: Final = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "DROP",
    "Agent",
    "AllFailed",
    "Backoff",
    "Budget",
    "BudgetExceeded",
    "Cancelled",
    "Card",
    "Chunk",
    "Clock",
    "ConfigManager",
    "Conflict",
    "Context",
    "DataPart",
    "DeadlineExceeded",
    "Executors",
    "Exhausted",
    "Failed",
    "FilePart",
    "Flow",
    "FlowError",
    "Hook",
    "InvalidPayload",
    "InvalidPlan",
    "Message",
    "Middleware",
    "MotetError",
    "NoRoute",
    "Node",
    "Policy",
    "QueueFull",
    "Registry",
    "RetryPolicy",
    "RoutingPolicy",
    "Run",
    "Skip",
    "Status",
    "StoreUnavailable",
    "Stream",
    "Task",
    "TaskBuilder",
    "TaskManager",
    "TextPart",
    "Tool",
    "ToolResult",
    "Toolbox",
    "Tree",
    "TreeFailed",
    "__version__",
    "agent",
    "conditional",
    "draw",
    "executor",
    "fallback",
    "fan_in",
    "fan_out",
    "join",
    "loop",
    "map_reduce",
    "parallel",
    "route",
    "run",
    "sequential",
    "tool",
    "tool_loop",
]


def __getattr__(name: str) -> object:
    """Load a name of the front door from its room."""
    if name not in _HOME:
        raise AttributeError(f"module 'motet' has no attribute {name!r}")
    value: object = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
