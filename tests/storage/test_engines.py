"""What a store connects with."""

import socket
import sys

import pytest

from motet.storage.engines import make_engine
from motet.storage.urls import parse_address

TCP = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 4, "TCP_USER_TIMEOUT": 30_000}


@pytest.mark.parametrize(("wanted", "threads"), [("", 1), ("?threads=3", 3)])
def test_duckdb_works_in_one_thread_unless_its_address_asks_for_more(tmp_path, wanted, threads):
    engine = make_engine(parse_address(f"duckdb:///{tmp_path}/work.duckdb{wanted}"))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT current_setting('threads')").scalar_one() == threads
    engine.dispose()


@pytest.mark.skipif(sys.platform != "linux", reason="asks for the options of Linux")
def test_postgresql_is_given_up_within_half_a_minute_when_nothing_comes_back(postgres_url):
    engine = make_engine(parse_address(postgres_url))
    with engine.connect() as connection, socket.socket(fileno=connection.connection.fileno()) as used:
        options = {name: used.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in TCP}
        kept = used.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        used.detach()
    engine.dispose()
    assert (kept, options) == (1, TCP)
    assert TCP["TCP_KEEPIDLE"] + TCP["TCP_KEEPINTVL"] * TCP["TCP_KEEPCNT"] == TCP["TCP_USER_TIMEOUT"] / 1000 == 30


def test_what_the_address_says_about_a_lost_connection_holds(postgres_url):
    engine = make_engine(parse_address(f"{postgres_url}&tcp_user_timeout=5000&connect_timeout=3"))
    with engine.connect() as connection:
        told = connection.connection.driver_connection.info.get_parameters()
    engine.dispose()
    assert (told["tcp_user_timeout"], told["connect_timeout"], told["keepalives_idle"]) == ("5000", "3", "10")
