"""The model behind the page of capacity."""

import statistics
from dataclasses import replace

import pytest

from tests.benchmarks.capacity import LAYOUTS, Measured, Station, simulate, stations

FIGURES = Measured(
    version="1.0.0",
    on="2026-01-01",
    cpu={"tracker": 500.0, "notifier": 800.0, "ingest": 200.0, "nats": 300.0, "postgres": 900.0},
    log=10_000,
    commits=0.5,
    streamed=10_000,
    stored={"ingest": 800, "tracker": 2000, "notifier": 3000, "streams": 2000},
)


def test_twice_the_processes_do_twice_as_much() -> None:
    """Where a process is what stops the whole, two of it have double the limit."""
    one, two = (stations(FIGURES, replace(LAYOUTS[0], each=each)) for each in (1, 2))
    limits = [{station.name: station.limit for station in layout} for layout in (one, two)]

    assert pytest.approx(2 * limits[0]["tracker"]) == limits[1]["tracker"]
    assert limits[0]["the stream STAGES"] == limits[1]["the stream STAGES"]


def test_an_event_alone_takes_what_its_services_take() -> None:
    """With nobody before it an event takes the sum of all services, on the average."""
    passed = [Station("a", 1, 0.001), Station("b", 2, 0.003)]

    assert pytest.approx(0.004, rel=0.1) == statistics.mean(simulate(passed, 1.0))


def test_more_than_the_slowest_can_do_piles_up() -> None:
    """Below the least limit events are late by little, above it by more and more."""
    passed = [Station("fast", 4, 0.001), Station("slow", 1, 0.002)]
    below, above = (simulate(passed, share * passed[1].limit) for share in (0.8, 1.5))

    assert statistics.median(below) < 0.02
    assert above[-1] > 2 * above[len(above) // 4] > 1.0
