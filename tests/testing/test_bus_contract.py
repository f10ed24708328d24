"""The contract of buses catches what it is there for: each of its tests fails for a bus that is broken."""

import asyncio
import gc
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import MappingProxyType

import pytest

from motet import MotetError
from motet.bus import memory
from motet.bus.group_state import GroupState
from motet.bus.memory import MemoryBus, MemorySubscription
from motet.bus.memory_topic import MemoryGroup, MemoryTopic
from motet.bus.posted import Posted
from motet.testing.bus_contract import MessageBusContract
from motet.testing.virtual_time import VirtualTime, as_system_clock

pytestmark = pytest.mark.usefixtures("quick_collections")

TESTS = sorted(name for name in dir(MessageBusContract) if name.startswith("test_"))
PATCH = pytest.MonkeyPatch


@asynccontextmanager
async def buses(*, capacity: int = 100, visibility: float = 600.0) -> AsyncIterator[MemoryBus]:
    async with MemoryBus(capacity=capacity, visibility=visibility) as bus:
        yield bus


def trims(patch: PATCH) -> None:
    """Values of headers lose the blanks around them, as on an HTTP-like wire."""
    post = memory.post

    def stripped(topic, payload, key, headers):
        posted = post(topic, payload, key, headers)
        kept = {name: value.strip() for name, value in posted.headers.items()}
        return Posted(topic, payload, key, MappingProxyType(kept))

    patch.setattr(memory, "post", stripped)


def shares(patch: PATCH) -> None:
    """The headers stay those of the publisher."""
    post = memory.post

    def by_reference(topic, payload, key, headers):
        post(topic, payload, key, headers)
        return Posted(topic, payload, key, headers or {})

    patch.setattr(memory, "post", by_reference)


def checks_nothing(patch: PATCH) -> None:
    """Whatever is published is taken."""
    patch.setattr(memory, "post", lambda topic, payload, key, headers: Posted(topic, payload, key, headers or {}))


def checks_no_names(patch: PATCH) -> None:
    """Any text names a group."""
    patch.setattr(memory, "check_name", lambda name, what: None)


def broadcasts(patch: PATCH) -> None:
    """Every member gets every message."""
    group = MemoryBus._group
    numbers = iter(range(1000))
    patch.setattr(MemoryBus, "_group", lambda self, topic, name: group(self, topic, f"{name}{next(numbers)}"))


def one_line(patch: PATCH) -> None:
    """All groups are one."""
    group = MemoryTopic.group
    patch.setattr(MemoryTopic, "group", lambda self, name: group(self, "the only one"))


def one_topic(patch: PATCH) -> None:
    """Groups of one name are one, whatever the topic."""
    group, publish = MemoryBus._group, MemoryBus.publish

    async def anywhere(self, topic, payload, **options: object):
        await publish(self, "only", payload, **options)

    patch.setattr(MemoryBus, "_group", lambda self, topic, name: group(self, "only", name))
    patch.setattr(MemoryBus, "publish", anywhere)


def forgets_absent_groups(patch: PATCH) -> None:
    """A group is there as long as it has members."""
    close = MemorySubscription.close

    async def leaves(self):
        await close(self)
        self._group.forget()

    patch.setattr(MemorySubscription, "close", leaves)


def begins_at_the_start(patch: PATCH) -> None:
    """A new group gets what others have not acknowledged yet."""
    group = MemoryTopic.group

    def filled(self, name):
        others = list(self._groups.values())
        new = name not in self._groups
        made = group(self, name)
        for other in others[:1] if new else ():
            for number, entry in other._state._ready:
                self._owing[number] += 1
                made.add(number, entry.posted)
        return made

    patch.setattr(MemoryTopic, "group", filled)


def keeps_forgotten_groups(patch: PATCH) -> None:
    """Forgetting does nothing."""

    async def nothing(self, topic, group):
        pass

    patch.setattr(MemoryBus, "forget", nothing)


def forgets_without_room(patch: PATCH) -> None:
    """What a forgotten group has not acknowledged goes on taking room."""
    forget = GroupState.forget

    def silent(self):
        self._open.clear()
        forget(self)

    patch.setattr(GroupState, "forget", silent)


def comes_back(patch: PATCH) -> None:
    """What is acknowledged comes again after a while."""
    ack = GroupState.ack

    def loose(self, delivery, member, now):
        hold = self._held.get(delivery)
        done = ack(self, delivery, member, now)
        if done:
            self._delayed.append((now + 3.0, hold.entry.number, hold.entry))
        return done

    patch.setattr(GroupState, "ack", loose)


def acks_for_anybody(patch: PATCH) -> None:
    """Whoever has seen a message may settle it."""

    def any_member(self, delivery, member, now):
        self.ready(now)
        return delivery in self._held

    patch.setattr(GroupState, "_holds", any_member)


def says_yes(patch: PATCH) -> None:
    """Settling a message is always said to have worked."""

    async def ack(self, delivery):
        self._group.ack(delivery, self)
        return True

    patch.setattr(MemorySubscription, "ack", ack)


