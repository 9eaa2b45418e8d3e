"""The language of the command line: an option before the command, or a variable; what is stored is English."""

import gettext
import re
from pathlib import Path

import pytest

from sim import cli
from sim.experiments.attribute import LAYERS
from sim.language import ENGLISH, speaking, spoken
from sim.reading import manifest
from sim.verify.statistics import ENGINES
from tests.cli.commands import Tocsin
from tests.cli.test_known_first import COMMANDS as EVERY
from tests.cli.test_known_first import fitted
from tests.made_up import MadeUp, made_up
from tools.catalogues import extracted

__all__ = ["fitted", "made_up"]


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


def test_what_is_stored_is_english(made_up: MadeUp, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[str] = []

    def listen(*_: object) -> list[dict[str, object]]:
        found.append(spoken())
        return []

    monkeypatch.setattr(manifest, "findings", listen)
    with speaking("zh"):
        made_up(events="none")
    assert found == ["en"]


TOLD: dict[str, tuple[list[list[str]], list[str]]] = {
    **EVERY,
    "diff": ([], ["diff", "tiny", "policy.yaml"]),
    "validate": ([], ["validate", "policy.yaml"]),
}
"""What is typed before each command, and the command, for what analysts read in the terminal."""

NEXT = {"compare", "explain", "figures", "report"}
"""Commands that an answer says to type next."""

OWN = {"tocsin", "tiny", "policy", "made", "up", "law", "homecoming", "here", "drawn", *NEXT, *ENGINES, *LAYERS}
"""Names, and texts of these scenarios; layers are called as they are typed."""


class Pseudo(gettext.NullTranslations):
    """A language in which every text of the catalogues has other letters, and nothing else has."""

    def __init__(self, texts: set[str]) -> None:
        super().__init__()
        self._texts = texts

    def gettext(self, message: str) -> str:
        """Give every letter of a known text another form, but for its fields."""
        if message not in self._texts:
            return message
        return re.sub(
            r"\{[^}]*\}|[A-Za-z]",
            lambda found: found[0] if found[0][0] == "{" else "\N{LATIN SMALL LETTER O WITH STROKE}",
            message,
        )

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Give the letters of one of two texts another form."""
        return self.gettext(msgid1 if n == 1 else msgid2)


@pytest.fixture(scope="module")
def pseudo() -> Pseudo:
    ids = [message.id for message in extracted()]
    return Pseudo({text for one in ids for text in ([one] if isinstance(one, str) else one)})


def speak(pseudo: Pseudo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all languages but English be made of other letters."""
    texts = {ENGLISH: gettext.NullTranslations()}
    monkeypatch.setattr("sim.language._translations", lambda language: texts.get(language, pseudo))


def english(text: str) -> list[str]:
    """Give the words of a text that are neither names, keys, options with their values, paths nor numbers."""
    text = re.sub(r"--[a-z-]+ [a-z]+", "", text)
    words = [word.strip(".,;:()'") for word in text.split()]
    plain = [word for word in words if re.fullmatch("[A-Za-z]{2,}", word) and not word.isupper()]
    return [word for word in plain if word.lower() not in OWN]


@pytest.mark.parametrize("name", ["run", "compare", "findings", "diff", "validate"])
def test_a_terminal_has_no_english_word(
    name: str, tocsin: Tocsin, pseudo: Pseudo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before, command = TOLD[name]
    for one in before:
        assert tocsin(*one).code == 0
    speak(pseudo, monkeypatch)
    ended = tocsin("--language", "zh", *command)
    assert ended.code == 0
    assert english(ended.out) == [], ended.out
    assert english(ended.err) == [], ended.err
