"""Sketches as SVG: everything is drawn, nothing is loaded, and names may hold anything."""

import re
import xml.etree.ElementTree as ET

import pytest

from motet import Flow, agent, join
from motet.devtools.sketch_svg import svg
from motet.kernel.sketch import Arrow, Sketch, Spot

NASTY = "<script>alert(1)</script> & \"quoted\" 'too'"


@agent
async def work(payload: int) -> int:
    return payload


def parsed(sketch: Sketch) -> ET.Element:
    return ET.fromstring(svg(sketch))  # noqa: S314 - our own


def boxes(picture: ET.Element) -> dict[str, tuple[float, float, float, float]]:
    found = {}
    for spot in picture.iter("{http://www.w3.org/2000/svg}g"):
        rect = spot.find("{http://www.w3.org/2000/svg}rect")
        assert rect is not None
        found[spot.attrib["data-name"]] = tuple(float(rect.attrib[key]) for key in ("x", "y", "width", "height"))
    return found  # type: ignore[return-value]


def test_spots_stand_behind_those_that_lead_to_them() -> None:
    chain = Sketch(
        "s", (Spot("a"), Spot("b"), Spot("c")), (Arrow("a", "b"), Arrow("b", "c"), Arrow("c", "a", "again", True))
    )
    picture = parsed(chain)
    found = boxes(picture)
    assert found["a"][0] + found["a"][2] < found["b"][0]
    assert found["b"][0] + found["b"][2] < found["c"][0]
    arrows = [
        path.attrib["class"] for path in picture.iter("{http://www.w3.org/2000/svg}path") if "class" in path.attrib
    ]
    assert arrows == ["arrow", "arrow", "arrow back"]
    assert "again" in "".join(picture.itertext())


def test_boxes_do_not_overlap_and_are_within_the_picture() -> None:
    nodes = [agent(name=f"n{number}")(lambda x: x) for number in range(5)]
    flow = Flow("f", work >> nodes >> join(5) >> agent(name="end")(lambda x: 1))
    picture = parsed(flow.sketch())
    _, _, width, height = map(float, picture.attrib["viewBox"].split())
    placed = list(boxes(picture).values())
    assert len(placed) == 8
    for x, y, w, h in placed:
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
    for place, (x, y, w, h) in enumerate(placed):
        for other_x, other_y, other_w, other_h in placed[place + 1 :]:
            assert x + w <= other_x or other_x + other_w <= x or y + h <= other_y or other_y + other_h <= y


def test_what_is_inside_a_spot_is_drawn_inside_it() -> None:
    inner = Sketch("inner", (Spot("in 1"), Spot("in 2")), (Arrow("in 1", "in 2"),))
    found = boxes(parsed(Sketch("outer", (Spot("sub", "flow", inner), Spot("after")), (Arrow("sub", "after"),))))
    x, y, w, h = found["sub"]
    for name in ("in 1", "in 2"):
        inner_x, inner_y, inner_w, inner_h = found[name]
        assert x < inner_x
        assert inner_x + inner_w < x + w
        assert y < inner_y
        assert inner_y + inner_h < y + h


@pytest.mark.parametrize("name", [NASTY, "x" * 500, "", "\n\t", "😀" * 10])
def test_a_name_may_hold_anything(name: str) -> None:
    text = svg(Sketch(name, (Spot(name), Spot("b")), (Arrow(name, "b", NASTY),)))
    picture = ET.fromstring(text)  # noqa: S314 - our own
    assert boxes(picture).keys() == {" ".join(name.split()) if name.isspace() else name, "b"} or name.isspace()
    assert "<script" not in text


def test_odd_sketches_are_drawn_too() -> None:
    assert svg(Sketch("empty", ()))
    assert svg(Sketch("loose", (Spot("a"),), (Arrow("a", "nobody"), Arrow("a", "a"))))
    circle = Sketch("circle", (Spot("a"), Spot("b")), (Arrow("a", "b"), Arrow("b", "a")))
    assert len(boxes(parsed(circle))) == 2


def test_nothing_is_loaded_from_anywhere() -> None:
    text = svg(Flow("f", work >> join()).sketch()).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|href|url\((?!#)|src=", text)
