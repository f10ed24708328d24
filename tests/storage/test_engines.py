"""What a store connects with."""

import pytest

from motet.storage.engines import make_engine
from motet.storage.urls import parse_address


@pytest.mark.parametrize(("wanted", "threads"), [("", 1), ("?threads=3", 3)])
def test_duckdb_works_in_one_thread_unless_its_address_asks_for_more(tmp_path, wanted, threads):
    engine = make_engine(parse_address(f"duckdb:///{tmp_path}/work.duckdb{wanted}"))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT current_setting('threads')").scalar_one() == threads
    engine.dispose()
