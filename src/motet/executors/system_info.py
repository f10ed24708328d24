"""`system_info`: how busy and how full the machine is."""

from typing import Final, Literal, NotRequired

from pydantic import BaseModel, Field

# pydantic takes TypedDicts of this module alone before Python 3.12; it depends on it, so it is always there.
from typing_extensions import TypedDict

from motet.executors.offer import offer
from motet.kernel.errors import AgentFailed, MissingExtra
from motet.kernel.function import agent

try:
    import psutil  # type: ignore[import-untyped] # its types are a package of their own
except ImportError as error:
    raise MissingExtra.of("The executor 'system_info'", "system") from error

__all__ = ["SystemInfo", "SystemInfoInput", "system_info"]

INTERVAL: Final = 0.1
"""Seconds over which the use of the processors is measured."""


class SystemInfoInput(BaseModel, extra="forbid"):
    """What to look at.

    Attributes:
        resource: One of the three, or all of them.
        path: Which file system `disk` means: the one that holds this path.
    """

    resource: Literal["cpu", "memory", "disk", "all"] = "all"
    path: str = Field(default="/", min_length=1, pattern=r"^[^\x00]*$")


class Cpu(TypedDict):
    """The processors."""

    logical: int | None  #: how many the system schedules on
    physical: int | None  #: how many cores there are; None where the system does not tell
    percent: float  #: how busy they are together, 0 to 100
    load_average: list[float]  #: processes that run or wait, over the last 1, 5 and 15 minutes


class Memory(TypedDict):
    """The main memory, in bytes."""

    total: int
    available: int  #: what programs can still get without swapping
    used: int
    percent: float  #: what is not available, 0 to 100


class Disk(TypedDict):
    """A file system, in bytes."""

    path: str
    total: int
    used: int
    free: int  #: what this user can still write
    percent: float  #: how full it is for this user, 0 to 100


class SystemInfo(TypedDict):
    """The figures that were asked for."""

    cpu: NotRequired[Cpu]
    memory: NotRequired[Memory]
    disk: NotRequired[Disk]


@agent(name="system_info", examples=[{"resource": "cpu"}, {"resource": "disk", "path": "/"}])
def system_info(inputs: SystemInfoInput) -> SystemInfo:
    """Measure processors, memory and disk of the machine that the task runs on."""
    # A sync function, so a worker thread waits for the interval and for file systems that are slow to answer.
    wanted = {"cpu", "memory", "disk"} if inputs.resource == "all" else {inputs.resource}
    figures = SystemInfo()
    if "cpu" in wanted:
        figures["cpu"] = _cpu()
    if "memory" in wanted:
        figures["memory"] = _memory()
    if "disk" in wanted:
        figures["disk"] = _disk(inputs.path)
    return figures


def _cpu() -> Cpu:
    return Cpu(
        logical=psutil.cpu_count(),
        physical=psutil.cpu_count(logical=False),
        percent=psutil.cpu_percent(interval=INTERVAL),
        load_average=list(psutil.getloadavg()),
    )


def _memory() -> Memory:
    memory = psutil.virtual_memory()
    return Memory(total=memory.total, available=memory.available, used=memory.used, percent=memory.percent)


def _disk(path: str) -> Disk:
    try:
        disk = psutil.disk_usage(path)
    except OSError as error:
        raise AgentFailed(
            f"The disk of {path!r} cannot be read ({error.strerror}): give the path of a folder on this machine"
        ) from error
    return Disk(path=path, total=disk.total, used=disk.used, free=disk.free, percent=disk.percent)


_GIB: Final = 2**30
_DEMO: Final = SystemInfo(
    cpu=Cpu(logical=8, physical=4, percent=12.5, load_average=[0.8, 0.6, 0.5]),
    memory=Memory(total=16 * _GIB, available=10 * _GIB, used=6 * _GIB, percent=37.5),
    disk=Disk(path="/", total=512 * _GIB, used=128 * _GIB, free=384 * _GIB, percent=25.0),
)

offer(system_info, _DEMO)
