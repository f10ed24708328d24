"""Lines of a log: whatever is logged comes out as one line, and a secret does not."""

import io
import json
import logging
import queue
from dataclasses import dataclass
from logging.handlers import QueueHandler, QueueListener

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretBytes, SecretStr

from motet import agent
from motet.observability.logging_formats import LONGEST, NESTED, JsonFormatter, TextFormatter
from support import echo

JSON = JsonFormatter()
LOGGER, MADE = logging.getLogger("name"), ("name", logging.INFO, "path", 1, "m", (), None)
SECRET = "hush-hush"  # noqa: S105 - that is the point


def record(message: object = "m", *args: object, at: int = logging.INFO, exc_info: object = None, **extra: object):
    made = logging.LogRecord("name", at, "path", 1, message, args, exc_info)
    vars(made).update(extra)
    return made


def line(*args: object, **extra: object):
    text = JSON.format(record(*args, **extra))
    assert text.isprintable(), "more than one line"
    return json.loads(text)


class Broken:
    """Cannot be written."""

    def __str__(self) -> str:
        raise RuntimeError("hush-hush")

    __repr__ = __str__


class Odd:
    """Writes itself as something that is no text."""

    def __str__(self) -> str:
        return None  # noqa: PLE0307 - that is the point


class Unreadable(dict):
    """Cannot be read."""

    def items(self):
        raise OSError("gone")


class Model(BaseModel):
    user: str = "ann"
    api_key: str = SECRET
    hidden: SecretStr = SecretStr(SECRET)
    raw: SecretBytes = SecretBytes(SECRET.encode())


@dataclass
class Data:
    user: str = "ann"
    password: str = SECRET


ODD = {
    "broken": Broken(),
    "odd": Odd(),
    "unreadable": Unreadable(a=1),
    "object": object(),
    "class": Broken,
    "model": Model(),
    "data": Data(),
    "secret": SecretStr(SECRET),
    "surrogate": "\ud800",
}
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.binary()
    | st.sampled_from(sorted(ODD)).map(lambda name: ODD[name]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner),
    max_leaves=10,
)
NAMES = st.sampled_from(["x", "title", "error", "time", "level", "trace", "stack", "message2"])


@given(VALUES, st.lists(VALUES, max_size=3), st.dictionaries(NAMES, VALUES, max_size=3))
def test_whatever_is_logged_is_one_line_of_json_and_no_secret_is_in_it(message, args, extra):
    text = JSON.format(record(message, *args, **extra))
    found = json.loads(text)
    assert "\n" not in text
    assert len(text) <= LONGEST
    assert {"time", "level", "logger", "message"} <= set(found)
    assert SECRET not in text


@given(VALUES, st.lists(VALUES, max_size=3), st.dictionaries(NAMES, VALUES, max_size=3))
def test_whatever_is_logged_for_people_is_one_line_of_its_own(message, args, extra):
    text = TextFormatter().format(record(message, *args, **extra))
    first, *others = text.split("\n")
    assert " INFO    name " in first
    assert all(other.startswith("  | ") for other in others)
    assert SECRET not in text
    text.encode()


def nested(depth, inner):
    for _ in range(depth):
        inner = {"a": [inner]}
    return inner


@given(
    st.sampled_from(["password", "apiKey", "Authorization", "set-cookie", "x_secret_y"]),
    st.text(min_size=1).map(lambda text: f"<{SECRET}{text}{SECRET}>"),
    st.integers(0, 4),
    st.booleans(),
)
def test_a_known_secret_never_appears(key, secret, depth, positional):
    held = nested(depth, {key: secret, "n": 1})
    for made in (
        record("m", payload=held),
        record("got %s", held, "x") if positional else record("got %s", held),
        record("got %(n)s %(a)s", {"n": held, "a": 1}),
        record(f"{key}=%s and %s", secret, 1),
        record(f'{{"{key}": "%s"}}', secret),
        record(json.dumps(held)),
        record(repr(held)),
        record("see %s", f"https://ann:{json.dumps(secret).replace(' ', '').replace('/', '')[1:-1]}@host/")
        if secret.isalnum()
        else record("m"),
    ):
        assert SECRET not in JSON.format(made)
        assert SECRET not in TextFormatter().format(made)


