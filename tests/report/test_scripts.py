"""What the scripts of a page show comes from the catalogues: words, separators and months."""

import re
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.language import LANGUAGES, speaking
from sim.report import page
from sim.report.parts import FOLDER, axes_locale, file_name, in_script, script_words, source_of
from tests.report.conftest import draw_only
from tests.report.opened import opened

COMMENT = re.compile(r"(?m)(^|\s)//.*$")
LITERAL = re.compile(r"""'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)\"""")
MARKUP = re.compile(r'[<>]|="')
WORDS = re.compile(r"^[A-Z][a-z]+$|[A-Za-z]{2,} [a-z]{2,}")
"""A text that somebody could read: a word with a capital, or words with a space between them."""
SILENT = ("use strict", "Escape", "linear-gradient(to right, ", "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif")
"""What looks like words and is none."""
SHOWS = re.compile(r"""(?:textContent = |"aria-(?:label|valuetext)", )[^;(]*""")
"""Where a script shows a text."""


def literals(script: str) -> list[str]:
    """Return the texts of a script that stand in quotes."""
    found = [single or double for single, double in LITERAL.findall(COMMENT.sub("", script))]
    return [text for text in found if not MARKUP.search(text)]


def readable(script: str) -> list[str]:
    """Return those texts of a script that somebody could read on the page."""
    found = [text for text in literals(script) if WORDS.search(text) and text not in SILENT]
    selectors = re.compile(r"^[.#\[]|^(tbody|nav|section) ")
    parts = [part.partition(", " if part.startswith('"') else " = ")[2] for part in SHOWS.findall(script)]
    shown = [text for part in parts for text in literals(part) if re.search("[a-z]{2}", text)]
    return [text for text in found if not selectors.search(text)] + shown


@pytest.mark.parametrize("name", page.SCRIPTS)
def test_scripts_have_no_words_of_their_own(name: str) -> None:
    assert readable((FOLDER / name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line", ['play.textContent = "Pause";', 'said.textContent = count + " values";', 'const words = "No numbers here";']
)
def test_words_in_a_script_would_be_found(line: str) -> None:
    assert readable(line)


def test_every_word_that_a_script_asks_for_is_handed_over() -> None:
    script = "".join((FOLDER / name).read_text(encoding="utf-8") for name in page.SCRIPTS)
    asked = {*re.findall(r"WORDS\.(\w+)", script), *re.findall(r'\bsaid\("(\w+)"', script), "pictureAs", "tableAs"}
    assert asked == set(script_words())


def test_every_language_has_its_axes_and_dates() -> None:
    assert axes_locale() is None
    with speaking("fr"):
        french = axes_locale()
    with speaking("zh"):
        chinese = axes_locale()
    assert french is not None
    assert chinese is not None
    assert french["format"]["shortMonths"][1] == "févr."
    assert french["format"]["days"][0] == "dimanche"
    assert (french["format"]["decimal"], french["format"]["thousands"]) == (",", "\N{NARROW NO-BREAK SPACE}")
    assert (french["format"]["dayMonth"], chinese["format"]["month"]) == ("%-d %b", "%Y年%-m月")


def test_words_cannot_end_the_element_in_which_they_stand() -> None:
    assert "<" not in in_script({"a": "</script><b>"})


def test_saved_files_say_what_they_are_of(full: sim.Run, silent: sim.Run, hostile: sim.Run) -> None:
    assert source_of([full, silent]).startswith("Scenarios full, silent, seed 7, scale 1; Tocsin ")
    assert file_name([full, silent]) == "full-silent"
    assert re.fullmatch(r"[\w.-]+", file_name([hostile]))
    with speaking("fr"):
        assert "0,5" in source_of([Scaled(full, 0.5)])


class Scaled:
    """A run of another scale, as far as its source is said."""

    def __init__(self, run: sim.Run, scale: float) -> None:
        self.manifest = {**run.manifest, "scale": scale}


@pytest.mark.slow
def test_a_page_says_which_language_it_speaks(full: sim.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw_only(monkeypatch, "cascade")
    for language in LANGUAGES:
        with speaking(language):
            text = page.report(full, tmp_path / f"{language}.html").read_text(encoding="utf-8")
        assert f'<html lang="{language}"' in text


@pytest.mark.slow
def test_axes_speak_the_language_of_the_page(
    chromium: Any, country: sim.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_only(monkeypatch, "daily")
    with speaking("fr"):
        path = page.report(country, tmp_path / "page.html")
    with opened(chromium, path) as found:
        assert "janv." in found.drawing("daily-0")
        assert found.page.evaluate("document.querySelector('#chart-daily-0')._fullLayout.separators")[0] == ","
        assert not found.wrong