def counts_nothing(patch: PATCH) -> None:
    """Every attempt is the first."""
    take = GroupState.take

    def uncounted(self, member, now):
        if self.ready(now):
            self._ready[0][1].attempt = 0
        return take(self, member, now)

    patch.setattr(GroupState, "take", uncounted)


def ignores_delays(patch: PATCH) -> None:
    """What is given back comes again at once."""
    nack = GroupState.nack
    patch.setattr(GroupState, "nack", lambda self, delivery, member, now, delay: nack(self, delivery, member, now, 0))


def delays_all(patch: PATCH) -> None:
    """A delay holds up everything that comes after it."""
    ready = GroupState.ready

    def blocked(self, now):
        count = ready(self, now)
        return 0 if self._delayed else count

    patch.setattr(GroupState, "ready", blocked)


def takes_any_delay(patch: PATCH) -> None:
    """Nobody looks at the delay."""
    patch.setattr(memory, "check_delay", lambda delay: None)


def keeps_what_is_left_behind(patch: PATCH) -> None:
    """What somebody holds who has left is waited for."""
    patch.setattr(GroupState, "leave", lambda self, member: None)


def receives_after_leaving(patch: PATCH) -> None:
    """Who has left receives all the same."""
    patch.setattr(MemorySubscription, "_check", lambda self: None)


def waits_for_the_dead(patch: PATCH) -> None:
    """What is held is held for ever."""
    take = GroupState.take

    def patient(self, member, now):
        delivery = take(self, member, now)
        if delivery is not None:
            self._held[delivery].until = float("inf")
        return delivery

    patch.setattr(GroupState, "take", patient)


def declares_all_dead(patch: PATCH) -> None:
    """What is held comes again at once."""
    take = GroupState.take

    def impatient(self, member, now):
        delivery = take(self, member, now)
        if delivery is not None:
            self._held[delivery].until = now + 0.01
        return delivery

    patch.setattr(GroupState, "take", impatient)


def extends_nothing(patch: PATCH) -> None:
    """Work that goes on loses its message."""

    async def extend(self, delivery):
        return True

    patch.setattr(MemorySubscription, "extend", extend)


def loses_wakings(patch: PATCH) -> None:
    """A receiver that is cancelled takes the news of a message with it."""

    async def change(self, member):
        woken = asyncio.get_running_loop().create_future()
        self._waiting[woken] = member
        self._set_timer()
        try:
            await woken
        finally:
            self._waiting.pop(woken, None)

    patch.setattr(MemoryGroup, "change", change)


def one_key(patch: PATCH) -> None:
    """Everything waits for everything."""
    take = GroupState.take
    patch.setattr(GroupState, "take", lambda self, member, now: None if self._held else take(self, member, now))


def fills_without_groups(patch: PATCH) -> None:
    """What nobody gets takes room all the same."""
    publish = MemoryBus.publish

    async def kept(self, topic, payload, **options: object):
        await self.declare(topic, "hidden")
        await publish(self, topic, payload, **options)

    patch.setattr(MemoryBus, "publish", kept)


def no_keys(patch: PATCH) -> None:
    """Nothing waits for what has the same key."""
    take = GroupState.take

    def unordered(self, member, now):
        for line in self._lines.values():
            if len(line) > 1 and len(self._held) == 1:
                self._make_ready(line[1])
        return take(self, member, now)

    patch.setattr(GroupState, "take", unordered)


def overtakes(patch: PATCH) -> None:
    """What has the same key does not wait for what comes again."""
    nack = GroupState.nack

    def hasty(self, delivery, member, now, delay):
        done = nack(self, delivery, member, now, delay)
        if done and len(self._lines.get(delivery.key, ())) > 1:
            self._make_ready(self._lines[delivery.key][1])
        return done

    patch.setattr(GroupState, "nack", hasty)


def loses_some(patch: PATCH) -> None:
    """What is given back for the second time is gone."""
    nack = GroupState.nack

    def forgetful(self, delivery, member, now, delay):
        if delivery.attempt == 2:
            return self.ack(delivery, member, now)
        return nack(self, delivery, member, now, delay)

    patch.setattr(GroupState, "nack", forgetful)


def unbounded(patch: PATCH) -> None:
    """Whatever is published is taken at once."""

    async def publish(self, posted, *, wait):
        self._take(posted)
        return True

    patch.setattr(MemoryTopic, "publish", publish)


def keeps_what_it_refuses(patch: PATCH) -> None:
    """A message for which there is no room comes later, though its publisher was told that it does not."""
    publish = MemoryTopic.publish

    async def sly(self, posted, *, wait):
        try:
            return await publish(self, posted, wait=wait)
        except MotetError:
            self._publishers[asyncio.get_running_loop().create_future()] = posted
            raise

    patch.setattr(MemoryTopic, "publish", sly)


