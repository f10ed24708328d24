import pytest

from motet.cli.kinds import Kind, kind_of


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("flow.py:flow", Kind.AGENT),
        ("package.module:flow", Kind.AGENT),
        ("flow.py", Kind.AGENT),
        ("flow.py:", Kind.AGENT),
        ("folder/", Kind.AGENT),
        ("C:\\flow.py:flow", Kind.AGENT),
        ("tasks.json", Kind.TREE),
        ("folder/tasks.json", Kind.TREE),
        ("C:\\tasks.json", Kind.TREE),
        ("-", Kind.TREE),
        ("rest", Kind.EXECUTOR),
        ("my.executor", Kind.EXECUTOR),
        ("system_info", Kind.EXECUTOR),
    ],
)
def test_the_form_of_a_target_says_what_it_is(target: str, kind: Kind) -> None:
    assert kind_of(target) is kind


def test_an_array_stands_in_place_of_a_target() -> None:
    assert kind_of(None, "[]") is Kind.TREE
    assert kind_of("rest", "[]") == "--tasks stands in place of TARGET: leave rest out, or --tasks"


@pytest.mark.parametrize("target", [None, ""])
def test_nothing_is_no_target(target: str | None) -> None:
    told = kind_of(target)
    assert isinstance(told, str)
    assert told.startswith("say what to run: ")
