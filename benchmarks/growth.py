"""Measure how time and memory grow with scale, days, provinces, alerts and replicates, for ``docs/scale.md``.

``python -m benchmarks --only growth`` measures and prints its tables; ``--write`` keeps the measurements in
``table.json`` and puts the tables into the document. Every number in them is measured, except those marked as
computed; other documents quote some of them (``benchmarks.told``).
"""

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.commands import THIS, Cost
from benchmarks.rows import FULL, SMOKE, Size
from benchmarks.table import BUSY, about, load
from sim.country.calendar import Calendar
from sim.scenario import Scenario, changed, load_scenario

EARTH = 8_000_000_000
"""People on Earth, United Nations, November 2022."""

PRICE = 0.04
"""Assumed price of a core for an hour, with 4 GB of memory, in US dollars; ask 0.01 to 0.06 of a provider."""

FIRST, LAST = date(2021, 1, 1), date(2022, 11, 30)
FLAGSHIP = "china-2022"
APART = ("Guangdong", "Shandong", "Henan", "Jiangsu", "Sichuan", "Hebei", "Hunan", "Zhejiang")
"""Provinces that stay apart, in turn, where the others are pooled."""

Row = dict[str, Any]


def series(size: Size) -> Iterator[tuple[str, float, list[str]]]:
    """Yield what is run: the series, the amount that varies in it, and the options of the run.

    The amount of ``alerts`` is counted by the run itself.
    """
    smoke = size is SMOKE
    short = ["--set", f"period={{start: {FIRST}, end: {FIRST + timedelta(days=5)}, warmup: 0 d}}"] if smoke else []
    for scale in (0.0001, 0.001) if smoke else (0.001, 0.01, 0.1, *([1.0] if size is FULL else [])):
        yield "scale", scale, ["--scale", f"{scale:g}", *short]
    large, small = ("0.001", "0.001") if smoke else ("0.1", "0.01")
    for days in (2, 4) if smoke else (30, 90, 270, (LAST - FIRST).days + 1):
        period = f"period={{start: {FIRST}, end: {FIRST + timedelta(days=days - 1)}, warmup: 0 d}}"
        yield "days", days, ["--scale", large, "--set", period]
    for apart in (0, 4) if smoke else (0, 2, 4, 8):
        options = [word for name in APART[:apart] for word in ("--apart", name)]
        yield "provinces", apart + 1, ["--scale", small, "--pool", "country", *options, *short]
    spec = load_scenario(FLAGSHIP).spec
    coverage = {name: one.coverage for name, one in spec.measures.items() if one.kind == "warning"}
    if not smoke:
        yield "provinces", len(spec.population.provinces), ["--scale", small]
    for share in (0.25, 0.5, 1.0):
        less = [f"measures.{name}.coverage={share * value!r}" for name, value in coverage.items()]
        yield "alerts", math.nan, ["--scale", large, *short, *(word for one in less for word in ("--set", one))]
    for replicates in (1, 2) if smoke else (1, 2, 4, 8):
        pooled = ["--scale", "0.005", "--pool", "country", *short]
        yield "replicates", replicates, [*pooled, "--replicates", str(replicates), "--workers", "1"]


def exponent(amounts: Sequence[float], costs: Sequence[float]) -> float:
    """Return the exponent of what exceeds the first cost in what exceeds the first amount: 1 is proportional.

    It is the slope of the logarithms by least squares, and needs no fixed cost: that is in the first one, too.

    Args:
        amounts: Three or more, growing.
        costs: What each took.

    Returns:
        The exponent; NaN where a later cost is not above the first, or with fewer amounts.
    """
    if len(amounts) < 3 or min(costs[1:]) <= costs[0]:
        return math.nan
    x = [math.log(amount - amounts[0]) for amount in amounts[1:]]
    y = [math.log(cost - costs[0]) for cost in costs[1:]]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    across = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return across / sum((a - mean_x) ** 2 for a in x)


