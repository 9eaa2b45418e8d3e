"""A language of its own for tests: every text that catalogues translate is itself between brackets."""

import base64
import gettext
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from html.parser import HTMLParser
from typing import Any

import sim
from sim.reading.findings import shortened
from sim.told.runs import answer
from tools.catalogues import extracted

OPEN, CLOSE = "⟦", "⟧"
SAID = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*(?:{CLOSE}|$)")
"""A text in its brackets; a name that was cut because it is long has no closing one."""
SPOKEN_ATTRIBUTES = ("aria-label", "title", "alt", "placeholder", "data-label")
WRITTEN_AS_IT_IS = re.compile(
    r"%\{[^}]*\}|<[^>]*>|&#?\w+;|\bTocsin\b|\b[0-9a-f]{64}\b|\d{4}-\d{2}-\d{2}|--?[\w-]+|\b[\w-]+\.(yaml|csv|html|json)\b"
)
"""Of the texts of pictures and tables: fields, tags, hashes, days, options, files."""

ASIDE = ("script", "style", "code", "svg")
EMPTY = ("meta", "link", "input", "br", "img", "hr", "wbr", "col")


class Texts(HTMLParser):
    """The texts of a page that people see or hear; what ``translate="no"`` leaves in its own words is none of them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.scripts: dict[str, str] = {}
        self.inside: list[tuple[str, bool]] = []
        self.id = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.id = dict(attrs).get("id") or ""
        aside = tag in ASIDE or dict(attrs).get("translate") == "no" or (bool(self.inside) and self.inside[-1][1])
        if not aside:
            self.found += [value for key, value in attrs if key in SPOKEN_ATTRIBUTES and value]
        if tag not in EMPTY:
            self.inside.append((tag, aside))

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.inside and self.inside[-1][0] == "script":
            self.scripts[self.id] = data
        elif not self.inside or not self.inside[-1][1]:
            self.found.append(data.strip())


def drawn(value: Any, key: str = "") -> Iterator[str]:
    """Yield the texts of charts: titles, names, ticks, notes, what is told at the pointer."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from drawn(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from drawn(inner, key)
    elif isinstance(value, str) and key in (
        "text",
        "name",
        "hovertemplate",
        "ticktext",
        "hovertext",
        "label",
        "x",
        "y",
    ):
        yield value


def renamed(value: Any) -> Iterator[str]:
    """Yield the categories of charts for which an axis has a name of its own."""
    if isinstance(value, dict):
        if "ticktext" in value:
            yield from (str(category) for category in value["tickvals"])
        for inner in value.values():
            yield from renamed(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from renamed(inner)


def unsaid(page: str, written: set[str]) -> list[str]:
    """Return what of a page's texts no catalogue could translate, but for what is written in scenarios."""
    texts = Texts()
    texts.feed(page)
    data = json.loads(zlib.decompress(base64.b64decode(texts.scripts["data"])))
    # Categories that the axis calls otherwise are not seen.
    unseen = set(renamed(data["charts"]))
    charted = [text for text in drawn(data["charts"]) if text not in unseen]
    return untranslatable([*texts.found, *charted], written)


def untranslatable(texts: Sequence[str], written: set[str]) -> list[str]:
    """Return those of texts in which there are words that are neither between brackets nor written in scenarios."""
    left = []
    for text in dict.fromkeys(texts):
        rest, before = text, ""
        for name in sorted(written, key=len, reverse=True):
            rest = rest.replace(name, " ")
        while rest != before:
            rest, before = SAID.sub("", rest), rest
        rest = WRITTEN_AS_IT_IS.sub(" ", rest)
        if re.search(r"[A-Za-z]{2}", rest):
            left.append(text)
    return left


def names_of(*runs: sim.Run) -> set[str]:
    """Return what runs say in their own words: the titles and names of their scenarios, and of the machine."""
    found: set[str] = set()
    for run in runs:
        machine = run.manifest["machine"]
        found |= {run.scenario.spec.title, run.manifest["name"]}
        found |= {machine[what] for what in ("processor", "system", "architecture")}
        found |= set(told_in_english(run))
    return found


def told_in_english(run: sim.Run) -> list[str]:
    """Return the sentences that the page takes from elsewhere as they are: the answer, findings, and warnings."""
    return [answer(run), *shortened(run.found), *run.manifest["warnings"]]


@cache
def translatable() -> set[str]:
    """Return every text that the catalogues have to translate."""
    ids = [message.id for message in extracted()]
    return {text for one in ids for text in ([one] if isinstance(one, str) else one)}


class Marked(gettext.NullTranslations):
    """Translates every text that the catalogues have to translate into itself between brackets, and no other."""

    def __init__(self) -> None:
        super().__init__()
        self.known = translatable()

    def gettext(self, message: str) -> str:
        return f"{OPEN}{message}{CLOSE}" if message in self.known else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)
