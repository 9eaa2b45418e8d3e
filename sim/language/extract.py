"""Catalogues kept up with the sources: ``python -m sim.language.extract`` finds all texts, and keeps their translations.

A text that is new stands in ``catalogues/*.po`` without a translation, one that is said no more goes.
"""

from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from sim.language.spoken import ENGLISH, LANGUAGES

SOURCES = Path(__file__).resolve().parent.parent
CATALOGUES = SOURCES / "language" / "catalogues"
METHODS = [("**.py", "python"), ("**.jinja", "jinja2.ext:babel_extract")]
KEYWORDS = {"said": None, "counted": (1, 2), "marked": None}
"""The functions whose arguments are texts, as Babel names them: None for the first one alone."""


def extracted() -> Catalog:
    """Return all texts of the package, with the files where they are said."""
    found = Catalog()
    for file, _, text, comments, _ in extract_from_dir(SOURCES, METHODS, keywords=KEYWORDS, comment_tags=("LANGUAGE:",)):
        found.add(text, locations=[(f"sim/{file}", 0)], auto_comments=comments)
    return found


def catalogue(language: str) -> Catalog:
    """Return the catalogue of a language as it is stored."""
    with (CATALOGUES / f"{language}.po").open("rb") as source:
        return read_po(source, locale=language)


def main() -> None:
    """Bring the catalogue of each language up to the sources."""
    texts = extracted()
    for language in LANGUAGES:
        if language == ENGLISH:
            continue
        kept = catalogue(language)
        kept.update(texts, no_fuzzy_matching=True)
        kept.obsolete.clear()
        kept.project, kept.version, kept.fuzzy = "Tocsin", "0", False
        kept.msgid_bugs_address = kept.last_translator = kept.language_team = ""
        kept.creation_date = kept.revision_date = datetime(2026, 1, 1, tzinfo=UTC)  # the same sources, the same file
        with (CATALOGUES / f"{language}.po").open("wb") as file:
            write_po(file, kept, width=120, include_lineno=False, sort_output=True)
        missing = [message.id for message in kept if message.id and not _translated(message.string)]
        print(f"{language}: {len(kept)} texts, {len(missing)} without a translation")


def _translated(string: str | tuple[str, ...]) -> bool:
    return all(string) if isinstance(string, tuple) else bool(string)


if __name__ == "__main__":
    main()
