"""The contract that every task store meets, as a class of tests to inherit from."""

from motet.testing.changing_contract import ChangingContract
from motet.testing.creating_contract import CreatingContract
from motet.testing.durable_contract import DurableContract
from motet.testing.journal_contract import JournalContract
from motet.testing.listing_contract import ListingContract
from motet.testing.ordering_contract import OrderingContract
from motet.testing.workers_contract import WorkersContract

__all__ = ["DurableStoreContract", "TaskStoreContract"]


class TaskStoreContract(
    CreatingContract, ChangingContract, OrderingContract, JournalContract, ListingContract, WorkersContract
):
    """What a task store has to do: inherit, and give a fixture `store` that is opened and empty.

    The tests are coroutines: pytest-asyncio (mode "auto") or AnyIO's plugin runs them.
    """


class DurableStoreContract(TaskStoreContract, DurableContract):
    """The same for a store that keeps what it has: say in `another` how to open a second one on the same database."""
