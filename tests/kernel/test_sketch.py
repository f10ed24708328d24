"""Places and arrows in Mermaid's words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet import agent
from motet.kernel.sketch import Arrow, Sketch, Spot, mermaid

AWKWARD = [
    "two words",
    'a "quote"',
    "end",
    "subgraph",
    "a_b",
    "a-b",
    "Ünïcode",
    "日本",
    "<b>",
    "a&b",
    "#35;",
    "a\nb",
    "%",
    "",
]


def keys(text):
    """Read the ids of places out of a flowchart."""
    return re.findall(r'^ *(?:subgraph )?(\w+)[\[({]+/?"', text, re.MULTILINE)


def test_a_chain_is_drawn():
    sketch = Sketch("s", (Spot("a"), Spot("b")), (Arrow("a", "b", "yes"), Arrow("b", "a", back=True)))
    assert mermaid(sketch) == ('flowchart LR\n    na["a"]\n    nb["b"]\n    na -->|"yes"| nb\n    nb -.-> na\n')
    assert mermaid(sketch, "TB").startswith("flowchart TB\n")


@pytest.mark.parametrize(
    ("shape", "drawn"),
    [
        ("start", 'nx(("x"))'),
        ("end", 'nx((("x")))'),
        ("agent", 'nx["x"]'),
        ("router", 'nx{"x"}'),
        ("join", 'nx[/"x"\\]'),
        ("loop", 'nx[["x"]]'),
        ("flow", 'nx[["x"]]'),
    ],
)
def test_every_shape_is_drawn(shape, drawn):
    assert mermaid(Sketch("s", (Spot("x", shape),))) == f"flowchart LR\n    {drawn}\n"


def test_a_subflow_is_a_box_around_its_own_graph():
    inner = Sketch("inner", (Spot("a"), Spot("b")), (Arrow("a", "b"),))
    outer = Sketch("outer", (Spot("a"), Spot("sub", "flow", inner)), (Arrow("a", "sub"),))
    assert mermaid(outer).splitlines() == [
        "flowchart LR",
        '    na["a"]',
        '    subgraph nsub["sub"]',
        '        nsub_x_a["a"]',
        '        nsub_x_b["b"]',
        "        nsub_x_a --> nsub_x_b",
        "    end",
        "    na --> nsub",
    ]


@pytest.mark.parametrize("name", AWKWARD)
def test_any_name_gives_a_plain_id_and_a_label_on_one_line(name):
    lines = mermaid(Sketch("s", (Spot(name),), (Arrow(name, name, name),))).splitlines()
    assert len(lines) == 3
    found = re.fullmatch(r'    (n\w*)\["([^"<>]|<br>)*"\]', lines[1], re.ASCII)
    assert found is not None
    assert found[1] not in {"end", "subgraph", "graph", "flowchart", "default", "style", "class", "click"}
    assert lines[2].startswith(f"    {found[1]} -->")
    assert lines[2].endswith(f" {found[1]}")


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ('a "b"', "a &quot;b&quot;"),
        ("<b>", "&lt;b&gt;"),
        ("a&lt;", "a&amp;lt;"),
        ("#35;", "#35;35;"),
        ("a\nb", "a<br>b"),
        ("é", "é"),
    ],
)
def test_a_label_shows_the_name_as_it_is(name, label):
    assert f'["{label}"]' in mermaid(Sketch("s", (Spot(name),)))


NAMES = st.lists(st.sampled_from(AWKWARD) | st.text("ab_ /%2", max_size=4), min_size=1, max_size=4, unique=True)
SKETCHES = st.recursive(
    NAMES.map(lambda names: Sketch("s", tuple(map(Spot, names)))),
    lambda inner: st.tuples(NAMES, inner).map(
        lambda two: Sketch("s", tuple(Spot(name, "flow", two[1]) for name in two[0]))
    ),
    max_leaves=3,
)


def count(sketch):
    return sum(1 + (count(spot.inside) if spot.inside else 0) for spot in sketch.spots)


@given(SKETCHES)
def test_two_places_never_share_an_id(sketch):
    found = keys(mermaid(sketch))
    assert len(found) == len(set(found)) == count(sketch)


def test_an_agent_is_a_single_place():
    @agent
    async def one(payload): ...

    assert one.sketch() == Sketch("one", (Spot("one"),))
    assert one.draw() == 'flowchart LR\n    none["one"]\n'
