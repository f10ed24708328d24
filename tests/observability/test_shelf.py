"""The shelf: bounded, and safe to be used from several threads."""

import sys
import threading
from collections.abc import Iterator

import pytest

from motet.observability.shelf import Shelf

NUMBER = 20_000


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_the_oldest_gives_way_and_is_counted() -> None:
    shelf: Shelf[int] = Shelf(2)
    assert [shelf.put(key, number) for number, key in enumerate("abacd")] == [None, None, None, 2, 1]
    assert (shelf.get("c"), shelf.take("c"), shelf.take("c"), shelf.dropped, len(shelf)) == (3, 3, None, 2, 1)
    assert (shelf.clear(), len(shelf)) == ([4], 0)


@pytest.mark.parametrize("size", [3, 100])
@pytest.mark.usefixtures("restless")
def test_what_several_threads_put_and_take_comes_off_once(size: int) -> None:
    shelf: Shelf[tuple[int, int]] = Shelf(size)
    gave_way: list[tuple[int, int]] = []
    taken: list[tuple[int, int]] = []
    failed: list[Exception] = []

    def work(mine: int) -> None:
        try:
            for number in range(NUMBER):
                gone = shelf.put((mine, number), (mine, number))
                gave_way.extend(() if gone is None else [gone])
                found = shelf.take((mine, number - 1)) if number % 10 == 0 else None
                taken.extend(() if found is None else [found])
        except Exception as error:  # noqa: BLE001 - it is told below
            failed.append(error)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(shelf) <= size
    assert shelf.dropped == len(gave_way)
    assert sorted([*gave_way, *taken, *shelf.clear()]) == [
        (mine, number) for mine in range(4) for number in range(NUMBER)
    ]
