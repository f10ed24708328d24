"""DuckDB for a model, in a process of its own: a statement runs inside of whoever asks it.

Within this process nothing could stop a function such as `repeat('x', 3000000000)`, which takes gigabytes and half a
minute: DuckDB counts neither its memory nor lets it be interrupted. A process is bounded by the system, and can be
killed. It costs some 0.2 s a statement, and works on POSIX systems alone. Needs the extra `duckdb`.
"""

import importlib.util
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from motet.kernel.errors import AgentFailed, InvalidPayload, MissingExtra, Unavailable
from motet.tools.bounds import Bounds
from motet.tools.database_binding import renamed
from motet.tools.database_rows import Rows
from motet.tools.database_source import Column, Opening, Source, Table, refused, too_slow
from motet.tools.guarded import Guarded, guarded

__all__ = ["DuckdbSource"]

MEMORY: Final = 2**30
"""Bytes of memory that the process may use; DuckDB itself is told to stay well below, which its functions do not."""

BEGINNING: Final = 10.0
"""Seconds that the process may take beside the statement."""

# The path to import from goes along, as the interpreter is started without the environment's.
_CODE: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from motet.tools.database_duckdb_child import main; main()"
)


class DuckdbSource(Source):
    """A DuckDB file. Each statement has a process of its own."""

    kind = "DuckDB"

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        if importlib.util.find_spec("duckdb") is None:
            raise MissingExtra.of("A database in DuckDB", "duckdb")
        self._path = opening.file()

    async def query(self, sql: str, parameters: Mapping[str, Any]) -> Rows:
        """Run one statement."""
        answer = await self._answer(renamed(sql, parameters), dict(parameters))
        return Rows(**answer["rows"])

    async def tables(self) -> tuple[Table, ...]:
        """Tell what is in the database."""
        answer = await self._answer(None, {})
        return tuple(
            Table(
                entry["name"],
                tuple(Column(*column) for column in entry["columns"]),
                tuple(entry["primary_key"]),
                tuple(entry["references"]),
            )
            for entry in answer["tables"]
        )

    async def _answer(self, sql: str | None, parameters: dict[str, Any]) -> dict[str, Any]:
        asked = {
            "path": self._path,
            "writable": self.writable,
            "sql": sql,
            "parameters": parameters,
            "limits": asdict(self.limits),
            "memory": f"{MEMORY // 2} B",
        }
        try:
            written = json.dumps(asked).encode()
        except (TypeError, ValueError) as error:
            raise InvalidPayload(f"A parameter is no JSON data: {error}") from error
        argv = [sys.executable, "-I", "-X", "utf8", "-c", _CODE, json.dumps(sys.path)]
        outcome = await guarded(Guarded(Path(sys.executable), argv, {}, stdin=written), self._bounds())
        if outcome.bound == "timeout":
            raise too_slow(self.limits.seconds)
        if outcome.bound or outcome.exit_code:
            why = outcome.bound or outcome.stderr.decode(errors="replace").strip()[-300:] or outcome.exit_code
            raise AgentFailed(f"The statement was ended, together with its process: {why}. Ask for less at once.")
        return self._read(json.loads(outcome.stdout))

    def _bounds(self) -> Bounds:
        return Bounds(
            output=6 * self.limits.bytes + 2**20,  # what is written in escapes may be six times as long
            timeout=self.limits.seconds + BEGINNING,
            memory=MEMORY,
            processes=4,
            file_bytes=2**40 if self.writable else 0,
        )

    def _read(self, answer: dict[str, Any]) -> dict[str, Any]:
        if "late" in answer:
            raise too_slow(self.limits.seconds)
        if "unavailable" in answer:
            raise Unavailable(
                f"The DuckDB file cannot be opened: {answer['unavailable'].splitlines()[0]} A file that is open for "
                "writing is open in one process only: close it there first."
            )
        if "refused" in answer:
            raise refused(answer["refused"])
        return answer
