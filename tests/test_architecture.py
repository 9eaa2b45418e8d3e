"""docs/architecture.md is true to the code: rooms, components of a midnight, and what engines read."""

import re
import tomllib
from pathlib import Path
from unittest.mock import Mock

import sim
from sim.country.calendar import Calendar
from sim.country.people import people_tables
from sim.country.provinces import Provinces
from sim.midnight.component import Component
from sim.midnight.night import Night
from sim.shield.answering import answering_tables

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
ENGINES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "sim" / "engines").rglob("*.py")
}


def drawing() -> list[str]:
    """Return the rows of rooms that the document draws."""
    block = DOCUMENT.partition("```text\n")[2].partition("```")[0]
    return [re.split(r"  +", line.strip())[0] for line in block.splitlines()]


def test_rooms_are_drawn_in_the_order_of_the_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    assert drawing() == [layer for layer in contracts[0]["layers"] if not layer.startswith("(")]


def test_components_of_a_midnight_are_listed_in_their_order() -> None:
    spec = sim.load_scenario("tiny").spec
    tables = answering_tables(spec, people_tables(spec))
    given = Component()
    night = Night(spec, Provinces.of(spec), tables, Calendar.of(spec.period), Mock(), given=[given])
    names = ["the components of users" if "Component" in one.name else one.name for one in night.components]
    said = re.sub(r"\s+", " ", DOCUMENT).partition("In this order: ")[2].partition(".")[0]
    assert said.split(", ") == names


def test_engines_read_of_the_night_what_the_document_says() -> None:
    read = {
        name
        for text in ENGINES.values()
        for name in re.findall(r"\bnight\.(\w+)", re.sub(r"sim\.midnight\.\w+", "", text))
    }
    assert read == {"people", "cards", "cases", "found", "snapshot", "resume", "close_run"}


def test_engines_know_two_gates_from_the_others() -> None:
    known = {
        path: set(re.findall(r"\bFate\.(\w+)", text)) - {"UNANSWERED", "IGNORED", "ENGAGED"}
        for path, text in ENGINES.items()
    }
    assert {path: fates for path, fates in known.items() if fates} == {
        "sim/engines/reference/attempts.py": {"CARD_ELIMINATED", "INTERCEPTED"},
        "sim/engines/vector/drains.py": {"INTERCEPTED"},
    }
