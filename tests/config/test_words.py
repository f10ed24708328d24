"""What a setting takes, in words."""

import pytest

from motet.config.keys import find_leaf
from motet.config.words import allowed


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("tasks.max_concurrency", "a whole number, 1 or more"),
        ("tools.tool_loop.max_calls", "a whole number, 0 or more or none"),
        ("tasks.poll", "a number, more than 0"),
        ("middleware.circuit_breaker.rate", "a number, more than 0, at most 1 or none"),
        ("tasks.demo", "true or false"),
        ("executors.agent.root", "a text or none"),
        ("executors.command.allow", "a list, each of its parts a text"),
        ("tasks.per_key", "a table, each value of it a whole number, 1 or more"),
        ("observability.log_format", 'one of "text", "json"'),
        ("observability.otlp_headers", "a table, each value of it a text"),
    ],
)
def test_it_is_said_in_a_few_words(key: str, words: str) -> None:
    assert allowed(find_leaf(key).schema()) == words


def test_a_schema_that_says_nothing_takes_anything() -> None:
    assert allowed({}) == "a value"
    assert allowed({"const": 3}) == "3"
