"""A stand-in for a model that speaks OpenAI's HTTP API on a real socket: scripted, and deterministic."""

import random
import re
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Final, Self

from motet.testing.background import Background
from motet.testing.llm_answers import Answer
from motet.testing.llm_request import LLMRequest
from motet.testing.llm_script import Script, listed

__all__ = ["LLMServer"]

HOST: Final = "127.0.0.1"


class LLMServer:
    """Answers as a script says: chat completions, whole or streamed, with tools; models; embeddings.

    It listens on 127.0.0.1 at a port of the system's choosing, in a thread of its own, so sync clients and async ones
    can be tested alike. Ids come from a seed, times stand still, and words count as tokens.

        with LLMServer(answers=["Hello.", tool_call("search", {"query": "news"}), ApiError(429)]) as server:
            client = OpenAI(base_url=server.url, api_key="any")

    Args:
        answers: What is answered, each once and in this order, to requests for chat completions; one, or several.
        rules: Answers by a regular expression that is searched in the last message of the user: they come first, as
            long as that message is the last one of all.
        default: What is answered when nothing else fits; without it such a request is refused with status 400.
        key: The API key that requests need; None lets all pass.
        models: The models that there are; None takes every name.
        seed: Of the ids.

    Raises:
        TypeError: Something is no answer.
        MissingExtra: The extra "testing" is not installed.
    """

    def __init__(
        self,
        answers: Answer | Iterable[Answer] = (),
        *,
        rules: Mapping[str, Answer] | None = None,
        default: Answer | None = None,
        key: str | None = None,
        models: Iterable[str] | None = None,
        seed: int = 0,
    ) -> None:
        from motet.testing.llm_desk import LLMDesk, Settings  # noqa: PLC0415 - its HTTP is an optional dependency

        self._script = Script(listed(answers), rules or {}, default)
        known = None if models is None else tuple(models)
        ids = random.Random(seed)  # noqa: S311 - no secret is made of it
        self._desk = LLMDesk(self._script, Settings(key, known), ids)
        self._loop: Background | None = None

    @property
    def url(self) -> str:
        """The base URL for clients, such as http://127.0.0.1:41234/v1."""
        return f"http://{HOST}:{self.port}/v1"

    @property
    def port(self) -> int:
        """The port at which it listens."""
        if self._loop is None:
            raise RuntimeError("The server has not begun: use it in a `with` block, or call start()")
        return self._desk.port

    @property
    def requests(self) -> tuple[LLMRequest, ...]:
        """The requests for completions and embeddings that were understood, in order."""
        return tuple(self._desk.requests)

    @property
    def left(self) -> int:
        """How many clients have left before they had their answer."""
        return self._desk.left

    def answer(self, *answers: Answer) -> None:
        """Add answers to the end of the script.

        Raises:
            TypeError: Something is no answer.
        """
        self._script.add(*answers)

    def assert_asked(self, *patterns: str) -> None:
        """Check that there were so many requests, and that the last message of the user fits in each.

        Args:
            *patterns: A regular expression for each request, in order.

        Raises:
            AssertionError: It was otherwise; the message tells what was asked.
        """
        asked = [request.last_user for request in self.requests]
        fits = len(asked) == len(patterns) and all(map(re.search, patterns, asked))
        told = "".join(f"\n  {number}. {text!r}" for number, text in enumerate(asked, 1)) or " nothing"
        assert fits, f"Expected {len(patterns)} requests that fit {list(patterns)}; asked was:{told}"

    def assert_over(self) -> None:
        """Check that every answer of the script was asked for.

        Raises:
            AssertionError: Some are left.
        """
        left = self._script.left
        assert not left, f"{left} answers of the script were never asked for, after {len(self.requests)} requests"

    def start(self) -> Self:
        """Begin to listen.

        Raises:
            RuntimeError: It listens already.
        """
        if self._loop is not None:
            raise RuntimeError("The server has begun already")
        self._loop = Background("llm-server")
        try:
            self._loop.run(self._desk.listen(HOST))
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Close every socket, whatever clients do; nothing happens if it has not begun."""
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.stop(self._desk.end())

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if error is None and self._desk.failures:
            raise self._desk.failures[0]  # of a function of the script: the client has only seen a status
