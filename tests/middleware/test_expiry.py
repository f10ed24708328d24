"""Things that expire after the same time share one timer."""

import asyncio

from middleware.worlds import virtual
from motet.middleware.expiry import Expiry

__all__ = ["virtual"]


class Entry:
    def __init__(self, told, name) -> None:
        self.told, self.name = told, name

    def expire(self):
        self.told.append((self.name, asyncio.get_running_loop().time()))


def timers(loop):
    return [handle for handle in loop._scheduled if not handle.cancelled()]


def test_each_expires_at_its_own_time_with_one_timer_for_all(virtual):
    told, most = [], 0
    expiry = Expiry(virtual.loop, 10)

    async def main():
        nonlocal most
        for number in range(5):
            expiry.add(Entry(told, number))
            most = max(most, len(timers(virtual.loop)))
            await asyncio.sleep(1)

    virtual.run(main())
    virtual.advance(20)
    assert told == [(number, number + 10) for number in range(5)]
    assert most == 1
    assert not timers(virtual.loop)


def test_what_was_removed_does_not_expire(virtual):
    told = []
    expiry = Expiry(virtual.loop, 10)
    entries = [Entry(told, number) for number in range(3)]

    async def main():
        for entry in entries:
            expiry.add(entry)
        expiry.remove(entries[0])
        expiry.remove(entries[0])
        await asyncio.sleep(9)
        expiry.remove(entries[2])

    virtual.run(main())
    virtual.advance(20)
    assert told == [(1, 10)]


def test_what_is_added_while_others_expire_has_its_whole_time(virtual):
    told = []
    expiry = Expiry(virtual.loop, 10)

    class Again(Entry):
        def expire(self):
            super().expire()
            expiry.add(Entry(told, "second"))

    async def main():
        expiry.add(Again(told, "first"))

    virtual.run(main())
    virtual.advance(30)
    assert told == [("first", 10), ("second", 20)]


def test_a_hundred_thousand_that_are_done_in_time_leave_nothing(virtual):
    expiry = Expiry(virtual.loop, 10)

    async def main():
        for number in range(100_000):
            entry = Entry([], number)
            expiry.add(entry)
            expiry.remove(entry)

    virtual.run(main())
    assert len(expiry._entries) == 0
    assert len(timers(virtual.loop)) == 1
    virtual.advance(11)
    assert not timers(virtual.loop)