def one_group_is_enough(patch: PATCH) -> None:
    """There is room as soon as the first group is done."""
    acknowledged = MemoryTopic._acknowledged

    def soon(self, number):
        if number in self._owing:
            self._owing[number] = 1
            acknowledged(self, number)

    patch.setattr(MemoryTopic, "_acknowledged", soon)


def last_come_first(patch: PATCH) -> None:
    """Of the publishers that wait, the one that came last is let in."""
    acknowledged = MemoryTopic._acknowledged

    def unfair(self, number):
        self._publishers = OrderedDict(reversed(self._publishers.items()))
        acknowledged(self, number)
        self._publishers = OrderedDict(reversed(self._publishers.items()))

    patch.setattr(MemoryTopic, "_acknowledged", unfair)


def publishes_for_the_dead(patch: PATCH) -> None:
    """What a cancelled publisher wanted to publish comes all the same."""
    publish = MemoryBus.publish

    async def stubborn(self, topic, payload, **options: object):
        await asyncio.shield(asyncio.ensure_future(publish(self, topic, payload, **options)))

    patch.setattr(MemoryBus, "publish", stubborn)


def leaves_publishers_waiting(patch: PATCH) -> None:
    """Who waits for room waits on, when the bus is closed."""
    close = MemoryTopic.close

    def silent(self):
        self._publishers.clear()
        close(self)

    patch.setattr(MemoryTopic, "close", silent)


def never_closed(patch: PATCH) -> None:
    """A bus that is closed takes messages."""
    patch.setattr(MemoryBus, "_check_open", lambda self: None)


def leaks(patch: PATCH) -> None:
    """A task stays."""
    open_bus = MemoryBus.open

    async def begin(self):
        self.task = asyncio.ensure_future(asyncio.sleep(3600))
        await open_bus(self)

    patch.setattr(MemoryBus, "open", begin)


CAUGHT: dict[Callable[[PATCH], None], list[str]] = {
    trims: ["arrives_as_it_was"],
    shares: ["arrives_as_it_was"],
    checks_nothing: ["cannot_be_published"],
    checks_no_names: ["cannot_be_published"],
    broadcasts: ["every_group_gets"],
    one_line: ["every_group_gets", "from_its_beginning", "full_topic_suspends"],
    one_topic: ["topics_do_not_mix"],
    forgets_absent_groups: ["while_nobody_is_there"],
    begins_at_the_start: ["from_its_beginning"],
    fills_without_groups: ["without_groups"],
    keeps_forgotten_groups: ["forgotten_group"],
    forgets_without_room: ["forgotten_group"],
    comes_back: ["never_comes_again"],
    acks_for_anybody: ["given_back_comes_again", "work_that_goes_on"],
    says_yes: ["never_comes_again", "given_back_comes_again", "leaving_gives_back", "dead_member", "closed_bus"],
    counts_nothing: ["given_back_comes_again", "leaving_gives_back", "dead_member", "comes_before_the_later"],
    ignores_delays: ["a_delay_is_kept"],
    delays_all: ["a_delay_is_kept"],
    takes_any_delay: ["a_delay_is_kept"],
    keeps_what_is_left_behind: ["leaving_gives_back"],
    receives_after_leaving: ["leaving_gives_back"],
    waits_for_the_dead: ["dead_member", "comes_before_the_later"],
    declares_all_dead: ["dead_member"],
    extends_nothing: ["work_that_goes_on"],
    loses_wakings: ["takes_nothing_with_it"],
    no_keys: ["waits_for_the_earlier", "nothing_is_lost"],
    one_key: ["every_group_gets", "waits_for_the_earlier"],
    overtakes: ["comes_before_the_later", "nothing_is_lost"],
    loses_some: ["comes_before_the_later", "nothing_is_lost"],
    unbounded: ["full_topic_suspends", "in_which_they_came"],
    keeps_what_it_refuses: ["full_topic_suspends"],
    one_group_is_enough: ["full_topic_suspends"],
    last_come_first: ["in_which_they_came"],
    publishes_for_the_dead: ["in_which_they_came"],
    leaves_publishers_waiting: ["closed_bus"],
    never_closed: ["closed_bus"],
    leaks: ["closed_bus"],
}
CASES = [(mutant, part) for mutant, parts in CAUGHT.items() for part in parts]


def named(part: str) -> str:
    """Find the test that a part of its name means."""
    (name,) = [name for name in TESTS if part in name]
    return name


@pytest.mark.parametrize(("mutant", "part"), CASES, ids=lambda value: getattr(value, "__name__", value))
def test_a_broken_bus_is_caught(mutant, part, monkeypatch):
    mutant(monkeypatch)
    with VirtualTime() as virtual, as_system_clock(virtual.clock):
        virtual.loop.set_exception_handler(lambda loop, told: None)  # what a broken bus leaves behind
        with pytest.raises((AssertionError, MotetError)):
            virtual.run(getattr(MessageBusContract(), named(part))(buses))
    gc.collect()


def test_every_test_of_the_contract_has_a_bus_that_it_catches():
    assert {named(part) for _, part in CASES} == set(TESTS)
