"""The language of the command line: an option before the command, or a variable; what is stored is English."""

from pathlib import Path

import pytest

from sim import cli
from sim.cli import told
from sim.language.spoken import speaking, spoken
from sim.reading import manifest
from tests.cli.commands import Tocsin
from tests.made_up import MadeUp, made_up

__all__ = ["made_up"]


def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that takes note of what is spoken when runs are listed."""
    found: list[str] = []

    def listen(folder: Path) -> list[str]:
        found.append(spoken())
        return []

    monkeypatch.setattr("sim.store.folder.find_runs", listen)
    return found


def test_a_command_speaks_the_language_that_is_asked_for(monkeypatch: pytest.MonkeyPatch, tocsin: Tocsin) -> None:
    found = heard(monkeypatch)
    assert tocsin("--language", "zh", "runs").code == 0
    monkeypatch.setenv("TOCSIN_LANGUAGE", "fr")
    assert tocsin("runs").code == 0
    assert tocsin("--language", "en", "runs").code == 0
    monkeypatch.delenv("TOCSIN_LANGUAGE")
    assert tocsin("runs").code == 0
    assert found == ["zh", "fr", "en", "en"]
    assert spoken() == "en"


@pytest.mark.parametrize("variable", [False, True])
def test_no_other_language_is_spoken(monkeypatch: pytest.MonkeyPatch, tocsin: Tocsin, variable: bool) -> None:
    found = heard(monkeypatch)
    if variable:
        monkeypatch.setenv("TOCSIN_LANGUAGE", "tlh")
    ended = tocsin(*([] if variable else ["--language", "tlh"]), "runs")
    assert ended.code == cli.REFUSED
    assert ended.err == "--language tlh: must be one of en, zh, fr\n"
    assert found == []


def test_what_ends_a_command_is_told_as_its_own_whatever_stands_before_it() -> None:
    lines, _ = told(KeyboardInterrupt(), ["--language", "zh", "report", "run"])
    assert lines == ["tocsin report: interrupted"]


def test_what_is_stored_is_english(made_up: MadeUp, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[str] = []

    def listen(*_: object) -> list[dict[str, object]]:
        found.append(spoken())
        return []

    monkeypatch.setattr(manifest, "findings", listen)
    with speaking("zh"):
        made_up(events="none")
    assert found == ["en"]
