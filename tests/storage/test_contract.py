"""Every store passes the contract suites."""

import pytest

from motet.storage import MemoryStore, SqlStore, open_store
from motet.testing import StateStoreContract, TaskStoreContract
from motet.testing.store_contract import DurableStoreContract


class TestMemory(TaskStoreContract, StateStoreContract):
    @pytest.fixture
    def store(self):
        return MemoryStore()

    @pytest.fixture
    def state(self, store):
        return store


class Sql(DurableStoreContract, StateStoreContract):
    @pytest.fixture
    async def store(self, url):
        self.url = url
        made = open_store(url, patience=10)
        await made.open()
        yield made
        await made.close()

    @pytest.fixture
    def state(self, store):
        return store

    async def another(self, store):
        made = SqlStore(self.url, patience=10)
        await made.open()
        return made


class TestSqlite(Sql):
    @pytest.fixture
    def url(self, tmp_path):
        return f"sqlite:///{tmp_path}/work.db"


class TestDuckDB(Sql):
    @pytest.fixture
    def url(self, tmp_path):
        return f"duckdb:///{tmp_path}/work.duckdb"


class TestPostgreSQL(Sql):
    @pytest.fixture
    def url(self, postgres_url):
        return postgres_url
