"""What tests are made with: agents, faults, mocks, records, virtual time, networks that go wrong, contract suites.

Each name is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from motet.testing.adapter_contract import ProtocolAdapterContract
    from motet.testing.bus_contract import MessageBusContract
    from motet.testing.bus_making import Buses
    from motet.testing.checking import assert_chunks, assert_events, assert_same_json
    from motet.testing.errors import InjectedFault, NotMocked, ScriptEnded
    from motet.testing.fault import NetworkFault
    from motet.testing.fault_kinds import Bandwidth, Corrupt, Drop, HalfOpen, Latency, Pause, Refuse, Reset, Truncate
    from motet.testing.fault_proxy import FaultProxy
    from motet.testing.faulty import flaky, hanging, slow
    from motet.testing.injecting import Faults, faults
    from motet.testing.leaving import assert_no_leaks
    from motet.testing.llm_answers import ApiError, Disconnect, Garbage, Gate, Slow, tool_call, tool_calls
    from motet.testing.llm_server import LLMServer
    from motet.testing.loopback import Loopback
    from motet.testing.middleware_contract import MiddlewareContract
    from motet.testing.one_run import run_one
    from motet.testing.outcome import Outcome
    from motet.testing.path_check import assert_path
    from motet.testing.patterns import event
    from motet.testing.raw_peer import RawAnswer, RawPeer, Serve
    from motet.testing.reaching import Reach, Reached
    from motet.testing.recorder import Recorder
    from motet.testing.remembering import recording
    from motet.testing.script import Chunks, echo, scripted
    from motet.testing.simulation import simulate_workflow
    from motet.testing.state_contract import StateStoreContract
    from motet.testing.store_contract import DurableStoreContract, TaskStoreContract
    from motet.testing.task_mocker import TaskMocker
    from motet.testing.timeline import Simulation
    from motet.testing.transport_contract import TransportContract
    from motet.testing.virtual_time import VirtualClock, VirtualTime
    from motet.testing.waiting import eventually

_FILES: Final = {
    "motet.testing.adapter_contract": ["ProtocolAdapterContract"],
    "motet.testing.bus_contract": ["MessageBusContract"],
    "motet.testing.bus_making": ["Buses"],
    "motet.testing.checking": ["assert_chunks", "assert_events", "assert_same_json"],
    "motet.testing.errors": ["InjectedFault", "NotMocked", "ScriptEnded"],
    "motet.testing.fault": ["NetworkFault"],
    "motet.testing.fault_kinds": [
        "Bandwidth",
        "Corrupt",
        "Drop",
        "HalfOpen",
        "Latency",
        "Pause",
        "Refuse",
        "Reset",
        "Truncate",
    ],
    "motet.testing.fault_proxy": ["FaultProxy"],
    "motet.testing.faulty": ["flaky", "hanging", "slow"],
    "motet.testing.injecting": ["Faults", "faults"],
    "motet.testing.leaving": ["assert_no_leaks"],
    "motet.testing.llm_answers": ["ApiError", "Disconnect", "Garbage", "Gate", "Slow", "tool_call", "tool_calls"],
    "motet.testing.llm_server": ["LLMServer"],
    "motet.testing.loopback": ["Loopback"],
    "motet.testing.middleware_contract": ["MiddlewareContract"],
    "motet.testing.one_run": ["run_one"],
    "motet.testing.outcome": ["Outcome"],
    "motet.testing.path_check": ["assert_path"],
    "motet.testing.patterns": ["event"],
    "motet.testing.raw_peer": ["RawAnswer", "RawPeer", "Serve"],
    "motet.testing.reaching": ["Reach", "Reached"],
    "motet.testing.recorder": ["Recorder"],
    "motet.testing.remembering": ["recording"],
    "motet.testing.script": ["Chunks", "echo", "scripted"],
    "motet.testing.simulation": ["simulate_workflow"],
    "motet.testing.state_contract": ["StateStoreContract"],
    "motet.testing.store_contract": ["DurableStoreContract", "TaskStoreContract"],
    "motet.testing.task_mocker": ["TaskMocker"],
    "motet.testing.timeline": ["Simulation"],
    "motet.testing.transport_contract": ["TransportContract"],
    "motet.testing.virtual_time": ["VirtualClock", "VirtualTime"],
    "motet.testing.waiting": ["eventually"],
}
_HOME: Final = {name: file for file, names in _FILES.items() for name in names}

__all__ = [
    "ApiError",
    "Bandwidth",
    "Buses",
    "Chunks",
    "Corrupt",
    "Disconnect",
    "Drop",
    "DurableStoreContract",
    "FaultProxy",
    "Faults",
    "Garbage",
    "Gate",
    "HalfOpen",
    "InjectedFault",
    "LLMServer",
    "Latency",
    "Loopback",
    "MessageBusContract",
    "MiddlewareContract",
    "NetworkFault",
    "NotMocked",
    "Outcome",
    "Pause",
    "ProtocolAdapterContract",
    "RawAnswer",
    "RawPeer",
    "Reach",
    "Reached",
    "Recorder",
    "Refuse",
    "Reset",
    "ScriptEnded",
    "Serve",
    "Simulation",
    "Slow",
    "StateStoreContract",
    "TaskMocker",
    "TaskStoreContract",
    "TransportContract",
    "Truncate",
    "VirtualClock",
    "VirtualTime",
    "assert_chunks",
    "assert_events",
    "assert_no_leaks",
    "assert_path",
    "assert_same_json",
    "echo",
    "event",
    "eventually",
    "faults",
    "flaky",
    "hanging",
    "recording",
    "run_one",
    "scripted",
    "simulate_workflow",
    "slow",
    "tool_call",
    "tool_calls",
]


def __getattr__(name: str) -> object:
    """Load a name from its file."""
    if name not in _HOME:
        raise AttributeError(f"module 'motet.testing' has no attribute {name!r}")
    value: object = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
