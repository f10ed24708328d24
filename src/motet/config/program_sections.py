"""Settings of what stands around the work: the command line, observing, history, development."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from motet.config.section import (
    Address,
    Count,
    Duration,
    Names,
    Optional,
    Paths,
    Seconds,
    Secrets,
    Section,
    Sources,
    StoreUrl,
)

__all__ = ["CliSettings", "DevSettings", "HistorySettings", "ObservabilitySettings", "RecorderSettings"]


def _loud(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


Level = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "OFF"], BeforeValidator(_loud)]


class CliSettings(Section):
    """What the command line does unless an option says otherwise."""

    deadline: Optional[Seconds] = Field(default=None, description="Seconds after which work is interrupted.")
    imports: Sources = Field(default=(), description="Files and modules that register executors.")


class ObservabilitySettings(Section):
    """What is told of the work, and to whom."""

    log_level: Level = Field(default="INFO", description="From which level on messages are logged; OFF logs nothing.")
    log_format: Literal["text", "json"] = Field(default="text", description="How messages are logged.")
    redact: Names = Field(default=(), description="Keys that hold secrets, beside those that are known.")
    exporters: tuple[Literal["console", "otlp", "prometheus"], ...] = Field(
        default=(), description="Where traces and metrics go."
    )
    otlp_endpoint: Annotated[str, Address("http://localhost:4318")] = Field(
        default="", description="The URL of a collector that speaks OTLP."
    )
    otlp_headers: Secrets = Field(default={}, description="Headers for the collector.")
    service_name: str = Field(
        default="", description="What this program is called in traces; OTEL_SERVICE_NAME says it otherwise."
    )
    attributes: Names = Field(default=(), description="Metadata that may leave as attributes.")


class RecorderSettings(Section):
    """What a recorder of history is made with."""

    capture: Literal["all", "outputs", "none"] = Field(
        default="all", description="What is kept: inputs and outputs, outputs alone, or neither."
    )
    limit: Count = Field(default=65_536, description="Bytes up to which a value is kept whole.")
    buffer: Count = Field(default=8192, description="How many events wait to be written before some are dropped.")
    buffer_bytes: Count = Field(default=2**25, description="How many bytes they may take.")
    every: Seconds = Field(default=0.1, description="Seconds between two writes.")
    grace: Duration = Field(default=10.0, description="Seconds that the end waits for a store that does not answer.")


class HistorySettings(Section):
    """Whether runs are recorded, and where."""

    enabled: bool = Field(default=False, description="Whether runs are recorded.")
    store: Optional[StoreUrl] = Field(default=None, description="Where; the store of tasks unless given.")
    recorder: RecorderSettings = Field(default_factory=RecorderSettings)


class DevSettings(Section):
    """What `motet dev` does."""

    debounce: Duration = Field(default=0.05, description="Seconds for which changes of files are gathered at most.")
    watch: Paths = Field(default=(), description="Folders to watch beside that of the program.")
