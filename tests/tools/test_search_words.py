"""What somebody looks for is words, never a query language."""

import sqlite3

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from motet.kernel.errors import InvalidPayload
from motet.tools.search_words import MAX_LETTERS, MAX_WORDS, query_of


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("word", '"word"'),
        ("  two\twords\n", '"two" "words"'),
        ('"a phrase" word', '"a phrase" "word"'),
        ("begin* word", '"begin" * "word"'),
        ('"a phr"*', '"a phr" *'),
        ('an "open phrase', '"an" "open phrase"'),
        ("AND OR NOT NEAR", '"AND" "OR" "NOT" "NEAR"'),
        ("title:x -y ^z (a OR b) {p q}:c a+b", '"title:x" "-y" "^z" "(a" "OR" "b)" "{p" "q}:c" "a+b"'),
        ("NEAR(a b, 2)", '"NEAR(a" "b," "2)"'),
        ("a - * -- \" * '", '"a"'),
        ('""', None),
        ('say""hi', '"say" "hi"'),
        ("* *x", '"x"'),
        ("a\0b", '"a" "b"'),
        ("a\ud800b", '"a" "b"'),
        ("über 中文 ½", '"über" "中文" "½"'),
    ],
)
def test_each_word_is_quoted(text, query):
    if query is None:
        with pytest.raises(InvalidPayload):
            query_of(text)
    else:
        assert query_of(text) == query


def test_any_of_the_words_may_be_enough():
    assert query_of("a b*", "any") == '"a" OR "b" *'


@pytest.mark.parametrize("text", ["", "   ", "-", "*", '"', '""', "!?.,;", "\0", "\ud800", "😀", '"*"', "( )"])
def test_a_query_without_a_word_says_so(text):
    with pytest.raises(InvalidPayload, match="There is no word to look for"):
        query_of(text)


def test_a_query_is_bounded():
    assert query_of("a " * MAX_WORDS)
    with pytest.raises(InvalidPayload, match=f"at most {MAX_WORDS} words"):
        query_of("a " * (MAX_WORDS + 1))
    assert query_of("a" * MAX_LETTERS)
    with pytest.raises(InvalidPayload, match=f"at most {MAX_LETTERS} letters"):
        query_of("a" * (MAX_LETTERS + 1))


@pytest.fixture(scope="module")
def pages():
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.execute(
        "CREATE VIRTUAL TABLE pages USING fts5(path, title, body, tokenize='unicode61 remove_diacritics 2')"
    )
    database.execute("INSERT INTO pages VALUES ('path', 'title', 'a b c and or not near body')")
    yield database
    database.close()


ODD = st.text(st.sampled_from("ab \t\"'*-+^:(){}[],.;\\/\0\ud800üAND中😀"), max_size=30)


@given(st.text(max_size=60) | ODD, st.sampled_from(["all", "any"]))
@example('"', "all")
@example("a OR", "any")
@example('NEAR("a" b', "all")
@example("title : a", "all")
@example("{title body} : a", "any")
@example("a AND NOT", "all")
@example("\u0301", "all")
def test_whatever_is_looked_for_the_index_understands_it(pages, text, match):
    try:
        query = query_of(text, match)
    except InvalidPayload:
        return
    pages.execute("SELECT rowid FROM pages WHERE pages MATCH ?", (query,)).fetchall()


@pytest.mark.parametrize("text", ["NOT a", "z OR a", "a NOT b", "title : title", "-a z", "b NEAR a z", "^b z"])
def test_no_word_is_an_operator(pages, text):
    # Each of these would find the page if one of its words or signs were understood as the index's own.
    found = pages.execute("SELECT rowid FROM pages WHERE pages MATCH ?", (query_of(text),)).fetchall()
    there = ["path", "title", "a", "b", "c", "and", "or", "not", "near", "body"]
    words = [word.strip("-:^").lower() for word in text.split()]
    assert bool(found) is all(word in there for word in words if word)