def test_a_line_says_when_where_and_what():
    found = line("it took %d of %s", 3, "ten", user="ann", n=1.5)
    assert found["time"].endswith("Z")
    assert found["time"][10] == "T"
    del found["time"]
    assert found == {"level": "INFO", "logger": "name", "message": "it took 3 of ten", "user": "ann", "n": 1.5}


async def test_a_line_within_a_call_has_trace_span_and_agent():
    lines, spans = [], []

    @agent
    async def talk(payload, ctx):
        spans.append((ctx.trace, ctx.span))
        lines.append(line("inside"))
        return await echo(payload)

    @agent
    def aside(payload):
        lines.append(line("in a thread"))

    await talk(1)
    await aside(1)
    assert (lines[0]["trace"], lines[0]["span"]) == spans[0]
    assert [each["agent"] for each in lines] == ["talk", "aside"]
    assert "trace" not in line("outside")
    assert line("told", trace="a" * 32, span="b" * 16)["span"] == "b" * 16


async def test_the_formatter_of_a_queue_handler_makes_lines_within_the_call():
    lines, stream = queue.SimpleQueue(), io.StringIO()
    handler = QueueHandler(lines)
    handler.setFormatter(JsonFormatter())
    listener = QueueListener(lines, logging.StreamHandler(stream))
    logger = logging.Logger("queued")  # noqa: LOG001 - of this test alone
    logger.addHandler(handler)

    @agent
    async def work(payload, ctx):
        try:
            raise ValueError(f"token={SECRET}")  # noqa: TRY301 - it is told, not handled
        except ValueError:
            logger.exception("broke: %s", {"password": SECRET})
        return ctx.trace, ctx.span

    listener.start()
    trace, span = await work(1)
    listener.stop()
    found = json.loads(stream.getvalue())
    assert (found["trace"], found["span"], found["agent"]) == (trace, span, "work")
    assert (found["error"]["type"], found["error"]["message"]) == ("ValueError", "token=***")
    assert SECRET not in stream.getvalue()


def test_pydantic_secrets_are_hidden_wherever_they_are():
    found = line("m", a=SecretStr(SECRET), b=[SecretBytes(SECRET.encode())], c=Model(), d=Data())
    assert found["a"] == "***"
    assert found["b"] == ["***"]
    assert found["c"] == {"user": "ann", "api_key": "***", "hidden": "***", "raw": "***"}
    assert found["d"] == {"user": "ann", "password": "***"}


def test_names_that_the_user_gives_are_hidden_too():
    formatter = JsonFormatter(redact=["account number"])
    text = formatter.format(record("accountNumber=%s", SECRET, account_number=SECRET))
    assert SECRET not in text
    assert SECRET in JSON.format(record("accountNumber=%s", SECRET))


def test_an_error_is_told_with_its_causes_and_where_it_came_from():
    try:
        try:
            raise ValueError(f"token={SECRET}")  # noqa: TRY301 - it is told, not handled
        except ValueError as inner:
            raise KeyError("outer") from inner
    except KeyError as caught:
        error = caught
    found = line("broke", at=logging.ERROR, exc_info=(type(error), error, error.__traceback__))
    assert found["error"]["type"] == "KeyError"
    assert found["error"]["causes"] == [{"type": "ValueError", "message": "token=***"}]
    assert "test_logging_formats.py" in found["error"]["stack"]
    assert SECRET not in json.dumps(found)


def deep_error(depth, message):
    """Return an error that was raised below many calls, as within a web framework."""

    def inner(below):
        if below:
            return even(below - 1)
        raise ValueError(message)

    def even(below):
        return inner(below - 1) if below else inner(0)  # two functions, as lines of one that calls itself are summed up

    try:
        inner(depth)
    except ValueError as error:
        return ValueError, error, error.__traceback__


@pytest.mark.parametrize("formatter", [JSON, TextFormatter()], ids=["json", "text"])
def test_of_a_long_traceback_the_lines_where_it_was_raised_are_told(formatter):
    made = record("broke", exc_info=deep_error(300, "no " * 100))
    told = formatter.format(made)
    told = json.loads(told)["error"]["stack"] if formatter is JSON else told.replace("\n  | ", "\n")
    assert len(told) < 8500
    assert "Traceback (most recent call last):" in told
    assert "lines more]" in told
    *_, raised, said = told.rstrip().splitlines()
    assert "raise ValueError(message)" in raised
    assert said == f"ValueError: {'no ' * 100}".rstrip()


