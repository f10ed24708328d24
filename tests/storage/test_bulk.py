"""Statements for many rows do to every row what they say, however many there are."""

import pytest
from sqlalchemy import Column, Double, Integer, LargeBinary, MetaData, PrimaryKeyConstraint, Table, Text

from motet.storage.engines import make_engine
from motet.storage.session import session_for
from motet.storage.urls import parse_address

THINGS = Table(
    "things",
    MetaData(),
    Column("group", Text, nullable=False),
    Column("n", Integer, nullable=False),
    Column("text", Text),
    Column("number", Double),
    Column("data", LargeBinary),
    PrimaryKeyConstraint("group", "n"),
)
SIZES = [1, 2, 3, 15, 16, 17, 255, 256, 257, 700]


@pytest.fixture(params=["sqlite", "duckdb", "postgresql"])
def url(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"{request.param}:///{tmp_path}/work.db"


@pytest.fixture
def session(url):
    engine = make_engine(parse_address(url))
    with engine.begin() as connection:
        THINGS.create(connection)
    connection = engine.raw_connection()
    yield session_for(engine.dialect.name, connection.driver_connection)
    connection.invalidate()
    engine.dispose()


def row(n, text="a"):
    return "g", n, None if n % 3 == 0 else text, n if n % 2 else None, bytes([n % 256, 0, 255])


def there(session):
    rows = session.rows([('SELECT "group", n, text, number, data FROM things ORDER BY n', ())])
    return [(*some, bytes(data)) for *some, data in rows]


@pytest.mark.parametrize("size", SIZES)
def test_rows_are_inserted_changed_found_and_deleted(session, size):
    bulk = session.bulk
    rows, others = [row(n) for n in range(size)], [row(n, "b") for n in range(size)]
    session.begin()
    session.run(bulk.insert(THINGS, rows))
    assert there(session) == rows
    session.run(bulk.insert(THINGS, [*others, row(size)], ignore=True))
    assert there(session) == [*rows, row(size)]
    session.run(bulk.update(THINGS, others))
    assert there(session) == [*others, row(size)]
    session.run(bulk.put(THINGS, [*rows, row(size, "c")]))
    assert there(session) == [*rows, row(size, "c")]
    keys = [("g", n) for n in range(size)]
    found = session.rows(bulk.select(THINGS, [*keys, ("other", 1), ("g", 9_999)], ["group", "n"]))
    assert sorted({(group, n, text) for group, n, text, *_ in found}, key=lambda some: some[1]) == [
        some[:3] for some in rows
    ]
    session.run(bulk.delete(THINGS, keys, ["group", "n"]))
    assert there(session) == [row(size, "c")]
    session.run(bulk.delete(THINGS, [("other",), ("g",)], ["group"]))
    assert there(session) == []
    session.commit()


@pytest.mark.parametrize("n", [1, 3])
def test_one_row_that_is_there_is_left_alone(session, n):
    session.begin()
    for one, known in [(row(n), row(n)), (row(n, "b"), row(n)), (row(6), row(n))]:
        session.run(session.bulk.insert(THINGS, [one], ignore=True))
        assert there(session)[0] == known
    session.commit()
    assert there(session) == [row(n), row(6)]


def test_nothing_is_no_statement(session):
    bulk = session.bulk
    assert [*bulk.insert(THINGS, []), *bulk.update(THINGS, []), *bulk.put(THINGS, [])] == []
    assert [*bulk.delete(THINGS, [], ["n"]), *bulk.select(THINGS, [], ["n"])] == []


def test_what_is_rolled_back_was_never_there(session):
    session.begin()
    session.run(session.bulk.insert(THINGS, [row(1)]))
    session.rollback()
    assert there(session) == []