def planet(days: int) -> Scenario:
    """Give the flagship with as many people as Earth, and everything else in proportion, for some days."""
    base = load_scenario("china-2022")
    spec = base.spec
    rows = [row.model_dump(mode="json") for row in spec.population.provinces]
    times = EARTH / sum(row["population"] for row in rows)
    for row in rows:
        row["population"] = round(row["population"] * times)
    levels = {channel: getattr(spec.fraud.volumes, channel).level for channel in ("call", "sms", "online")}
    contacts = {channel: getattr(spec.population.legitimate, channel) for channel in ("call", "sms", "online")}
    return changed(
        base,
        {
            "population.provinces": rows,
            **{
                f"fraud.volumes.{channel}.level": f"{round(level * times)} per day" for channel, level in levels.items()
            },
            **{f"population.legitimate.{name}": f"{round(count * times)} per day" for name, count in contacts.items()},
            "desks.call.staff": spec.desks.call.staff * times,
            "desks.visit.staff": spec.desks.visit.staff * times,
            "aftermath.investigation.capacity": f"{spec.aftermath.investigation.capacity * times:.6f} per day",
            "aftermath.investigation.backlog": round(spec.aftermath.investigation.backlog * times),
            "period.end": (spec.period.start + timedelta(days=days - 1)).isoformat(),
            "period.warmup": "0 d",
        },
    )


def measured(place: Path, size: Size) -> dict[str, Any]:
    """Measure what ``tables`` tells.

    Args:
        place: A folder for what is thrown away.
        size: How much; the smoke test has days instead of years, and no Earth.

    Returns:
        Measurements by name, with what was measured on, by which version and when.
    """
    found: dict[str, Any] = {"about": about(size.name, "", load())}
    spec = load_scenario(FLAGSHIP).spec
    calendar = Calendar.of(spec.period)
    found |= {
        "people": sum(row.population for row in spec.population.provinces),
        "simulated_days": calendar.last - calendar.first + 1,
        "series": {},
    }
    for given in ((), ("--pool", "country")):  # what has to be compiled
        THIS.run(FLAGSHIP, "--scale", "0.0001", *given)
    for name, amount, options in series(size):
        print(f"growth: {name} {'' if math.isnan(amount) else f'{amount:g} '}...", file=sys.stderr)
        cost = THIS.run(FLAGSHIP, *options)
        found["series"].setdefault(name, []).append(kept(cost, cost.alerts if math.isnan(amount) else amount))
    if size is SMOKE:
        return found
    days = 14 if size is FULL else 2
    file = place / "planet.yaml"
    file.write_text(planet(days).yaml().replace("name: china-2022", "name: planet", 1))
    found["earth"] = kept(THIS.run(str(file)), days)
    return found


def kept(cost: Cost, amount: float) -> Row:
    """Return what is kept of a run, beside the amount that varied."""
    return {"amount": amount, **{name: value for name, value in asdict(cost).items() if name not in LEFT_OUT}}


LEFT_OUT = ("phases", "intercepted")


def whole(found: Mapping[str, Any]) -> Row:
    """Return the run of the whole country, or the largest sample of it that was measured."""
    row: Row = found["series"]["scale"][-1]
    return row


def tables(found: Mapping[str, Any]) -> Iterator[str]:
    """Give the document's tables, line by line, of what was measured."""
    said, people = found["about"], found["people"]
    busy = said["load"] > BUSY
    beside = f", at a load of {said['load']:.0f}, so that seconds of wall say little" if busy else ""
    yield f"{said['date']}, {said['machine']}{beside}; tocsin {said['version']}, sources {said['sources']}."
    costs = ("wall s", "core s", "MB at peak")
    for name, title in TITLES.items():
        rows = found["series"].get(name, [])
        if not rows:
            continue
        yield ""
        yield from head(title.format(days=found["simulated_days"]), "attempts", "alerts", *costs, "MB on disk")
        for one in rows:
            shown = millions(one["amount"]) if name == "alerts" else f"{one['amount']:g}"
            counts = (millions(one[count]) for count in ("attempts", "alerts"))
            yield row(shown, *counts, *figures(one), digits(one["disk_bytes"] / 1e6))
    yield ""
    yield from exponents(found["series"])
    if "earth" not in found:
        return
    yield ""
    yield from head("one to one", "people", "attempts", *costs)
    earth = found["earth"]
    yield row(f"Earth, {earth['amount']:g} days", millions(EARTH), millions(earth["attempts"]), *figures(earth))
    yield ""
    small, large = found["series"]["scale"][0], whole(found)
    each = (large["processor_s"] - small["processor_s"]) / (large["attempts"] - small["attempts"])
    yield from reckoned(
        found["simulated_days"],
        small["processor_s"] - each * small["attempts"],
        each,
        large["attempts"] / large["amount"],
        EARTH / people,
    )


