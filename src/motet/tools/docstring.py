"""What a docstring says of a function and of each parameter, in the three styles that people write.

Google: `Args:` and indented entries. NumPy: `Parameters` over a line of dashes. Sphinx: `:param name:`.
"""

import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import Final

__all__ = ["Docs", "read_docstring"]

_GOOGLE: Final = re.compile(r"(?:Args|Arguments|Params|Parameters|Keyword Args|Keyword Arguments):\s*$")
_NUMPY: Final = re.compile(r"(?:Other )?Parameters\s*$")
_UNDERLINE: Final = re.compile(r"-{3,}\s*$")
_FIELD: Final = re.compile(r":\w+[^:]*:")

_GOOGLE_ENTRY: Final = re.compile(r"(?P<names>\*{0,2}\w+)\s*(?:\(.*?\))?\s*:(?P<text>.*)")
_NUMPY_ENTRY: Final = re.compile(r"(?P<names>\*{0,2}\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(?::.*)?(?P<text>)$")
_SPHINX_ENTRY: Final = re.compile(
    r":(?:param|parameter|arg|argument|key|keyword)\s+(?:[^:]*\s)?(?P<names>\*{0,2}\w+)\s*:(?P<text>.*)"
)


@dataclass(frozen=True, slots=True)
class Docs:
    """What a docstring says.

    Args:
        summary: Its first paragraph, in one line.
        arguments: What it says of each parameter, in one line each.
    """

    summary: str
    arguments: Mapping[str, str]


def read_docstring(text: str | None) -> Docs:
    """Read a docstring.

    Args:
        text: As it stands in the code; None where there is none.
    """
    lines = inspect.cleandoc(text or "").splitlines()
    arguments = _entries(lines, _SPHINX_ENTRY)
    for place, line in enumerate(lines):
        if _GOOGLE.match(line):
            arguments |= _entries(_indented(lines[place + 1 :]), _GOOGLE_ENTRY)
        elif _NUMPY.match(line) and place + 1 < len(lines) and _UNDERLINE.match(lines[place + 1]):
            arguments |= _entries(_underlined(lines[place + 2 :]), _NUMPY_ENTRY)
    return Docs(_joined(takewhile(_is_summary, lines)), arguments)


def _is_summary(line: str) -> bool:
    return bool(line.strip()) and not _GOOGLE.match(line) and not _FIELD.match(line)


def _indented(lines: list[str]) -> list[str]:
    """Return the lines up to the first one that stands at the margin again, moved to the margin."""
    body = takewhile(lambda line: not line or line.startswith(" "), lines)
    return textwrap.dedent("\n".join(body)).splitlines()


def _underlined(lines: list[str]) -> Iterator[str]:
    """Give the lines up to the next heading."""
    for line, after in pairwise([*lines, ""]):
        if _UNDERLINE.match(after):
            return
        yield line


def _entries(lines: Iterable[str], pattern: re.Pattern[str]) -> dict[str, str]:
    """Read entries that begin at the margin; what is indented below one, or empty, belongs to it."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines:
        if line.strip() and not line.startswith(" "):
            match = pattern.match(line)
            current = [match["text"]] if match else []
            names = re.findall(r"\w+", match["names"]) if match else []
            found.update(dict.fromkeys(names, current))
        else:
            current.append(line)
    return {name: told for name, texts in found.items() if (told := _joined(texts))}


def _joined(lines: Iterable[str]) -> str:
    return " ".join(" ".join(lines).split())
