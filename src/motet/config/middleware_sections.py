"""Settings of middleware: the parameters that have a default and are plain values."""

from pydantic import Field

from motet.config.section import Amount, Count, Duration, Optional, Seconds, Section, Share

__all__ = [
    "BackoffSettings",
    "BatchSettings",
    "CacheSettings",
    "CircuitBreakerSettings",
    "ConcurrencySettings",
    "GuardSettings",
    "MiddlewareSettings",
    "RateLimitSettings",
    "RetrySettings",
    "TimeoutSettings",
]


class BackoffSettings(Section):
    """What a `Backoff` is made with."""

    initial: Duration = Field(default=0.1, description="Seconds before the second attempt, at most.")
    factor: float = Field(default=2.0, ge=1, allow_inf_nan=False, description="By what the wait grows.")
    cap: Duration = Field(default=30.0, description="The longest wait in seconds.")
    jitter: bool = Field(
        default=True, description="Whether waits are spread, so that callers do not come back together."
    )


class BatchSettings(Section):
    """What a `Batch` is made with."""

    size: Count = Field(default=16, description="How many calls make a batch at most.")
    wait: Duration = Field(default=0.01, description="Seconds that a call waits for others.")
    concurrency: Count = Field(default=4, description="How many batches run at once.")
    max_waiting: Count = Field(default=1024, description="How many calls may wait.")


class CacheSettings(Section):
    """What a `Cache` is made with."""

    ttl: Seconds = Field(default=300.0, description="Seconds for which an answer is kept.")
    max_entries: Count = Field(default=1024, description="How many answers are kept.")
    max_bytes: Optional[Count] = Field(default=None, description="How long all answers together may be.")
    negative_ttl: Duration = Field(default=0.0, description="Seconds for which a failure is kept.")
    single_flight: bool = Field(default=True, description="Whether those who ask the same at once make one call.")
    copy_: bool = Field(default=True, alias="copy", description="Whether everybody gets a copy of their own.")
    replay: bool = Field(default=True, description="Whether chunks are kept, and streamed again.")
    namespace: Optional[str] = Field(
        default=None, description="What keeps the answers of one cache from those of another."
    )


class CircuitBreakerSettings(Section):
    """What a `CircuitBreaker` is made with."""

    failures: Optional[Count] = Field(default=5, description="Failures in a row that open it.")
    rate: Optional[Share] = Field(default=None, description="The share of failures that opens it.")
    window: Seconds = Field(default=60.0, description="Seconds over which the share is taken.")
    minimum: Count = Field(default=10, description="Calls in the window below which no share is taken.")
    recovery: Seconds = Field(default=30.0, description="Seconds until it lets probes through.")
    probes: Count = Field(default=1, description="How many probes run at once.")
    successes: Count = Field(default=1, description="Probes in a row that close it.")
    max_keys: Count = Field(default=1024, description="How many keys have a breaker of their own.")


class ConcurrencySettings(Section):
    """What a `Concurrency` is made with."""

    max_waiting: Amount = Field(default=1024, description="How many calls may wait.")
    max_wait: Optional[Duration] = Field(default=None, description="Seconds that a call waits at most.")
    max_keys: Count = Field(default=1024, description="How many keys have a limit of their own.")


class GuardSettings(Section):
    """What a `Guard` is made with."""

    hold: bool = Field(default=True, description="Whether chunks are held back until the output is judged.")
    max_held: Count = Field(default=100_000, description="How many chunks are held at most.")


class RateLimitSettings(Section):
    """What a `RateLimit` is made with."""

    per: Seconds = Field(default=1.0, description="Seconds in which so many calls may pass as the rate says.")
    burst: Optional[Seconds] = Field(default=None, description="How many calls may pass at once.")
    max_waiting: Amount = Field(default=1024, description="How many calls may wait.")
    max_wait: Optional[Duration] = Field(default=None, description="Seconds that a call waits at most.")
    max_keys: Count = Field(default=1024, description="How many keys have a limit of their own.")


class RetrySettings(Section):
    """What a `Retry` is made with."""

    attempts: Count = Field(default=3, description="How often to try in all.")


class TimeoutSettings(Section):
    """What a `Timeout` is made with."""

    grace: Duration = Field(default=0.05, description="Seconds that an agent has to end when its time is over.")


class MiddlewareSettings(Section):
    """Middleware."""

    backoff: BackoffSettings = Field(default_factory=BackoffSettings)
    batch: BatchSettings = Field(default_factory=BatchSettings)
    cache: CacheSettings = Field(default_factory=CacheSettings)
    circuit_breaker: CircuitBreakerSettings = Field(default_factory=CircuitBreakerSettings)
    concurrency: ConcurrencySettings = Field(default_factory=ConcurrencySettings)
    guard: GuardSettings = Field(default_factory=GuardSettings)
    rate_limit: RateLimitSettings = Field(default_factory=RateLimitSettings)
    retry: RetrySettings = Field(default_factory=RetrySettings)
    timeout: TimeoutSettings = Field(default_factory=TimeoutSettings)
