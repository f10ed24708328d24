"""Settings of what stands around the work: the command line, observing, history, development."""

from typing import Literal

from pydantic import Field

from motet.config.section import Count, Duration, Names, Optional, Paths, Seconds, Secrets, Section, Sources, StoreUrl

__all__ = ["CliSettings", "DevSettings", "HistorySettings", "ObservabilitySettings"]

REDACTED = ("password", "passwd", "secret", "token", "api_key", "apikey", "authorization", "cookie", "credential")


class CliSettings(Section):
    """What the command line does unless an option says otherwise."""

    deadline: Optional[Seconds] = Field(default=None, description="Seconds after which work is interrupted.")
    imports: Sources = Field(default=(), description="Files and modules that register executors.")


class ObservabilitySettings(Section):
    """What is told of the work, and to whom."""

    log_level: Literal["debug", "info", "warning", "error", "critical"] = Field(
        default="info", description="From which level on messages are logged."
    )
    log_format: Literal["text", "json"] = Field(default="text", description="How messages are logged.")
    redact: Names = Field(default=REDACTED, description="Keys whose values are never logged.")
    exporters: tuple[Literal["console", "otlp", "prometheus"], ...] = Field(
        default=(), description="Where traces and metrics go."
    )
    otlp_endpoint: Optional[str] = Field(default=None, description="The URL of a collector that speaks OTLP.")
    otlp_headers: Secrets = Field(default={}, description="Headers for the collector.")
    service_name: str = Field(default="motet", min_length=1, description="What this service is called in traces.")
    attributes: Names = Field(default=(), description="Metadata that may leave as attributes.")


class HistorySettings(Section):
    """What is kept of runs."""

    enabled: bool = Field(default=False, description="Whether runs are recorded.")
    store: Optional[StoreUrl] = Field(default=None, description="Where they are kept; the store of tasks unless given.")
    buffer: Count = Field(default=10_000, description="How many events wait to be written before some are dropped.")
    payloads: bool = Field(default=False, description="Whether inputs and outputs are recorded.")


class DevSettings(Section):
    """What `motet dev` does."""

    debounce: Duration = Field(default=0.05, description="Seconds of quiet before changed files are loaded.")
    watch: Paths = Field(default=(), description="Folders to watch beside that of the program.")
