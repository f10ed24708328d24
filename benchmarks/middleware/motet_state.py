"""Motet's middleware that keeps something between calls: answers in a cache, and calls that wait to be a batch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from pydantic import BaseModel

from benchmarks.middleware.harness import MOST, WIDTH, in_tens, payloads
from benchmarks.middleware.motet_around import around
from benchmarks.shared.harness import Sample, Workload, require
from motet import agent
from motet.middleware.batch import Batch
from motet.middleware.cache import Cache


class Question(BaseModel):
    """A payload that is a model."""

    text: str
    tags: list[str]


@agent(validate="none")
async def model_step(question: Question) -> Question:
    """Do nothing."""
    return question


async def cache_hit(n: int) -> Sample:
    """Ask for what is in the cache."""
    texts = payloads(n)
    return await around(n, [Cache(max_entries=MOST)], texts, counted={"misses": len(texts)})


async def cache_hit_model(n: int) -> Sample:
    """Ask with a model for a model that is in the cache."""
    questions = [Question(text=text, tags=["a", "b"]) for text in payloads(n)]
    return await around(n, [Cache(max_entries=MOST)], questions, each=model_step, counted={"misses": len(questions)})


async def cache_miss(n: int) -> Sample:
    """Ask for what is not in the cache, because it has room for one answer alone."""
    return await around(n, [Cache(max_entries=1)], payloads(n), counted={"hits": 0})


async def answer_all(texts: list[str]) -> list[str]:
    """Do nothing, for a whole batch."""
    return texts


async def batch(n: int, *, call: Callable[[list[str]], Awaitable[list[str]]] | None = None) -> Sample:
    """Call ten at once, in a batch, beside one after another."""
    async with Batch(call, size=WIDTH) as batching:
        texts = payloads(n, step=WIDTH)
        sample = await around(n, [batching], texts, pump=in_tens, counted={"biggest": WIDTH, "failed": 0, "direct": 0})
        counters = batching.counters()
        require(counters["calls"] == WIDTH * counters["batches"], "a batch was not of ten")
    return sample


WORKLOADS: dict[str, Workload] = {
    "cache_hit": cache_hit,
    "cache_hit_model": cache_hit_model,
    "cache_miss": cache_miss,
    "batch": batch,
    "batch_list": partial(batch, call=answer_all),
}
