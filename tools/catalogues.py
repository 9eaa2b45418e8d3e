"""Renew the catalogues from the sources: ``python -m tools.catalogues`` finds all texts and keeps their translations.

Texts are those that the sources mark, the words of the model (``sim.language.named`` shows them), and the names
of the bundled scenarios: places, groups of people, fraud types, measures, channels and money. Help, the meanings of
keys and ``tocsin verify`` are English only.

A new text is written into ``sim/language/catalogues/*.po`` without a translation; an unused one is removed.
"""

import ast
import csv
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from ruamel.yaml import YAML

import sim
from sim.base import words
from sim.language import ENGLISH, LABELS, LANGUAGES, spelled
from sim.reading.quantities import FIGURES
from sim.scenario.keys import NAME, NUMBER, every_key
from sim.scenario.levers import NO_LEVERS, WORDS
from sim.scenario.schema.measures import KINDS
from sim.scenario.schema.population import QUANTITIES

SOURCES = Path(sim.__file__).parent
SCENARIOS = SOURCES.parent / "scenarios"
CATALOGUES = SOURCES / "language" / "catalogues"
UNSEEN = (words.DistributionKind, words.Event, words.OriginKind, words.Outcome)
"""Words of scenarios, logs and columns only."""

KEYWORDS = {"said": None, "counted": (1, 2), "marked": None}
"""The functions whose arguments are texts, as Babel names them: None for the first one alone."""

UNCHANGING = datetime(2026, 1, 1, tzinfo=UTC)
"""The date in a catalogue, so that the same sources make the same file."""


def extracted() -> Catalog:
    """Return all texts of the package."""
    found = Catalog()
    for text in _texts():
        found.add(text)
    for _, _, text, _, _ in extract_from_dir(SOURCES, [("**.jinja", "jinja2.ext:babel_extract")], keywords=KEYWORDS):
        found.add(text)
    for label in (*_labels(), *_keys(), *(name.replace("-", "_") for name in _names())):
        found.add(spelled(label))
    return found


def _texts() -> Iterator[str | tuple[str, ...]]:
    """Yield the texts of the Python files; one that is counted as a pair."""
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS:
                arguments = node.args[: 2 if KEYWORDS[node.func.id] else 1]
                texts = tuple(str(one.value) for one in arguments if isinstance(one, ast.Constant))
                if texts:
                    yield texts if len(texts) > 1 else texts[0]


def _labels() -> Iterator[str]:
    """Yield the words of the model, and the names of quantities, measures and their targets."""
    for kind in words.Word.__subclasses__():
        if kind.__module__ == words.__name__ and kind not in UNSEEN:
            yield from kind.labels()
    yield from LABELS
    yield from QUANTITIES
    yield from FIGURES
    for measure in KINDS.values():
        yield from _allowed(measure)


def _keys() -> Iterator[str]:
    """Yield the keys of levers that have no name in ``WORDS``, so that they are shown as they are written."""
    for key in every_key():
        section, *_ = re.split(r"[.\[]", key)
        last = re.sub(r"\[.*", "", key).rpartition(".")[2] if key.endswith("]") else key.rpartition(".")[2]
        if section not in NO_LEVERS and last not in (NAME, NUMBER, *WORDS):
            yield last


def _allowed(measure: Any) -> Iterator[str]:
    """Yield the words that the keys of a measure take."""
    for key in measure.model_fields.values():
        annotations = [key.annotation]
        while annotations:
            one = annotations.pop()
            if get_origin(one) is Literal:
                yield from (word for word in get_args(one) if isinstance(word, str))
            else:
                annotations += get_args(one)


def _names() -> Iterator[str]:
    """Yield the names that the bundled files give."""
    for path in sorted(SCENARIOS.glob("*_provinces*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield from (row["name"], row["region"])
    for path in sorted(SCENARIOS.glob("*.yaml")):
        scenario = YAML(typ="safe").load(path)
        for keys in (("fraud", "types"), ("measures",), ("dens", "regions"), ("population", "occupation", "urban")):
            yield from _at(scenario, keys)
        yield from _at(scenario, ("channels",)).values()
        if "currency" in scenario:
            yield scenario["currency"]


def _at(scenario: Any, keys: Iterable[str]) -> dict[str, Any]:
    """Return the map at a path of a scenario, values in full form or not; empty where there is none."""
    for key in keys:
        scenario = (scenario or {}).get(key)
        if isinstance(scenario, dict) and "value" in scenario:
            scenario = scenario["value"]
    return scenario or {}


def catalogue(language: str) -> Catalog:
    """Return the catalogue of a language as it is stored."""
    with (CATALOGUES / f"{language}.po").open("rb") as source:
        return read_po(source, locale=language)


def followed(texts: Catalog, language: str) -> Catalog:
    """Return the catalogue of a language for these texts, with the translations that are stored."""
    kept = catalogue(language)
    found = Catalog(
        language,
        header_comment=f"# Tocsin in {LANGUAGES[language]}.",
        project="Tocsin",
        version="0",
        msgid_bugs_address="",
        creation_date=UNCHANGING,
        revision_date=UNCHANGING,
        last_translator="",
        language_team="",
        fuzzy=False,
    )
    for text in texts:
        if text.id:
            before = kept.get(text.id if isinstance(text.id, str) else text.id[0])
            found.add(text.id, before.string if before else None)
    return found


def untranslated(found: Catalog) -> list[str]:
    """Return the texts of a catalogue that have no translation, or not one for each number."""
    missing = []
    for message in found:
        strings = [message.string] if isinstance(message.string, str | None) else list(message.string)
        if message.id and not all(strings):
            missing.append(message.id if isinstance(message.id, str) else message.id[0])
    return missing


def main() -> None:
    """Bring the catalogue of each language up to the sources."""
    texts = extracted()
    for language in LANGUAGES:
        if language != ENGLISH:
            found = followed(texts, language)
            with (CATALOGUES / f"{language}.po").open("wb") as file:
                write_po(file, found, width=0, no_location=True, sort_output=True)
            print(f"{language}: {len(found)} texts, {len(untranslated(found))} without a translation")


if __name__ == "__main__":
    main()
