"""Settings of the built-in tools, and of the loop in which a model calls tools."""

from typing import Literal

from pydantic import Field

from motet.config.section import PROGRAM_ENV, Amount, Count, Duration, Names, Optional, Path, Seconds, Section

__all__ = [
    "DatabaseSettings",
    "FilesSettings",
    "GitSettings",
    "ProcessSettings",
    "SearchSettings",
    "ToolLoopSettings",
    "ToolsSettings",
]


class SearchSettings(Section):
    """What a `FolderSearch` is made with."""

    max_file_bytes: Count = Field(default=2**20, description="How long a file may be to be searched.")
    max_files: Count = Field(default=20_000, description="How many files are searched at most.")
    max_total_bytes: Count = Field(default=2**28, description="How long all files together may be.")


class DatabaseSettings(Section):
    """What a `Database` is made with."""

    read_only: bool = Field(default=True, description="Whether statements can only read.")
    max_rows: Count = Field(default=1_000, description="Rows of a result at most.")
    max_bytes: Count = Field(default=1_000_000, description="Bytes of a result at most.")
    timeout: Seconds = Field(default=10.0, description="Seconds that a statement may take.")
    role: Optional[str] = Field(default=None, description="The role that PostgreSQL is asked to take on.")


class FilesSettings(Section):
    """What a `Files` is made with."""

    write: bool = Field(default=False, description="Whether files may be changed.")
    max_bytes: Count = Field(default=2**20, description="How long a file may be that is read or written.")
    max_entries: Count = Field(default=1000, description="Entries of a listing at most.")


class ProcessSettings(Section):
    """What a `Process` is made with."""

    allow: Names = Field(default=(), description="Programs that may be started.")
    root: Optional[Path] = Field(default=None, description="The folder under which programs work.")
    env: Names = Field(default=PROGRAM_ENV, description="Environment variables that a program gets.")
    timeout: Seconds = Field(default=30.0, description="Seconds that a program may run.")
    cpu: Optional[Seconds] = Field(default=None, description="Seconds of processor time that it may use.")
    memory: Optional[Count] = Field(default=2**31, description="Bytes of memory that it may use.")
    max_output: Count = Field(default=2**18, description="Bytes of its output that are kept.")
    processes: Count = Field(default=64, description="How many processes it may have.")
    max_file_bytes: Count = Field(default=2**28, description="How long a file may be that it writes.")
    open_files: Count = Field(default=256, description="How many files it may have open.")
    grace: Duration = Field(default=1.0, description="Seconds that it has to end when it is asked to.")


class GitSettings(Section):
    """What a `Git` is made with."""

    write: bool = Field(default=False, description="Whether the repository may be changed.")
    author: Optional[str] = Field(default=None, description="Who commits, as in `Name <mail>`.")
    timeout: Seconds = Field(default=30.0, description="Seconds that git may take.")
    max_output: Count = Field(default=2**18, description="Bytes of its output that are kept.")


class ToolLoopSettings(Section):
    """What a `tool_loop` is made with."""

    max_rounds: Count = Field(default=10, description="How often the model is asked at most.")
    concurrency: Count = Field(default=4, description="How many tools run at once.")
    max_calls: Optional[Amount] = Field(default=None, description="How many calls of tools there may be in all.")
    max_tokens: Optional[Count] = Field(default=None, description="How many tokens may be spent.")
    max_cost: Optional[Seconds] = Field(default=None, description="What the work may cost.")
    max_seconds: Optional[Seconds] = Field(default=None, description="Seconds that the work may take.")
    errors: Literal["tell", "raise"] = Field(
        default="tell", description="Whether the model is told of errors, or they end it."
    )


class ToolsSettings(Section):
    """The tools."""

    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    files: FilesSettings = Field(default_factory=FilesSettings)
    git: GitSettings = Field(default_factory=GitSettings)
    process: ProcessSettings = Field(default_factory=ProcessSettings)
    search: SearchSettings = Field(default_factory=SearchSettings)
    tool_loop: ToolLoopSettings = Field(default_factory=ToolLoopSettings)
