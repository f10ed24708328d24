"""`FolderSearch`: full-text search over the files of one folder."""

import re
from contextlib import suppress

import pytest
from folder_texts import paths, root, search
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motet.kernel.errors import InvalidPayload, NotFound
from motet.tools.errors import NotAllowed
from motet.tools.search import FolderSearch

__all__ = ["root", "search"]


async def test_files_are_found_by_their_words_the_best_first(search):
    found = await search.search("flow")
    assert [hit.path for hit in found.hits] == ["guides/flows.md", "guides/tasks.md"]
    assert (found.files, dict(found.skipped), found.more) == (3, {}, False)
    best = found.hits[0]
    assert (best.title, best.line) == ("Flows", 3)
    assert "A **flow** is a graph." in best.snippet
    assert best.score > found.hits[1].score
    assert found.hits[1].line == 3


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("FLOW graph", ["guides/flows.md"]),
        ("flow nothing", []),
        ("durable graph", []),
        ('"a flow"', ["guides/flows.md"]),
        ('"flow a"', []),
        ("trav*", ["guides/flows.md"]),
        ("trav", []),
        ("cafe", ["café.txt"]),
        ("zurich NAIVE", ["café.txt"]),
        ("CAFÉ", ["café.txt"]),
        ("deja-vu", ["café.txt"]),
        ("tasks", ["guides/tasks.md"]),
        ("guides", ["guides/flows.md", "guides/tasks.md"]),
    ],
)
async def test_words_phrases_and_beginnings(search, query, wanted):
    assert sorted(await paths(search, query)) == wanted


async def test_any_of_the_words_may_be_enough(search):
    assert sorted(await paths(search, "durable graph", match="any")) == ["guides/flows.md", "guides/tasks.md"]


async def test_a_word_of_the_path_or_the_title_weighs_more(search, root):
    (root / "a.txt").write_text("needle " + "hay " * 5)
    (root / "needle.txt").write_text("hay " * 5 + "needle")
    assert (await paths(search, "needle"))[0] == "needle.txt"
    (root / "needle.txt").write_text("hay")
    found = (await search.search("needle")).hits
    assert [(hit.path, hit.line) for hit in found if hit.path == "needle.txt"] == [("needle.txt", None)]


async def test_a_search_may_be_for_a_part_of_the_folder(search, root):
    (root / "guides2").mkdir()
    (root / "guides2" / "x.md").write_text("flow")
    assert sorted(await paths(search, "flow", path="guides")) == ["guides/flows.md", "guides/tasks.md"]
    assert await paths(search, "flow", path="./guides/tasks.md") == ["guides/tasks.md"]
    assert await paths(search, "flow", path="gui%") == await paths(search, "flow", path="nothing") == []
    for path in ("..", "/etc", "guides/.."):
        with pytest.raises(NotAllowed):
            await search.search("flow", path=path)


async def test_the_number_of_hits_is_bounded(search, root):
    for number in range(8):
        (root / f"{number}.txt").write_text("same words")
    found = await search.search("same", limit=5)
    assert (len(found.hits), found.more) == (5, True)
    assert not (await search.search("same", limit=8)).more
    for limit in (0, 101, -1):
        with pytest.raises(InvalidPayload, match="limit is a number from 1 to 100"):
            await search.search("same", limit=limit)


async def test_a_root_that_is_not_there_and_one_that_has_gone(root, search):
    with pytest.raises(NotFound):
        FolderSearch(root / "nothing")
    root.rename(root.parent / "away")
    with pytest.raises(NotFound, match="root folder is gone"):
        await search.search("flow")


@pytest.mark.parametrize("bounds", [{"max_files": 0}, {"max_file_bytes": 0}, {"max_total_bytes": -1}])
def test_bounds_that_make_no_sense(root, bounds):
    with pytest.raises(ValueError, match="it is a number from 1"):
        FolderSearch(root, **bounds)


async def test_a_snippet_is_bounded_however_long_a_word_is(search, root):
    (root / "long.txt").write_text("x" * 100_000 + " needle " + "y" * 100_000)
    (hit,) = (await search.search("needle")).hits
    assert len(hit.snippet) < 700
    assert "**needle**" in hit.snippet
    (hit,) = (await search.search("xxx*")).hits
    assert hit.snippet.startswith("**xxx")
    assert hit.snippet.endswith("x**")


WORDS = st.sampled_from("alpha beta gamma Delta épsilon x1 42 zeta_eta".split())  # noqa: SIM905


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.lists(WORDS, max_size=8).map(" \n".join), max_size=6),
    query=st.lists(WORDS, min_size=1, max_size=3),
)
async def test_words_are_found_where_a_plain_look_finds_them(tmp_path_factory, texts, query):
    root = tmp_path_factory.mktemp("model")
    for number, text in enumerate(texts):
        (root / f"f{number}.txt").write_text(text)
    search = FolderSearch(root)

    def words(text):
        return set(re.findall("[a-z0-9]+", text.lower().replace("é", "e")))

    try:
        for match, enough in (("all", all), ("any", any)):
            found = await search.search(" ".join(query), limit=100, match=match)
            # Words that are one to people and two to the index stand there next to each other.
            wanted = {
                f"f{number}.txt" for number, text in enumerate(texts) if enough(words(q) <= words(text) for q in query)
            }
            assert {hit.path for hit in found.hits} == wanted
            for hit in found.hits:
                lines = (root / hit.path).read_text().splitlines()
                assert hit.line is not None
                assert any(words(lines[hit.line - 1]) & words(q) for q in query)
                assert not any(words(line) & words(q) for line in lines[: hit.line - 1] for q in query)
    finally:
        await search.close()


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=40) | st.text(st.sampled_from("ab \"'*-:(){}^+\0\ud800NEARü"), max_size=25))
async def test_whatever_is_looked_for_nothing_breaks(search, query):
    with suppress(InvalidPayload):
        assert (await search.search(query)).files == 3
