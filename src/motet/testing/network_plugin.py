"""Fixtures for pytest: a stand-in for a model, and proxies in which things go wrong. Loaded by pytest itself."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from motet.testing.fault_proxy import FaultProxy
    from motet.testing.llm_server import LLMServer

__all__ = ["fault_proxy", "llm_server"]


@pytest.fixture
def llm_server() -> "Iterator[LLMServer]":
    """A stand-in for a model that speaks OpenAI's API, without answers yet: give it some with `answer(...)`."""
    from motet.testing.llm_server import LLMServer  # noqa: PLC0415 - pytest loads this file in every run

    with LLMServer() as server:
        yield server


@pytest.fixture
def fault_proxy() -> "Iterator[Callable[..., FaultProxy]]":
    """Begin proxies: `fault_proxy(host, port)`, or `fault_proxy(path)` for a Unix socket; they end with the test."""
    from motet.testing.fault_proxy import FaultProxy  # noqa: PLC0415 - pytest loads this file in every run

    with ExitStack() as proxies:

        def begin(host: str | Path, port: int | None = None) -> FaultProxy:
            return proxies.enter_context(FaultProxy(host, port))

        yield begin
