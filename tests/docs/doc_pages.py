"""The pages of the documentation, read: their fences with the markers before them, their headings and their links.

docs/README.md tells authors what the markers mean. Whatever here is not understood is a problem of its page, so that
no block can escape the tests.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

MARKERS: dict[str, set[str]] = {
    "python": {"continues", "file"},
    "text": {"output", "picture"},
    "mermaid": {"draws", "picture"},
    "sh": set(),
}
"""The languages that a fence may have, and the markers that may stand before it."""

_COMMENT = re.compile(r"<!--\s*(.*?)\s*-->\s*", re.DOTALL)


@dataclass(frozen=True, slots=True, eq=False)
class Fence:
    """A block of code, output or drawing.

    Args:
        page: The name of its page, from the root of the repository.
        line: Where it opens, from 1.
        language: The first word behind the opening.
        text: What is in it.
        markers: The markers before it, with their values.
        before: The Python or shell block that it belongs to or continues: the nearest one above.
    """

    page: str
    line: int
    language: str
    text: str
    markers: dict[str, str]
    before: "Fence | None"

    @property
    def id(self) -> str:
        """The place of the fence, as test ids show it."""
        return f"{self.page}:{self.line}"

    @property
    def chain(self) -> list["Fence"]:
        """The Python blocks to execute, this one last."""
        return [*(self.before.chain if "continues" in self.markers and self.before else ()), self]


@dataclass(slots=True)
class Page:
    """What stands on a page.

    Attributes:
        fences: In their order.
        anchors: The headings, as links name them.
        links: Each with the line on which its paragraph begins.
        spans: What stands between single backticks.
        problems: What cannot be checked, one sentence each.
    """

    fences: list[Fence] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    links: list[tuple[int, str]] = field(default_factory=list)
    spans: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read(text: str, name: str) -> Page:
    """Read a page.

    Args:
        text: Markdown.
        name: The page's name from the root of the repository, for problems and ids.
    """
    page, slugs = Page(), Counter[str]()
    markers: dict[str, str] = {}
    ancestor: Fence | None = None
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    for number, token in enumerate(tokens):
        line = token.map[0] + 1 if token.map else 0
        if token.type == "html_block":
            markers |= _markers(token.content, page, f"{name}:{line}")
            continue
        if token.type == "fence":
            language = token.info.split()[0] if token.info.split() else ""
            fence = Fence(name, line, language, token.content, markers, ancestor)
            page.problems += _problems(fence)
            page.fences.append(fence)
            ancestor = fence if language in {"python", "sh"} else ancestor
        elif markers:
            page.problems.append(f"{name}:{line}: the marker above stands before no fence: {', '.join(markers)}")
        markers = {}
        if token.type == "code_block":
            page.problems.append(f"{name}:{line}: code that is only indented: put it into a fence")
        if token.type == "heading_open":
            page.anchors.add(_slug(tokens[number + 1].content, slugs))
        _inline(token, page, f"{name}:{line}", line)
    if markers:
        page.problems.append(f"{name}: a marker at the end stands before no fence: {', '.join(markers)}")
    return page


@cache
def page_of(path: Path) -> Page:
    """Read the page in a file of the repository, once: its fences are the same ones for everybody."""
    return read(path.read_text(encoding="utf-8"), name_of(path))


def name_of(path: Path) -> str:
    """Name a file from the root of the repository."""
    return path.relative_to(ROOT).as_posix()


def fences(*languages: str) -> list[Fence]:
    """List the fences of all pages that are in one of some languages."""
    return [fence for path in PAGES for fence in page_of(path).fences if fence.language in languages]


def chains(language: str) -> list[list[Fence]]:
    """List the blocks in a language, those together that continue one another; each is in one list."""
    blocks = fences(language)
    continued = {block.before for block in blocks if "continues" in block.markers}
    return [block.chain for block in blocks if block not in continued]


def shown_by(block: Fence) -> list[Fence]:
    """List the outputs and drawings that a page shows of a block."""
    below = page_of(ROOT / block.page).fences
    return [fence for fence in below if fence.before is block and fence.markers.keys() & {"output", "draws"}]


def _markers(html: str, page: Page, place: str) -> dict[str, str]:
    if _COMMENT.sub("", html).strip():
        page.problems.append(f"{place}: HTML that is no marker: {html.strip()}")
    found = [comment.partition(":") for comment in _COMMENT.findall(html)]
    return {name.strip(): value.strip() for name, _, value in found}


def _problems(fence: Fence) -> list[str]:
    allowed = MARKERS.get(fence.language)
    if allowed is None:
        return [f"{fence.id}: a fence in {fence.language or 'no language'}: it is one of {', '.join(MARKERS)}"]
    found = [
        f"{fence.id}: {marker!r} means nothing before {fence.language}" for marker in fence.markers.keys() - allowed
    ]
    if fence.language in {"text", "mermaid"} and not fence.markers:
        found.append(f"{fence.id}: say whether this is an output, or a picture drawn by hand")
    if fence.markers.keys() & {"output", "draws", "continues"} and fence.before is None:
        found.append(f"{fence.id}: there is no block above that this belongs to")
    if fence.markers.keys() & {"draws", "continues"} and fence.before and fence.before.language != "python":
        found.append(f"{fence.id}: the block above is no Python")
    if not all(fence.markers[marker] for marker in fence.markers.keys() & {"draws", "file"}):
        found.append(f"{fence.id}: write the name behind the marker, as in <!-- draws: flow -->")
    return found


def _inline(token: Token, page: Page, place: str, line: int) -> None:
    for child in token.children or ():
        target = child.attrs.get("href" if child.type == "link_open" else "src")
        if child.type in {"link_open", "image"}:
            page.links.append((line, str(target)))
        elif child.type == "code_inline":
            page.spans.append(child.content)
        elif child.type == "html_inline":
            page.problems.append(f"{place}: HTML within the text: {child.content}")


def _slug(heading: str, known: Counter[str]) -> str:
    # As GitHub does it: https://github.com/Flet/github-slugger
    plain = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-")
    known[plain] += 1
    return plain if known[plain] == 1 else f"{plain}-{known[plain] - 1}"
