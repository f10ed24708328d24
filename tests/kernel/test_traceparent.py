"""The W3C trace context header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.kernel.traceparent import format_traceparent, parse_traceparent

TRACE, SPAN = "12345678901234567890123456789012", "1234567890123456"


def ids(size):
    return st.text("0123456789abcdef", min_size=size, max_size=size).filter(lambda text: set(text) != {"0"})


@given(ids(32), ids(16), st.booleans())
def test_what_is_written_is_read(trace, span, sampled):
    assert parse_traceparent(format_traceparent(trace, span, sampled=sampled)) == (trace, span, sampled)


@given(st.text() | st.text("0123456789abcdef-", min_size=50, max_size=60))
def test_reading_never_fails(header):
    found = parse_traceparent(header)
    assert found is None or (len(found[0]), len(found[1])) == (32, 16)


@pytest.mark.parametrize(
    ("header", "sampled"),
    [
        (f"00-{TRACE}-{SPAN}-00", False),
        (f"00-{TRACE}-{SPAN}-02", False),
        (f"00-{TRACE}-{SPAN}-03", True),
        (f"00-{TRACE}-{SPAN}-ff", True),
        (f"  00-{TRACE}-{SPAN}-01\t", True),
        (f"cc-{TRACE}-{SPAN}-01", True),
        (f"cc-{TRACE}-{SPAN}-00-what-the-future-will-be-like", False),
        (f"fe-{TRACE}-{SPAN}-01", True),
    ],
)
def test_a_valid_header_gives_trace_and_span_and_whether_it_is_sampled(header, sampled):
    assert parse_traceparent(header) == (TRACE, SPAN, sampled)


# From the conformance tests that go with the specification: https://github.com/w3c/trace-context/tree/main/test
@pytest.mark.parametrize(
    "header",
    [
        "",
        "foo",
        "00",
        f"00-{TRACE}",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-",
        f"00-{TRACE}-{SPAN}-0",
        f"00-{TRACE}-{SPAN}-001",
        f"00-{TRACE}-{SPAN}-01-",
        f"00-{TRACE}-{SPAN}-01-what-the-future-will-be-like",
        f"00-{TRACE}-{SPAN}-.0",
        f"00-{TRACE}-{SPAN}-0.",
        f"cc-{TRACE}-{SPAN}-01.what-the-future-will-not-be-like",
        f"ff-{TRACE}-{SPAN}-01",
        f".0-{TRACE}-{SPAN}-01",
        f"0.-{TRACE}-{SPAN}-01",
        f"0-{TRACE}-{SPAN}-01",
        f"000-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-.{TRACE[1:]}-{SPAN}-01",
        f"00-{TRACE[:-1]}.-{SPAN}-01",
        f"00-{TRACE}-.{SPAN[1:]}-01",
        f"00-{TRACE[1:]}-{SPAN}-01",
        f"00-{TRACE}3-{SPAN}-01",
        f"00-{TRACE}-{SPAN[1:]}-01",
        f"00-{TRACE}-{SPAN}7-01",
        f"00-{TRACE[:-1]}A-{SPAN}-01",
        f"00-{TRACE}-{SPAN[:-1]}A-01",
        f"00-{TRACE}-{SPAN}-0A",
        f"00_{TRACE}_{SPAN}_01",
        f"00-{TRACE[:-1]}٣-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n00-{TRACE}-{SPAN}-01",
    ],
)
def test_an_invalid_header_gives_nothing(header):
    assert parse_traceparent(header) is None
