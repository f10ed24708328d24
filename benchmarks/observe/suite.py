"""The suite of observability: who takes part, its tables and its words."""

from __future__ import annotations

from benchmarks.observe.workloads import ALONE, COLLECTORS, CONTEXT, LOGS, MOTET, WORKLOADS
from benchmarks.shared.peers import Peer
from benchmarks.shared.suite import Section, Suite

HOW_TO_READ = """\
Every cell is the median of the rounds, with minimum and maximum in brackets, of processor time. "us/event" is what a
call with a collector takes more than one with an observer that does nothing, divided by the number of its events (two
for a call of an agent: its beginning and its end). What the events themselves cost, whoever observes, is the row
`no_op`, over a call that nobody observes. Both ways are measured in turn, slice by slice, in one process. "Alone" is
the library that a collector stands on, called by hand around a plain function for the same figures: what cannot be had
for less. The limit is 3 us an event with one collector."""

COMMON = """\
The payload is a short string, and the agent gives it back as it came, without validation. Labels are those of one
agent, so every series is there already, as in a program that has run for a while."""

SUITE = Suite(
    name="observe",
    title="Observability benchmarks",
    about="Measure what observing adds to a call, beside the libraries that the collectors stand on.",
    peers={
        ALONE: Peer(
            ALONE,
            "the libraries alone",
            short="alone",
            also=("opentelemetry-sdk", "prometheus-client"),
        ),
        MOTET: Peer(MOTET, "Motet", "motet", also=("opentelemetry-sdk", "prometheus-client")),
    },
    workloads=WORKLOADS,
    sections=[
        Section(COLLECTORS, "Collectors, over an observer that does nothing", (ALONE,)),
        Section(LOGS, "Logs, likewise", (ALONE,)),
        Section(CONTEXT, "For context", (ALONE,)),
    ],
    how_to_read=HOW_TO_READ,
    common=COMMON,
)
