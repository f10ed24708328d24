"""A history as a page: all of it is there, nothing is loaded, and nothing that was recorded is taken for HTML."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from motet import Flow, agent, sequential
from motet.devtools.history import History, Reader
from motet.devtools.replay import record
from motet.devtools.trace_html import page
from motet.devtools.words import seconds
from motet.kernel.events import AgentEnded, AgentStarted

BROWSER = shutil.which("chromium")

needs_browser = pytest.mark.skipif(BROWSER is None, reason="Chromium is not installed")

NASTY = "</script><script>alert('x')</script><img src=x onerror=alert(1)>&<!--"


class Page(HTMLParser):
    """Collects the elements of a page, and what is in its data element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.title = ""
        self._data = ""
        self._in = ""
        self.feed(text)
        self.data: dict[str, Any] = json.loads(self._data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self._in = "data" if dict(attrs).get("id") == "data" else tag

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in == "data":
            self._data += data
        elif self._in == "title" and not self.title:
            self.title = data


async def history_of(payload: object, name: str = "outer", **about: object) -> History:
    @agent(name=name, validate="none")
    async def echo(payload: object) -> object:
        if payload == "fail":
            raise ValueError(NASTY)
        return payload

    history = await record(Flow("flow", echo >> agent(name="after")(lambda payload: 1)), payload)
    history.about.update(about)
    return history


async def test_the_page_has_every_span_with_what_it_was_given_and_gave() -> None:
    shown = Page(page(await history_of({"a": 1})))
    assert [(span["n"], span["k"], span["d"], span["p"]) for span in shown.data["spans"]] == [
        ("flow", "flow", 0, None),
        ("outer", "node", 1, 0),
        ("after", "node", 1, 0),
    ]
    assert json.loads(shown.data["spans"][1]["a"]) == {"a": 1}
    assert shown.data["spans"][2]["o"] == "1"
    assert "outer begins" in shown.data["spans"][1]["h"]
    assert (shown.data["name"], shown.data["status"], shown.data["problems"]) == ("flow", "completed", [])
    assert shown.title.startswith("flow: trace ")


@pytest.mark.parametrize("where", ["name", "payload", "error", "target", "sketch"])
async def test_what_was_recorded_is_never_taken_for_html(where: str) -> None:
    plain = Page(page(await history_of("x", sketch=None)))
    sketch = {
        "name": NASTY,
        "spots": [{"name": NASTY}, {"name": "b"}],
        "arrows": [{"source": NASTY, "target": "b", "label": NASTY}],
    }
    history = {
        "name": lambda: history_of("x", NASTY),
        "payload": lambda: history_of(NASTY),
        "error": lambda: history_of("fail"),
        "target": lambda: history_of("x", target=NASTY),
        "sketch": lambda: history_of("x", sketch=sketch),
    }
    text = page(await history[where]())
    shown = Page(text)
    assert shown.tags.count("script") == plain.tags.count("script") == 2
    assert "img" not in shown.tags
    assert not [name for name, _ in shown.attributes if name.startswith("on")]
    assert NASTY not in text
    assert NASTY in json.dumps(shown.data, ensure_ascii=False).replace('\\"', '"') or where == "sketch"


async def test_nothing_is_loaded_from_anywhere() -> None:
    text = page(await history_of("x"))
    shown = Page(text)
    assert "link" not in shown.tags
    assert not {"src", "href", "action"} & {name for name, _ in shown.attributes}
    policy = next(value for name, value in shown.attributes if name == "content" and value and "default-src" in value)
    assert policy.startswith("default-src 'none'")
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|@import|url\((?!#)|fetch\(|XMLHttp|innerHTML", text)


async def test_a_thousand_spans_make_a_page_of_bounded_size() -> None:
    @agent
    async def work(payload: str) -> str:
        return payload

    text = page(await record(sequential(*[work] * 1000, name="many"), "x" * 50_000))
    assert len(Page(text).data["spans"]) == 1001
    assert len(text) < 8_000_000


async def test_the_graph_is_that_of_the_agent_or_who_called_whom() -> None:
    called = page(await history_of("x"))
    assert "Who called whom" in called
    assert called.count('class="spot') == 3
    flow: Flow[Any, Any] = Flow("f", agent(name="a")(lambda x: 1) >> agent(name="b")(lambda x: 1))
    import dataclasses

    drawn = page(await history_of("x", sketch=dataclasses.asdict(flow.sketch())))
    assert ("The graph" in drawn, drawn.count('class="spot')) == (True, 2)
    assert "Who called whom" in page(await history_of("x", sketch={"odd": 1}))


def test_a_history_without_events_makes_a_page_that_says_so() -> None:
    reader = Reader("t")
    reader.add([5])
    shown = Page(page(reader.history))
    assert shown.data["spans"] == []
    assert shown.data["problems"] == ["Record 1 is no object", "The beginning is missing"]


async def test_what_has_not_ended_says_so() -> None:
    history = await history_of("x")
    reader = Reader(history.trace)
    reader.add(history.records[:4])
    shown = Page(page(reader.history))
    assert shown.data["status"] == "not over"
    assert shown.data["spans"][0]["t"] is None
    assert shown.data["problems"]


def drawn(text: str, folder: Path) -> str:
    """Let a browser draw a page; return what the page has become."""
    assert BROWSER is not None
    (folder / "page.html").write_text(text, encoding="utf-8")
    # Its own sandbox is not to be had for root, or in many containers: it draws a page of ours, and nothing else.
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    command = [BROWSER, *options, "--enable-logging=stderr", "--dump-dom", (folder / "page.html").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
    assert "Uncaught" not in done.stderr, done.stderr
    return done.stdout


async def part_of(payload: object, count: int, name: str = "outer") -> History:
    """Record, and keep the beginning alone, as of a process that was killed; less than nothing is the end alone."""
    whole = await history_of(payload, name)
    reader = Reader(whole.trace)
    reader.add(whole.records[:count] if count >= 0 else whole.records[count:])
    return reader.history


@needs_browser
@pytest.mark.parametrize(
    ("payload", "count", "status", "problems"),
    [
        ("x", 1000, "completed", 0),
        ("fail", 1000, "failed", 0),
        ("x", 4, "not over", 1),
        ("x", 1, "not over", 1),
        ("x", -2, "not over", 1),
    ],
)
async def test_a_browser_draws_all_of_it_whatever_has_become_of_the_trace(
    tmp_path: Path, payload: str, count: int, status: str, problems: int
) -> None:
    history = await part_of(payload, count, NASTY)
    text = page(history)
    shown = drawn(text, tmp_path)
    assert len(re.findall(r'class="row(?: bad)?(?: chosen)?"', shown)) == len(Page(text).data["spans"])
    assert re.search(r'id="status">([^<]*)<', shown).group(1) == status  # type: ignore[union-attr]
    assert len(re.findall("<li>", shown)) == len(history.problems)
    assert len(history.problems) >= problems
    assert "<img" not in shown


@needs_browser
def test_a_browser_writes_durations_as_they_are_written_elsewhere(tmp_path: Path) -> None:
    durations = [0.00004, 0.5, 5.126, 12.34, 59.97, 119.7, 3599.6, 5025.0, 100_000.0]
    history = History("t" * 32)
    for number, took in enumerate(durations):
        history.events += [
            AgentStarted(history.trace, 1.0, f"{number}", "", f"a{number}"),
            AgentEnded(history.trace, 1.0 + took, f"{number}", f"a{number}", "completed", took),
        ]
    shown = re.findall(r'class="time">([^<]*)<', drawn(page(history), tmp_path))
    assert shown == ["took", *map(seconds, durations)]
