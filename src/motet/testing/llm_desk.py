"""The side of a stand-in for a model that lives in its event loop: requests in, answers out."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from motet.testing.http_peer import HttpRequest, Reply, serve_http
from motet.testing.llm_answers import ApiError, Calls, Disconnect, Fixed, Garbage, Slow
from motet.testing.llm_request import BadRequest, Kind, LLMRequest, read_chat, read_embeddings, read_json
from motet.testing.llm_script import Script
from motet.testing.llm_sending import Sending
from motet.testing.llm_wire import Completion, embeddings, error_body, model_object, models_list

__all__ = ["LLMDesk", "Settings"]

NAMES: Final = ("motet-test",)
"""The models that are listed where every name is taken."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a stand-in asks of requests: a key, and one of some models; None asks for nothing."""

    key: str | None
    models: tuple[str, ...] | None


class LLMDesk:
    """Answers the requests of all connections.

    Args:
        script: Knows the answers.
        settings: What requests need.
        ids: Where ids come from.
    """

    def __init__(self, script: Script, settings: Settings, ids: random.Random) -> None:
        self._script = script
        self._settings = settings
        self._ids: Iterator[str] = (ids.randbytes(12).hex() for _ in iter(int, 1))
        self._server: asyncio.Server | None = None
        self._serving: dict[asyncio.Future[None], asyncio.StreamWriter] = {}
        self.requests: list[LLMRequest] = []
        self.failures: list[BaseException] = []
        self.left = 0
        self.port = 0

    async def listen(self, host: str) -> None:
        """Begin to listen at a port of the system's choosing."""
        self._server = await asyncio.start_server(self._serve, host, 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def end(self) -> None:
        """Listen no more, and be gone for every client."""
        if self._server is not None:
            self._server.close()
        serving = dict(self._serving)
        for writer in serving.values():
            writer.transport.abort()
        await asyncio.gather(*serving)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._serving[done] = writer
        try:
            await serve_http(reader, writer, self._handle, self._count)
        finally:
            del self._serving[done]
            done.set_result(None)

    def _count(self) -> None:
        self.left += 1

    async def _handle(self, http: HttpRequest, reply: Reply) -> None:
        try:
            await self._route(http, reply)
        except BadRequest as error:
            await reply.json(400, error_body(ApiError(400, error.message, error.code), error.param))
        except (OSError, asyncio.CancelledError, GeneratorExit):
            raise  # the client has left, or the server ends
        except BaseException as error:  # noqa: BLE001 - also what pytest.fail() raises, and what would end the thread
            await self._failed(error, reply)

    async def _failed(self, error: BaseException, reply: Reply) -> None:
        """Keep a failure for the end of the test, where it is raised, and let the client know."""
        self.failures.append(error)
        if not reply.begun:
            told = f"A function of the script failed: {type(error).__name__}: {error}"
            await reply.json(500, error_body(ApiError(500, told)), {"x-should-retry": "false"})
        else:
            reply.disconnect()

    async def _route(self, http: HttpRequest, reply: Reply) -> None:
        path = urlsplit(http.path).path.rstrip("/")
        method, found = self._routes(path)
        if found is None:
            told = f"Invalid URL ({http.method} {path})"
            await reply.json(404, error_body(ApiError(404, told, "unknown_url")))
        elif http.method != method:
            told = f"Not allowed to {http.method} on {path}: it takes {method}."
            await reply.json(405, error_body(ApiError(405, told, "method_not_supported")), {"allow": method})
        elif (refused := self._refused(http)) is not None:
            await reply.json(401, error_body(refused))
        else:
            await found(http, reply)

    def _routes(self, path: str) -> tuple[str, Callable[[HttpRequest, Reply], Awaitable[None]] | None]:
        if path == "/v1/models" or path.startswith("/v1/models/"):
            return "GET", self._models
        posts = {"/v1/chat/completions": self._chat, "/v1/embeddings": self._embed}
        return "POST", posts.get(path)

    def _refused(self, http: HttpRequest) -> ApiError | None:
        scheme, _, given = http.headers.get("authorization", "").partition(" ")
        if self._settings.key is None or (scheme.lower() == "bearer" and given.strip() == self._settings.key):
            return None
        if not given:
            return ApiError(401, "You didn't provide an API key: send it in the header Authorization.")
        return ApiError(401, "Incorrect API key provided.")

    async def _models(self, http: HttpRequest, reply: Reply) -> None:
        names = NAMES if self._settings.models is None else self._settings.models
        name = urlsplit(http.path).path.removeprefix("/v1/models").strip("/")
        if not name:
            await reply.json(200, models_list(names))
        elif self._knows(name):
            await reply.json(200, model_object(name))
        else:
            await reply.json(404, error_body(_no_model(name)))

    async def _chat(self, http: HttpRequest, reply: Reply) -> None:
        body = read_json(http.body)
        read_chat(body)
        request = await self._taken("chat", body, http, reply)
        if request is None:
            return
        try:
            answer = await self._script.answer(request)
        except OSError as error:  # of a function of the script: it is no loss of the client's connection
            await self._failed(error, reply)
        else:
            await self._say(answer, request, reply)

    async def _embed(self, http: HttpRequest, reply: Reply) -> None:
        body = read_json(http.body)
        texts = read_embeddings(body)
        request = await self._taken("embeddings", body, http, reply)
        if request is not None:
            await reply.json(200, embeddings(request, texts))

    async def _taken(self, kind: Kind, body: dict[str, object], http: HttpRequest, reply: Reply) -> LLMRequest | None:
        request = LLMRequest(len(self.requests) + 1, kind, body, http.headers)
        if not self._knows(request.model):
            await reply.json(404, error_body(_no_model(request.model)))
            return None
        self.requests.append(request)
        return request

    def _knows(self, model: str) -> bool:
        return self._settings.models is None or model in self._settings.models

    async def _say(self, answer: Fixed, request: LLMRequest, reply: Reply) -> None:
        if isinstance(answer, ApiError):
            headers = {} if answer.retry_after is None else {"retry-after": f"{answer.retry_after:g}"}
            await reply.json(answer.status, error_body(answer), headers)
            return
        sending = Sending(reply, request.streaming)
        if isinstance(answer, Garbage):
            await sending.garbage(answer)
            return
        said: str | Calls = answer.answer if isinstance(answer, Slow | Disconnect) else answer
        await sending.send(Completion(request, said, self._ids), answer)


def _no_model(name: str) -> ApiError:
    return ApiError(404, f"The model `{name}` does not exist or you do not have access to it.", "model_not_found")
