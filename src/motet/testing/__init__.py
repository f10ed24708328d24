"""What tests are made with: contract suites that stores of your own can pass too."""

from motet.testing.state_contract import StateStoreContract
from motet.testing.store_contract import DurableStoreContract, TaskStoreContract

__all__ = ["DurableStoreContract", "StateStoreContract", "TaskStoreContract"]
