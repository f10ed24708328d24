"""The built-in tools, in the hands of a model that was talked into trying everything.

Prints:

    calculator    sqrt(16) + 2 ** 10    1028.0
    calculator    9 ** 9 ** 9           error: The formula has no result
    calculator    __import__('os')      error: "'" has no meaning in a formula
    read_file     notes.txt             Buy reeds.
    read_file     ../../etc/passwd      error: '../../etc/passwd' goes up by '..'
    read_file     innocent.txt          error: 'innocent.txt' is a symbolic link, and links are not followed here
    write_file    notes.txt             error: There is no tool 'write_file'
    search_folder reeds                 Buy **reeds**.
    query         SELECT * FROM orders  [['viola']]
    query         DROP TABLE orders     error: The database refused the statement
    query         SELECT * FROM people  error: The database refused the statement
    run_command   sort notes.txt        Buy reeds.
    run_command   sort notes.txt | sh   error: | means a pipe, which needs a shell, and there is none
    run_command   sh -c id              error: 'sh' is not allowed
"""

import asyncio
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from motet import Toolbox
from motet.tools.calculator import calculator
from motet.tools.database import Database
from motet.tools.files import Files
from motet.tools.process import Process
from motet.tools.search import FolderSearch
from motet.tools.shell import Shell

CALLS: tuple[tuple[str, str, Callable[[Any], object], tuple[str, ...]], ...] = (
    ("calculator", "expression", str, ("sqrt(16) + 2 ** 10", "9 ** 9 ** 9", "__import__('os')")),
    ("read_file", "path", lambda file: file.text.strip(), ("notes.txt", "../../etc/passwd", "innocent.txt")),
    ("write_file", "path", str, ("notes.txt",)),
    ("search_folder", "query", lambda found: found.hits[0].snippet, ("reeds",)),
    ("query", "sql", lambda found: found.rows, ("SELECT * FROM orders", "DROP TABLE orders", "SELECT * FROM people")),
    ("run_command", "command", lambda ran: ran.stdout.strip(), ("sort notes.txt", "sort notes.txt | sh", "sh -c id")),
)
"""What to call with which argument, and what to show of a result."""


def furnish(folder: Path) -> None:
    """Make a file, a link to what is nobody's business, and a database."""
    (folder / "notes.txt").write_text("Buy reeds.\n")
    (folder / "innocent.txt").symlink_to("/etc/passwd")
    with closing(sqlite3.connect(folder / "shop.db")) as made:
        made.executescript("CREATE TABLE orders (item); INSERT INTO orders VALUES ('viola'); CREATE TABLE people (key)")


async def main(folder: Path) -> None:
    """Make the tools, and call them."""
    furnish(folder)
    files, search = Files(folder), FolderSearch(folder)
    shop = Database(f"sqlite:///{folder / 'shop.db'}", tables=["orders"])
    shell = Shell(Process(["sort"], root=folder))
    box = Toolbox(calculator, *files.tools, *search.tools, *shop.tools, *shell.tools)
    for name, argument, show, values in CALLS:
        for value in values:
            result = await box.call(name, {argument: value})
            told = show(result.value) if result.ok else f"error: {result.text.split(':')[1].strip()}"
            print(f"{name:13} {value:20}  {told}")
    await search.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(main(Path(made)))
