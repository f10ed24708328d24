"""Settings of what runs: flows, compositions, durable tasks and their stores."""

from pydantic import Field

from motet.config.section import Count, Limits, Seconds, Section, StoreUrl

__all__ = ["ComposeSettings", "FlowSettings", "MapReduceSettings", "StorageSettings", "TasksSettings"]


class FlowSettings(Section):
    """What a `Flow` is made with."""

    concurrency: Count = Field(default=16, description="How many messages each node works on at once.")
    inbox: Count = Field(default=64, description="How many messages may wait for each node before senders wait.")


class MapReduceSettings(Section):
    """What a `map_reduce` is made with."""

    concurrency: Count = Field(default=8, description="How many parts are worked on at once.")
    ordered: bool = Field(default=True, description="Whether results are reduced in the order of the parts.")


class ComposeSettings(Section):
    """What compositions are made with."""

    map_reduce: MapReduceSettings = Field(default_factory=MapReduceSettings)


class TasksSettings(Section):
    """What a `TaskManager` is made with."""

    store: StoreUrl = Field(default="sqlite:///motet.db", description="Where trees are kept.")
    max_concurrency: Count = Field(default=16, description="How many tasks run at once.")
    per_executor: Limits = Field(default={}, description="How many tasks of an executor run at once, by its id.")
    per_key: Limits = Field(default={}, description="How many tasks of a concurrency key run at once, by the key.")
    key_concurrency: Count = Field(default=1, description="How many tasks of any other key run at once.")
    resume: bool = Field(default=True, description="Whether trees are taken up that nobody works on any more.")
    lease: Seconds = Field(default=15.0, description="Seconds for which others believe that a manager lives.")
    poll: Seconds = Field(default=0.25, description="Seconds between two looks at what other processes do.")
    demo: bool = Field(
        default=False, description="Whether executors answer with their demo results instead of running."
    )


class StorageSettings(Section):
    """What a store is opened with by a program that calls `motet.storage.opening.open_store`."""

    patience: Seconds = Field(default=30.0, description="Seconds for which trouble that may pass is waited out.")
