"""Catalogues that follow the sources: ``python -m sim.language.extract`` finds all texts and keeps their translations.

Texts are those of the sources, and the names that the bundled scenarios give: of places, groups of people, fraud types,
measures, channels and money.

A text that is new stands in ``catalogues/*.po`` without a translation, one that is said no more goes.
"""

import ast
import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from ruamel.yaml import YAML

from sim.language.labels import spelled
from sim.language.spoken import ENGLISH, LANGUAGES

SOURCES = Path(__file__).resolve().parent.parent
SCENARIOS = SOURCES.parent / "scenarios"
CATALOGUES = SOURCES / "language" / "catalogues"
METHODS = [("**.py", "python"), ("**.jinja", "jinja2.ext:babel_extract")]
KEYWORDS = {"said": None, "counted": (1, 2), "marked": None}
"""The functions whose arguments are texts, as Babel names them: None for the first one alone."""
DECLARING = ("base/words.py", "scenario/schema/measures.py")
"""Files whose words are texts wherever people see them. They are read, not imported: no room stands below this one."""

UNCHANGING = datetime(2026, 1, 1, tzinfo=UTC)
"""The date that stands in a catalogue: the same sources make the same file."""


def extracted() -> Catalog:
    """Return all texts of the package, with the files where they are said."""
    found = Catalog()
    every = extract_from_dir(SOURCES, METHODS, keywords=KEYWORDS, comment_tags=("LANGUAGE:",))
    for file, _, text, comments, _ in every:
        found.add(text, locations=[(f"sim/{file}", 0)], auto_comments=comments)
    for file, name in (*_declared(), *_names()):
        found.add(spelled(name.replace("-", "_")), locations=[(file, 0)])
    return found


def _declared() -> Iterator[tuple[str, str]]:
    """Yield each file that declares words with the words: members of enumerations, and what keys of measures may be."""
    for file in DECLARING:
        for node in ast.walk(ast.parse((SOURCES / file).read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and "Word" in [
                base.id for base in node.bases if isinstance(base, ast.Name)
            ]:
                members = [part.targets[0] for part in node.body if isinstance(part, ast.Assign)]
                yield from ((f"sim/{file}", member.id.lower()) for member in members if isinstance(member, ast.Name))
            elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Literal":
                values = [part.value for part in ast.walk(node.slice) if isinstance(part, ast.Constant)]
                yield from ((f"sim/{file}", value) for value in values if isinstance(value, str))


def _names() -> Iterator[tuple[str, str]]:
    """Yield each bundled file with the names that it gives."""
    for path in sorted(SCENARIOS.glob("*_provinces*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield from ((f"scenarios/{path.name}", row[column]) for column in ("name", "region"))
    for path in sorted(SCENARIOS.glob("*.yaml")):
        scenario = YAML(typ="safe").load(path)
        for keys in (("fraud", "types"), ("measures",), ("dens", "regions"), ("population", "occupation", "urban")):
            yield from ((f"scenarios/{path.name}", name) for name in _at(scenario, keys))
        yield from ((f"scenarios/{path.name}", name) for name in _at(scenario, ("channels",)).values())
        if "currency" in scenario:
            yield f"scenarios/{path.name}", scenario["currency"]


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
            found.add(text.id, before.string if before else None, text.locations, auto_comments=text.auto_comments)
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
                write_po(file, found, width=120, include_lineno=False, sort_output=True)
            print(f"{language}: {len(found)} texts, {len(untranslated(found))} without a translation")


if __name__ == "__main__":
    main()
