"""Frames and values of a loopback: what is written is read."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet import InvalidPayload
from motet.kernel.schema import ANY, Schema
from motet.testing.loopback_pipe import Pipe
from motet.testing.loopback_wire import Frame, decode, encode, pack, sizes_of, unpack

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), JSON, max_size=4), st.binary(max_size=100))
def test_a_frame_is_read_as_it_was_written(metadata: dict[str, Any], body: bytes):
    frame = Frame({"kind": "call", "id": 7, "metadata": metadata}, body)
    data = pack(frame)
    head, rest = sizes_of(data[:8])
    assert len(data) == 8 + head + rest
    assert unpack(data[8 : 8 + head], data[8 + head :]) == frame


@given(JSON)
def test_a_value_is_read_as_it_was_written(value: object):
    assert repr(decode(ANY, encode(ANY, value, "a", "output"), "a", "output")) == repr(value)


@pytest.mark.parametrize(("side", "fault"), [("input", "caller"), ("output", "agent")])
def test_a_value_of_another_type_is_the_fault_of_its_side(side: Any, fault: str):
    for work in (lambda: encode(Schema(int), "x", "a", side), lambda: decode(Schema(int), b'"x"', "a", side)):
        with pytest.raises(InvalidPayload, match=f"The {side} of 'a'") as raised:
            work()
        assert raised.value.fault == fault


async def test_what_is_said_after_the_end_goes_nowhere():
    pipe = Pipe()
    pipe.write(Frame({"kind": "more", "id": 1}))
    pipe.close()
    pipe.close()
    pipe.write(Frame({"kind": "more", "id": 2}))
    assert await asyncio.wait_for(pipe.read(), 20) == Frame({"kind": "more", "id": 1})
    assert await asyncio.wait_for(pipe.read(), 20) is None