TITLES = {
    "scale": "scale, {days} days with warm-up",
    "days": "days at scale 0.1, no warm-up",
    "provinces": "provinces, the others pooled, scale 0.01",
    "alerts": "alerts at scale 0.1, by coverage",
    "replicates": "replicates, 0.005 in one pool, 1 worker",
}
"""What varies, as the head of its table says it, by the name of the series."""


def exponents(found: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """Give the table of exponents: of what exceeds the first row of each series, in the amount beyond its own."""
    yield from head("exponent (1: proportional) in", "from", "to", "of core s", "of memory", "of disk")
    for name, rows in found.items():
        amounts = [one["amount"] for one in rows]
        cells = []
        for cost in ("processor_s", "peak_bytes", "disk_bytes"):
            value = exponent(amounts, [one[cost] for one in rows])
            cells.append("no growth" if math.isnan(value) else f"{value:.2f}")
        ends = (f"{one:g}" if one < 1e4 else millions(one) for one in (amounts[0], amounts[-1]))
        yield row(name, *ends, *cells)


def reckoned(days: int, fixed: float, each: float, attempts: float, earth: float) -> Iterator[str]:
    """Reckon what many runs take.

    Args:
        days: Simulated days of a run.
        fixed: Core seconds of a run without attempts.
        each: Core seconds of an attempt.
        attempts: Attempts of the country.
        earth: How many times as many people live on Earth.

    Yields:
        The lines of a table.
    """
    yield f"Reckoned: {1e9 * each:.1f} core s a billion attempts, {fixed:.1f} core s a run without any."
    yield ""
    spent = ("core hours", "hours on 2 cores", "hours on 1,000 cores", f"US$ at {PRICE} a core hour")
    yield from head(f"{days} days", "runs", *spent)
    for name, scale, runs in (
        ("a hundredth of China", 0.01, 1),
        ("a hundredth of China", 0.01, 10_000),
        ("China one to one", 1.0, 1),
        ("China one to one", 1.0, 10_000),
        ("Earth one to one", earth, 1),
        ("Earth one to one", earth, 10_000),
    ):
        hours = runs * (fixed + each * attempts * scale) / 3600
        many = digits(hours / 1000) if runs >= 1000 else ""  # a single run cannot use so many
        yield row(name, f"{runs:,}", digits(hours), digits(hours / 2), many, digits(hours * PRICE))


def millions(count: float | None) -> str:
    """Give a count in millions; nothing where it was not measured."""
    return "" if count is None else f"{count / 1e6:,.0f} m" if count >= 1e8 else f"{count / 1e6:.3g} m"


def digits(value: float) -> str:
    """Give a number with three significant digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def figures(cost: Row) -> tuple[str, str, str]:
    """Give seconds and megabytes as cells."""
    return f"{cost['wall_s']:,.1f}", f"{cost['processor_s']:,.1f}", f"{cost['peak_bytes'] / 1e6:,.0f}"


def head(*cells: str) -> Iterator[str]:
    """Give the head of a table."""
    yield row(*cells)
    yield row("---", *["---:"] * (len(cells) - 1))


def row(*cells: str) -> str:
    """Give a line of a table."""
    return f"| {' | '.join(cells)} |"
