"""Whatever happens to many calls at once, a circuit breaker does what its plain model does."""

from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from middleware.crowd import Caller, Crowd
from motet import InvalidPayload
from motet.kernel.events import Intervened
from motet.middleware.breaker_state import TRANSITIONS
from motet.middleware.circuit_breaker import CircuitBreaker
from motet.middleware.errors import CircuitOpen
from motet.testing.virtual_time import VirtualTime

ENDS = {"success": None, "failure": ValueError("x"), "callers fault": InvalidPayload("x")}

setups = st.fixed_dictionaries(
    {
        "minimum": st.integers(1, 4),
        "window": st.sampled_from([10.0, 20.0]),
        "recovery": st.sampled_from([0.0, 5.0, 10.0]),
        "probes": st.integers(1, 3),
        "successes": st.integers(1, 3),
    }
)
thresholds = st.sampled_from([(1, None), (2, None), (3, None), (None, 0.5), (None, 1.0), (3, 0.4), (2, 1.0)])


@dataclass
class Model:
    """A circuit breaker that keeps a list of everything."""

    failures: int | None
    rate: float | None
    setup: dict
    state: str = "closed"
    since: float = 0.0
    ended: list[tuple[float, bool]] = field(default_factory=list)
    inside: list[Caller] = field(default_factory=list)
    """Those who entered since the last transition."""

    def go(self, state: str, now: float) -> None:
        self.state, self.since, self.ended, self.inside = state, now, [], []

    def enter(self, now: float) -> bool:
        if self.state == "open" and now >= self.since + self.setup["recovery"]:
            self.go("half_open", now)
        return self.state == "closed" or (self.state == "half_open" and len(self.inside) < self.setup["probes"])

    def leave(self, caller: Caller, end: str, now: float) -> None:
        if caller not in self.inside:
            return
        self.inside.remove(caller)
        if end not in {"success", "failure"}:
            return
        failed = end == "failure"
        self.ended.append((now, failed))
        if self.state == "half_open" and failed:
            self.go("open", now)
        elif self.state == "half_open" and len(self.ended) == self.setup["successes"]:
            self.go("closed", now)
        elif self.state == "closed" and (self.in_a_row() or self.in_the_window(now)):
            self.go("open", now)

    def in_a_row(self) -> bool:
        last = [failed for _, failed in self.ended][-(self.failures or 0) :]
        return self.failures is not None and len(last) == self.failures and all(last)

    def in_the_window(self, now: float) -> bool:
        width = self.setup["window"] / 10
        kept = [failed for at, failed in self.ended if at // width > now // width - 10]
        return self.rate is not None and len(kept) >= self.setup["minimum"] and sum(kept) / len(kept) >= self.rate


class Breakers(RuleBasedStateMachine):
    """Calls with two keys, through the middleware itself, in virtual time."""

    def __init__(self) -> None:
        super().__init__()
        self.virtual = VirtualTime()

    @initialize(setup=setups, threshold=thresholds)
    def begin(self, setup, threshold):
        failures, rate = threshold
        self.breaker = CircuitBreaker(failures, rate=rate, key=lambda caller, ctx: caller.key, **setup)
        self.crowd = Crowd(self.virtual, self.breaker)
        self.models = {key: Model(failures, rate, setup) for key in "ab"}
        self.refused = 0

    @rule(key=st.sampled_from("ab"), many=st.integers(1, 4))
    def start(self, key, many):
        model = self.models[key]
        for caller in [self.crowd.call(key) for _ in range(many)]:
            if model.enter(self.crowd.now):
                assert caller.inside
                model.inside.append(caller)
            else:
                assert isinstance(caller.error, CircuitOpen)
                self.refused += 1
                self.check_hint(model, caller.error.retry_after)

    def check_hint(self, model, seconds):
        if model.state == "half_open":
            assert seconds is None
        else:
            assert 0 < seconds == model.since + model.setup["recovery"] - self.crowd.now

    @precondition(lambda self: self.crowd.inside)
    @rule(data=st.data(), end=st.sampled_from([*ENDS, "failure", "cancel"]))
    def end(self, data, end):
        caller = data.draw(st.sampled_from(self.crowd.inside))
        if end == "cancel":
            self.crowd.cancel(caller)
        else:
            self.crowd.end(caller, ENDS[end])
        self.models[caller.key].leave(caller, end, self.crowd.now)

    @rule(key=st.sampled_from("ab"))
    def reset(self, key):
        if self.models[key].state != "closed":  # by hand: no call is there to tell of it
            self.crowd.told(Intervened("", self.crowd.now, "", "", "a hand", "closed", key))
        self.breaker.reset(key)
        self.models[key].go("closed", self.crowd.now)

    @rule(seconds=st.sampled_from([0.5, 1.0, 2.5, 5.0, 9.5, 30.0]))
    def pass_time(self, seconds):
        self.virtual.advance(seconds)

    @invariant()
    def they_stand_where_their_models_stand(self):
        if hasattr(self, "models"):
            for key, model in self.models.items():
                assert self.breaker.state(key) == model.state

    @invariant()
    def no_more_than_its_probes_are_inside_while_it_is_half_open(self):
        for model in getattr(self, "models", {}).values():
            assert model.state != "open" or not model.inside
            assert model.state != "half_open" or len(model.inside) <= model.setup["probes"]

    @invariant()
    def transitions_are_legal_and_an_observer_is_told_of_each(self):
        legal = {(source, target) for source, ways in TRANSITIONS.items() for target in ways.values()}
        for key in getattr(self, "models", ()):
            told = [event.what for event in self.crowd.told.of(Intervened) if event.key == key]
            states = ["closed", *("open" if what == "opened" else what for what in told if what != "refused")]
            assert set(pairwise(states)) <= legal
            assert states[-1] == self.breaker.state(key)

    @invariant()
    def every_call_is_in_the_counters(self):
        if hasattr(self, "crowd"):
            counters = self.breaker.counters()
            assert counters["refused"] == self.refused
            assert counters["passed"] + counters["refused"] == len(self.crowd.callers)
            assert counters["at_work"] == len(self.crowd.inside)
            ends = sum(counters[name] for name in ("succeeded", "failed", "neither", "late"))
            assert ends == counters["passed"] - counters["at_work"]

    def teardown(self):
        if hasattr(self, "crowd"):
            self.crowd.close()
        self.virtual.close()


TestBreakers = Breakers.TestCase
TestBreakers.settings = settings(max_examples=80, stateful_step_count=40)
