"""Text as everybody can take it."""

import pytest

from motet.kernel.text import characters


@pytest.mark.parametrize(
    ("text", "told"), [("", ""), ("a\n", "a\n"), ("é 日本 😀", "é 日本 😀"), ("a\ud800b\udcff", "a?b?")]
)
def test_half_a_pair_is_replaced_and_nothing_else(text: str, told: str) -> None:
    assert characters(text) == told
