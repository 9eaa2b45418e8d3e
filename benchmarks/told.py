"""Numbers that documents quote, each from one place: ``table.json``, where they are measured, or the source itself.

``TOLD`` has the sentences of each document with fields for their numbers, ``TABLES`` the tables between markers.
``python -m benchmarks.told`` lists those that a document does not have as they should be now, and ``--write`` corrects
them.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks import country, growth, table, worth
from benchmarks.documents import write_into
from sim.base import __version__
from sim.country.calendar import Calendar
from sim.scenario import load_scenario
from sim.scenario.load import posterior

ROOT = Path(__file__).resolve().parents[1]
FILE = Path(__file__).with_name("table.json")
"""What was measured last, written by ``python -m benchmarks --full --write``."""

NOT_YET = "Not measured for this version."


def of_benchmarks(found: Mapping[str, Any]) -> str:
    """Return the table of benchmarks, if it is of this version."""
    if found.get("table", {}).get("about", {}).get("version") != __version__:
        return NOT_YET
    return table.markdown(*table.read(found["table"]))


def of_growth(found: Mapping[str, Any]) -> str:
    """Return the tables of growth."""
    return "\n".join(growth.tables(found["growth"]))


worth_of = cache(worth.of_stored)  # takes seconds, and depends on stored files alone

OF_ALERTS = ("victims", "cases_filed", "loss_money")
"""Totals to show where alerts stop nobody before the first payment."""

TABLES: Mapping[tuple[str, str], Callable[[Mapping[str, Any]], str]] = {
    ("docs/performance.md", "benchmarks"): of_benchmarks,
    ("docs/scale.md", "growth"): of_growth,
    ("docs/what-to-measure.md", "worth"): lambda _: worth_of("china-2022"),
    ("docs/calibration.md", "policies"): lambda _: worth.policies_of_stored(),
    ("docs/singapore.md", "origins"): lambda _: country.origins("singapore"),
    ("docs/singapore.md", "policies"): lambda _: worth.policies_of_stored("singapore", OF_ALERTS),
    ("docs/singapore.md", "worth"): lambda _: worth_of("singapore"),
    ("docs/two-countries.md", "shared"): lambda _: country.shared("china-2022", "singapore"),
}
"""What stands between the markers of a name, by document and name."""

TOLD: Mapping[str, tuple[str, ...]] = {
    "README.md": (
        "{people_bn} billion people, some {attempts_bn} billion potential attempts in {days} days of warm-up and "
        "period",
        "{country_core} s of processor time, shared by two cores, and {country_gb} GB of memory",
        "fitted to {fitted} published figures, each with a tolerance of up to {loosest}%",
    ),
    "docs/how-to-sweep.md": ("{country_gb} GB for the whole of China one to one",),
    "docs/calibration.md": (
        "**Data**: {fitted} fitted figures",
        "Of the {changes} changes of the headline's eight totals by {policies} policies, {inside} lie inside",
        "Of the {lever_changes} changes by levers, which lie at an end of their range, {lever_inside} lie inside",
        "a draw has {fewest} to {most} officers who visit",
    ),
    "docs/performance.md": ("simulates warm-up and period, {days} days,",),
    "docs/scale.md": (
        "Two runs one to one, minutes each, {country_gb} GB.",
        "one machine with {earth_gb} GB holds all people one to one",
        "a run of the whole country leaves {country_mb} MB",
    ),
}
"""The sentences, or their parts, that have such numbers, by document; lines may be broken anywhere."""


def measured() -> dict[str, Any]:
    """Return what the file has."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def numbers() -> dict[str, str]:
    """Return all numbers that documents tell, as they tell them, by the names of the fields."""
    found = measured()["growth"]
    scenario = load_scenario("china-2022")
    spec, country = scenario.spec, growth.whole(found)
    allowed = [row.tolerance or 0.0 for row in spec.figures if row.role == "fitted"]
    calendar = Calendar.of(spec.period)
    officers = posterior("china-2022")["desks.visit.staff"]
    return {
        **{name: str(count) for name, count in worth.inside_of_stored().items()},
        "fewest": f"{officers.min():,.0f}",
        "most": f"{officers.max():,.0f}",
        "people_bn": f"{found['people'] / 1e9:.1f}",
        "attempts_bn": f"{country['attempts'] / 1e9:.0f}",
        "days": f"{calendar.last - calendar.first + 1}",
        "country_core": f"{country['processor_s']:.0f}",
        "country_gb": gigabytes(country),
        "country_mb": f"{country['disk_bytes'] / 1e6:.0f}",
        "earth_gb": gigabytes(found["earth"]),
        "fitted": f"{len(allowed)}",
        "loosest": f"{100 * max(allowed):.0f}",
    }


def gigabytes(cost: Mapping[str, Any]) -> str:
    """Return the memory of a run at its peak, in GB."""
    return f"{cost['peak_bytes'] / 1e9:.1f}"


def read(name: str) -> str:
    """Return the text of a document."""
    return (ROOT / name).read_text(encoding="utf-8")


def missing() -> Iterator[tuple[str, str]]:
    """Yield each document with a sentence, as it should be now, that it does not have."""
    known = numbers()
    for name, sentences in TOLD.items():
        text = " ".join(read(name).split())
        for sentence in (sentence.format(**known) for sentence in sentences):
            if sentence not in text:
                yield name, sentence
    found = measured()
    for (name, marker), lines in TABLES.items():
        if lines(found) not in read(name):
            yield name, f"the table {marker} of {FILE.name}"


def mended(text: str, sentence: str, known: Mapping[str, str]) -> str:
    """Return a text with other numbers in a sentence, wherever its lines are broken; as it is without the sentence."""
    parts = re.split(r"\{(\w+)\}", sentence)
    pattern = "".join(
        r"([a-z]+|\d+(?:[.,]\d+)*)" if place % 2 else r"\s+".join(re.escape(word) for word in re.split(r"\s+", part))
        for place, part in enumerate(parts)
    )
    match = re.search(pattern, text)
    if match is None:
        return text
    for group in range(match.re.groups, 0, -1):
        text = text[: match.start(group)] + known[parts[2 * group - 1]] + text[match.end(group) :]
    return text


def write() -> None:
    """Put the numbers and tables as they are now into the documents."""
    known, found = numbers(), measured()
    for (name, marker), lines in TABLES.items():
        write_into(ROOT / name, marker, lines(found))
    for name, sentences in TOLD.items():
        text = read(name)
        for sentence in sentences:
            text = mended(text, sentence, known)
        (ROOT / name).write_text(text, encoding="utf-8", newline="\n")


def main(arguments: list[str]) -> int:
    """Say which documents tell other numbers than they should; 1 where one does."""
    if "--write" in arguments:
        write()
    wrong = [f"{name}: {sentence}" for name, sentence in missing()]
    print("\n".join(wrong) or "All documents tell the numbers that were measured.")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
