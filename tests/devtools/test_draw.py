"""Drawing agents as Mermaid or as DOT."""

import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet import Flow, agent, draw, loop
from motet.devtools.draw import dot
from motet.kernel.sketch import Arrow, Sketch, Spot

AWKWARD = ["a b", 'a "q"', "end", "node", "digraph", "a/b", "a\\", "\\N", "Ünï", "日本", "<b>", "a\nb", "%2F", ""]

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")


def quoted():
    return r'"(?:[^"\\]|\\.)*"'


def ids(text):
    """Read the ids of nodes and of clusters out of a graph."""
    nodes = re.findall(rf"^ *({quoted()}) \[label=", text, re.MULTILINE)
    return nodes + re.findall(rf"^ *subgraph ({quoted()})", text, re.MULTILINE)


def test_a_chain_is_drawn_with_styles_for_labels_and_cycles():
    sketch = Sketch("s", (Spot("a"), Spot("b", "router")), (Arrow("a", "b", "yes"), Arrow("b", "a", back=True)))
    assert dot(sketch, "TB").splitlines() == [
        'digraph "s" {',
        "    rankdir=TB; compound=true;",
        '    node [fontname="sans-serif", shape=box];',
        '    "a" [label="a", shape=box];',
        '    "b" [label="b", shape=diamond];',
        '    "a" -> "b" [label="yes"];',
        '    "b" -> "a" [style=dashed];',
        "}",
    ]


@pytest.mark.parametrize(
    ("shape", "drawn"),
    [
        ("start", "circle"),
        ("end", "doublecircle"),
        ("agent", "box"),
        ("router", "diamond"),
        ("join", "invtrapezium"),
        ("loop", "box, peripheries=2"),
        ("flow", "box3d"),
    ],
)
def test_every_shape_is_drawn(shape, drawn):
    assert f'"x" [label="x", shape={drawn}];' in dot(Sketch("s", (Spot("x", shape),)))


def nested():
    deep = Sketch("deep", (Spot("a"), Spot("b")), (Arrow("a", "b"),))
    middle = Sketch("middle", (Spot("first", "flow", deep), Spot("last")), (Arrow("first", "last"),))
    return Sketch("top", (Spot("a"), Spot("sub", "flow", middle)), (Arrow("a", "sub"), Arrow("sub", "a", back=True)))


def test_an_arrow_of_a_subflow_ends_at_a_node_inside_and_is_cut_off_at_its_box():
    text = dot(nested())
    assert '    subgraph "cluster_sub" {\n        label="sub";\n' in text
    assert '    "a" -> "sub/first/a" [lhead="cluster_sub"];' in text
    assert '    "sub/last" -> "a" [style=dashed, ltail="cluster_sub"];' in text
    assert '        "sub/first/b" -> "sub/last" [ltail="cluster_sub/first"];' in text
    assert ids(text) == ['"a"', '"sub/first/a"', '"sub/first/b"', '"sub/last"', '"cluster_sub"', '"cluster_sub/first"']


def test_an_empty_subflow_can_be_drawn():
    sketch = Sketch("s", (Spot("a"), Spot("e", "flow", Sketch("e", ()))), (Arrow("a", "e"),))
    assert '"a" -> "e" [lhead="cluster_e"];' in dot(sketch)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ('a "b"', r'"a \"b\""'),
        ("a\\", r'"a\\"'),
        ("\\N", r'"\\N"'),
        ("a\nb", r'"a\nb"'),
        ("a/b", '"a/b"'),
        ("é", '"é"'),
    ],
)
def test_a_label_shows_the_name_as_it_is(name, label):
    assert f"label={label}, shape" in dot(Sketch("s", (Spot(name),)))


def test_a_place_is_not_taken_for_one_of_a_subflow_with_a_name_like_its_path():
    inner = Sketch("a", (Spot("b"),))
    found = ids(dot(Sketch("s", (Spot("a/b"), Spot("a", "flow", inner), Spot("a%2Fb")))))
    assert len(found) == len(set(found)) == 4


NAMES = st.lists(st.sampled_from(AWKWARD) | st.text('ab_ /%2"\\', max_size=4), min_size=1, max_size=4, unique=True)
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
    found = ids(dot(sketch))
    assert len(found) == len(set(found)) == count(sketch)


@needs_dot
@pytest.mark.parametrize(
    ("sketch", "numbers"),
    [
        (nested(), (4, 4)),
        (Sketch("s", tuple(map(Spot, AWKWARD)), (Arrow("a/b", "end", 'x "y"'),)), (len(AWKWARD), 1)),
        (Sketch("s", (Spot("a/b"), Spot("a", "flow", Sketch("a", (Spot("b"),))))), (2, 0)),
    ],
)
def test_graphviz_reads_what_is_written(sketch, numbers):
    command = [shutil.which("dot") or "dot", "-Tplain"]
    drawn = subprocess.run(command, input=dot(sketch), capture_output=True, text=True, check=True, timeout=60)
    assert not drawn.stderr
    lines = [line.split()[0] for line in drawn.stdout.splitlines() if line]
    assert (lines.count("node"), lines.count("edge")) == numbers


@agent
async def first(payload): ...


@agent
async def second(payload): ...


def test_every_agent_can_be_drawn_in_both_styles():
    for made in (first, Flow("f", first >> second), loop(first, until=bool)):
        assert draw(made) == draw(made, "mermaid") == made.draw()
        assert draw(made, "mermaid", direction="TB").startswith("flowchart TB\n")
        assert draw(made, "dot", direction="TB").startswith(f'digraph "{made.sketch().name}" {{\n    rankdir=TB;')


def test_a_flow_in_a_flow_is_a_box():
    inner = Flow("inner", first >> second)
    text = draw(Flow("outer", first >> inner), "dot")
    assert 'subgraph "cluster_inner" {' in text
    assert '"inner/first" -> "inner/second";' in text


@pytest.mark.parametrize("style", ["svg", "DOT", ""])
def test_a_style_that_does_not_exist_is_refused(style):
    with pytest.raises(ValueError, match="mermaid"):
        draw(first, style)
