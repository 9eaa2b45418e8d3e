"""How the cost of the engine ``vector`` grows with scale and with days.

Cost is the wall time of the command less a fixed part, which is measured too: with scale, a run of the same days at a
vanishing scale; with days, a run of one day without warm-up at the same scale
(the smallest of the series, to be short).
"""

from typing import Any

import pytest

from benchmarks import commands
from benchmarks.commands import cost
from benchmarks.conftest import Note
from benchmarks.rows import Row
from benchmarks.scaling import ends, exponent
from benchmarks.sizes import SMOKE, Sizes

NO_WARMUP = "period.warmup=0 d"


@pytest.fixture
def engine(sizes: Sizes) -> str:
    """The engine ``vector``; a smoke test takes the other where it is not there."""
    why = commands.missing("vector")
    if why and sizes.name != SMOKE.name:
        pytest.skip(why)
    return "reference" if why else "vector"


def test_cost_against_scale(engine: str, benchmark: Any, note: Note, sizes: Sizes) -> None:
    scales = [share * sizes.vector_scale for share in sizes.shares]

    def series() -> list[float]:
        # Twice the vanishing scale vanishes too, and is not the run that may have compiled something.
        return [cost(sizes, engine, scale).wall_s for scale in (2 * sizes.vanishing_scale, *scales)]

    fixed, *seconds = benchmark.pedantic(series, rounds=1)
    what = f"{sizes.scenario}, {engine}, scale {scales[0]:g} to {scales[-1]:g}: exponent of cost in scale"
    note(Row("scaling.scale", what, exponent(scales, seconds, fixed), "", seconds[-1] / fixed, "fixed cost"))


def test_cost_against_days(engine: str, benchmark: Any, note: Note, sizes: Sizes) -> None:
    days = ends(*sizes.days, sizes.shares)
    scale = sizes.vector_scale * sizes.shares[0]

    def seconds_to(last: str) -> float:
        settings = (*(s for s in sizes.settings if s != NO_WARMUP), NO_WARMUP, f"period.end={last}")
        return cost(sizes, engine, scale, settings).wall_s

    def series() -> list[float]:
        return [seconds_to(last) for last in (sizes.days[0], *(last for last, _ in days))]

    one_day, *seconds = benchmark.pedantic(series, rounds=1)
    counts = [count for _, count in days]
    what = f"{sizes.scenario}, {engine}, scale {scale:g}, {counts[0]} to {counts[-1]} days: exponent of cost in days"
    slope = exponent([count - 1 for count in counts], seconds, one_day)
    note(Row("scaling.days", what, slope, "", seconds[-1] / one_day, "one day"))