def test_where_a_stack_was_asked_for_its_end_is_told():
    def logged(below):
        return even(below - 1) if below else LOGGER.makeRecord(*MADE, sinfo=LOGGER.findCaller(stack_info=True)[3])

    def even(below):
        return logged(below - 1)

    found = json.loads(JSON.format(logged(300)))
    assert found["stack"].startswith("Stack (most recent call last):")
    assert "LOGGER.findCaller" in found["stack"].splitlines()[-1]


def test_an_error_is_told_also_in_a_line_that_is_too_long():
    exc_info = deep_error(300, "\U0001f512" * 5000)
    text = JSON.format(record("m", exc_info=exc_info, **{f"x{number}": "y" * 8000 for number in range(20)}))
    found = json.loads(text)
    assert len(text) <= LONGEST
    assert "extras were left out" in found["problem"]
    assert found["error"]["type"] == "ValueError"
    assert found["error"]["message"].startswith("\U0001f512" * 1000)
    assert "raise ValueError(message)" in found["error"]["stack"]


def test_an_error_whose_words_take_many_characters_of_json_is_told():
    found = line("文", exc_info=deep_error(3, "文" * 9000))
    assert found["error"]["message"].startswith("文" * 1000)
    assert "raise ValueError(message)" in found["error"]["stack"]


def test_errors_that_cause_each_other_and_cannot_be_written_are_told():
    first, second = ValueError(Broken()), KeyError("second")
    first.__cause__, second.__cause__ = second, first
    found = line("broke", exc_info=(ValueError, first, None))
    assert [found["error"]["type"], found["error"]["causes"][0]["type"]] == ["ValueError", "KeyError"]
    assert "cannot be written" in found["error"]["message"]


def test_arguments_that_do_not_fit_are_told():
    found = line("%d of %s", "three")
    assert found["message"].startswith("%d of %s <('three',) does not fit: TypeError>")


def test_values_beyond_bounds_are_cut_with_a_mark():
    found = line("x" * 20_000, deep=nested(20, 1), many=list(range(1000)), big=10**5000)
    assert found["message"].endswith("... [11808 more]")
    assert found["many"][-1] == "... [900 more]"
    assert "<list>" in json.dumps(found["deep"])
    assert len(found["big"]) < 9000


def test_a_line_that_is_too_long_keeps_where_it_came_from():
    found = line("m", **{f"x{number}": "y" * 8000 for number in range(20)})
    assert found["message"] == "m"
    assert "extras were left out" in found["problem"]


def test_what_changes_or_recurs_while_it_is_read_is_told():
    loop = []
    loop.append(loop)
    assert "<list>" in json.dumps(line("m", loop=loop))
    assert "cannot be read: OSError" in json.dumps(line("m", bad=Unreadable(a=1)))


def test_an_object_that_logs_while_it_is_written_does_not_recur_for_ever():
    lines = []

    class Talkative:
        def __str__(self) -> str:
            lines.append(line("inner %s", self))
            return "talkative"

    assert line("outer %s", Talkative())["message"] == "outer talkative"
    assert "logs while it is written" in lines[0]["problem"]
    assert len(lines) == NESTED


def test_text_cannot_pretend_to_be_another_line():
    text = TextFormatter().format(record("one\n2026-01-01 INFO forged \x1b[31m", user="a b\n c"))
    assert text.split("\n")[1].startswith("  | 2026-01-01 INFO forged \\x1b[31m")
    assert 'user="a b\\n c"' in text


async def test_text_shows_agent_and_trace_and_an_error_below():
    texts = []

    @agent
    async def fail(payload):
        try:
            raise ValueError("no")  # noqa: TRY301 - it is told, not handled
        except ValueError as error:
            made = record("failed", at=logging.ERROR, exc_info=(ValueError, error, error.__traceback__))
            texts.append(TextFormatter().format(made))

    await fail(1)
    first, *others = texts[0].split("\n")
    assert " ERROR   name [fail " in first
    assert others[-1] == "  | ValueError: no"


@pytest.mark.parametrize("created", [float("nan"), 1e30, -1e30])
def test_a_time_that_is_none_is_told_as_it_is(created):
    assert line("m", created=created)["time"] == str(created)
