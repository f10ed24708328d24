"""Docstrings in the three styles that people write."""

import pytest

from motet.tools.docstring import Docs, read_docstring

GOOGLE = """Search the index for
    what was asked.

    More of it.

    Args:
        query: What to look for,
            in words: all of them.
        limit (int, optional): How many.
        nested (Callable[[int], str]): What maps.
        **extra: Anything.
        bare:

    Returns:
        hits: What was found.
    """

NUMPY = """
    Search the index for
    what was asked.

    Parameters
    ----------
    query : str
        What to look for,
        in words: all of them.
    limit, nested : int, optional
        How many.

        And why.
    undocumented

    Other Parameters
    ----------------
    extra
        Anything.

    Returns
    -------
    hits : list
        What was found.
    """

SPHINX = """Search the index for
    what was asked.

    :param query: What to look for,
        in words: all of them.
    :param int limit: How many.
    :keyword nested: What maps.
    :type limit: int
    :returns: What was found.
    :raises ValueError: Never.
    """


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        (
            GOOGLE,
            {
                "query": "What to look for, in words: all of them.",
                "limit": "How many.",
                "nested": "What maps.",
                "extra": "Anything.",
            },
        ),
        (
            NUMPY,
            {
                "query": "What to look for, in words: all of them.",
                "limit": "How many. And why.",
                "nested": "How many. And why.",
                "extra": "Anything.",
            },
        ),
        (
            SPHINX,
            {
                "query": "What to look for, in words: all of them.",
                "limit": "How many.",
                "nested": "What maps.",
            },
        ),
    ],
    ids=["Google", "NumPy", "Sphinx"],
)
def test_each_style_is_read(text, arguments):
    assert read_docstring(text) == Docs("Search the index for what was asked.", arguments)


@pytest.mark.parametrize(
    ("text", "docs"),
    [
        (None, Docs("", {})),
        ("", Docs("", {})),
        ("   \n  ", Docs("", {})),
        ("One line.", Docs("One line.", {})),
        ("\n    Args:\n        x: The x.", Docs("", {"x": "The x."})),
        ("Do it.\n    Args:\n        x: The x.\n    ", Docs("Do it.", {"x": "The x."})),
        (":param x: The x.", Docs("", {"x": "The x."})),
        ("Do it.\n:param x: The x.", Docs("Do it.", {"x": "The x."})),
        ("Do it.\n\nArgs:\n", Docs("Do it.", {})),
        ("Do it.\n\nArgs:\nx: at the margin, so no entry\n  y: nor this", Docs("Do it.", {})),
        ("Do it.\n\nParameters\n----------\n", Docs("Do it.", {})),
        ("Do it.\n\nParameters\nare not documented here", Docs("Do it.", {})),
        ("Args: are not documented here", Docs("Args: are not documented here", {})),
        ("Do it.\n\nArgs:\n    no entry here\n    x: The x.\n\nEnd.", Docs("Do it.", {"x": "The x."})),
        (
            "Do it.\n\nParameters\n----------\nx\n    The x.\n\nNotes\n-----\ny\n    No.",
            Docs("Do it.", {"x": "The x."}),
        ),
    ],
)
def test_what_is_odd_or_missing_is_left_out(text, docs):
    assert read_docstring(text) == docs
