"""What tests are made with: contract suites that parts of your own can pass too, and a network that goes wrong."""

from motet.testing.fault import Fault
from motet.testing.fault_kinds import Bandwidth, Corrupt, Drop, HalfOpen, Latency, Pause, Refuse, Reset, Truncate
from motet.testing.fault_proxy import FaultProxy
from motet.testing.llm_answers import ApiError, Disconnect, Garbage, Gate, Slow, tool_call, tool_calls
from motet.testing.llm_server import LLMServer
from motet.testing.loopback import Loopback
from motet.testing.middleware_contract import MiddlewareContract
from motet.testing.reaching import Reach, Reached
from motet.testing.state_contract import StateStoreContract
from motet.testing.store_contract import DurableStoreContract, TaskStoreContract
from motet.testing.transport_contract import TransportContract

__all__ = [
    "ApiError",
    "Bandwidth",
    "Corrupt",
    "Disconnect",
    "Drop",
    "DurableStoreContract",
    "Fault",
    "FaultProxy",
    "Garbage",
    "Gate",
    "HalfOpen",
    "LLMServer",
    "Latency",
    "Loopback",
    "MiddlewareContract",
    "Pause",
    "Reach",
    "Reached",
    "Refuse",
    "Reset",
    "Slow",
    "StateStoreContract",
    "TaskStoreContract",
    "TransportContract",
    "Truncate",
    "tool_call",
    "tool_calls",
]
