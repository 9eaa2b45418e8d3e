"""Numbers that documents quote, each from one place: ``table.json``, where they are measured, or the source itself.

``TOLD`` has the sentences of each document with fields for their numbers, ``TABLES`` the tables between markers.
``python -m benchmarks.told`` lists those that a document does not have as they should be now, and ``--write`` corrects
them; ``tests/test_told.py`` checks the documents for them, and for other amounts of time and memory.
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
from sim.base.version import __version__
from sim.country.calendar import Calendar
from sim.scenario import load_scenario, posterior

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

RECORDS = {
    "docs/performance.md": "what was measured while the engines became quicker, each with its day and its machine",
    "docs/kernels.md": "what each habit of compiled code was worth when it was tried",
    "docs/rationale-archive.md": "what a decision rests on, as it was measured then",
    "docs/verification.md": "what tests took, with the day and the machine",
    "docs/mechanism.md": "what is simulated, not what it takes",
    "docs/model.md": "what is simulated, not what it takes",
    "docs/calibration.md": "what one calibration took, which nobody makes again for a document",
    "docs/fit-china-2022.md": "written by `tocsin calibrate`",
    "docs/scenario.md": "written from the schema",
    "docs/cli.md": "written from the commands",
    "docs/bounds.md": "written from the bounds",
    "docs/tables.md": "written from the tables",
    "CHANGELOG.md": "what changed, as it was then",
    "benchmarks/README.md": "how it is measured; the numbers stand in docs/performance.md",
}
"""Documents that have amounts of time and memory of their own, and why."""

AMOUNT = re.compile(r"\b\d[\d.,]*(?: to \d[\d.,]*)? (?:s|ms|seconds|minutes|kB|MB|MiB|GB|GiB)\b")
"""An amount of time or memory."""

NOT_MEASURED = {
    ("docs/scale.md", "4 GB"): "what the assumed price of a core hour has with it",
    ("docs/scale.md", "8 GB"): "a byte for each of eight billion people",
}
"""Amounts that are no measurements, and what they are."""

LEFT_OUT = re.compile(r"^```.*?^```$|^<!-- (\w+): begin -->.*?^<!-- \1: end -->|`[^`\n]*`|^## 6 .*", re.M | re.S)
"""What is not looked through: examples, tables that commands write, code, and a section that is a record."""


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


def others() -> Iterator[tuple[str, str]]:
    """Yield each document with an amount of time or memory that is neither told from one place nor a record."""
    known = numbers()
    for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "benchmarks" / "README.md"]):
        name = path.relative_to(ROOT).as_posix()
        if name in RECORDS:
            continue
        text = " ".join(LEFT_OUT.sub("", read(name)).split())
        for sentence in TOLD.get(name, ()):
            text = text.replace(sentence.format(**known), "")
        yield from ((name, amount) for amount in AMOUNT.findall(text) if (name, amount) not in NOT_MEASURED)


def main(arguments: list[str]) -> int:
    """Say which documents tell other numbers than they should; 1 where one does."""
    if "--write" in arguments:
        write()
    wrong = [f"{name}: {sentence}" for name, sentence in missing()]
    wrong += [f"{name}: {amount}: a number of its own" for name, amount in others()]
    print("\n".join(wrong) or "All documents tell the numbers that were measured.")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
