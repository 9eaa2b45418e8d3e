"""Every file of the corpus is refused with exactly the lines kept beside it."""

from pathlib import Path

import pytest

from sim.scenario.load import validate

CORPUS = Path(__file__).parent / "invalid"
FILES = sorted(path.name for path in CORPUS.glob("*.yaml"))


def test_corpus_is_large() -> None:
    assert len(FILES) >= 60
    assert {path.stem for path in CORPUS.glob("*.expected")} == {Path(name).stem for name in FILES}


def test_what_the_corpus_extends_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CORPUS)
    assert validate("base/small.yaml") == []


@pytest.mark.parametrize("name", FILES)
def test_mistakes_are_told_line_by_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CORPUS)
    expected = (CORPUS / name).with_suffix(".expected").read_text(encoding="utf-8")
    assert expected, "an invalid file has at least one mistake"
    lines = "".join(f"{mistake}\n" for mistake in validate(name))
    assert lines == expected
