"""A folder of texts, and a search over it, for the tests of searching."""

from typing import Any

import pytest

from motet.tools.search import FolderSearch

__all__ = ["paths", "root", "search"]


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    (folder / "guides").mkdir(parents=True)
    (folder / "guides" / "flows.md").write_text("# Flows\n\nA flow is a graph.\nMessages travel through a flow.\n")
    (folder / "guides" / "tasks.md").write_text("# Tasks\n\nA task is durable. One flow is named here.\n")
    (folder / "café.txt").write_text("Ein Café in Zürich.\nNaïve déjà-vu.\n")
    (folder / "notes.bin").write_text("flow")
    return folder


@pytest.fixture
async def search(root):
    made = FolderSearch(root)
    yield made
    await made.close()


async def paths(search: FolderSearch, query: str, **options: Any) -> list[str]:
    return [hit.path for hit in (await search.search(query, **options)).hits]
