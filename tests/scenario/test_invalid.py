"""Every file of the corpus is refused with exactly the lines kept beside it."""

import random
import re
import shutil
from itertools import combinations
from pathlib import Path

import pytest

from sim.scenario import validate

CORPUS = Path(__file__).parent / "invalid"
FILES = sorted(path.name for path in CORPUS.glob("*.yaml"))
TOP = re.compile(r"^(?:schema|name|title|extends):.*\n", re.M)
PAIRS = 60
"""Pairs of files whose mistakes are told from one."""
BY_THEMSELVES = re.compile(r"alias|given twice|<<")
"""Mistakes that end the reading of a text, or name a line of it."""
SECTIONS_LISTED = re.compile(r"there is no key .* allowed: schema, name")
"""A mistake that lists the sections that the scenario has: a file that adds one changes what is told of it."""

OF_PROVINCES = re.compile(r"is not a province")
"""A mistake that only a valid table of provinces tells: a file that changes the population may hide it."""

OF_DAYS = re.compile(r" on \d{4}-\d\d-\d\d")
"""A mistake on a day of the period: a file that changes the period may hide it."""


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


def sections(name: str) -> tuple[str, set[str], set[str]] | None:
    """Return what a file changes, below which keys, and what is told of it; None where it does not end by itself."""
    text = (CORPUS / name).read_bytes().decode("latin1")
    told = {
        re.sub(r"^[^:]+:\d+:\d+: ", "", line).replace(f" (extended by {name})", "")
        for line in (CORPUS / name).with_suffix(".expected").read_text(encoding="utf-8").splitlines()
    }
    body = TOP.sub("", text)
    keys = set(re.findall(r"^([a-z_]+):", body, re.M))
    alone = any(line.startswith(("scenario:", "name:", "title:")) or BY_THEMSELVES.search(line) for line in told)
    return None if alone or not keys or "extends: base/small.yaml\n" not in text else (body, keys, told)


CORPUS_SECTIONS = {name: found for name in FILES if (found := sections(name)) is not None}
OF_BASE = set(re.findall(r"^([a-z_]+):", (CORPUS / "base" / "small.yaml").read_text(encoding="utf-8"), re.M))


def apart(one: str, other: str) -> bool:
    """Return whether neither of two files changes what is told of the other."""
    (_, first, told), (_, second, more) = CORPUS_SECTIONS[one], CORPUS_SECTIONS[other]
    listed = any(map(SECTIONS_LISTED.search, told)), any(map(SECTIONS_LISTED.search, more))
    for here, there in ((told, second), (more, first)):
        if any(map(OF_PROVINCES.search, here)) and "population" in there:
            return False
        if any(map(OF_DAYS.search, here)) and "period" in there:
            return False
        if any("gangs.pools" in line for line in here) and "gangs" in there:
            return False
    return not (first & second or (listed[0] and second - OF_BASE) or (listed[1] and first - OF_BASE))


def test_no_mistake_hides_those_of_another_section(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of the corpus are told together as they are one by one, if none of them changes what the other does."""
    monkeypatch.chdir(shutil.copytree(CORPUS, tmp_path / "corpus"))
    pairs = [(one, other) for one, other in combinations(CORPUS_SECTIONS, 2) if apart(one, other)]
    assert len(pairs) > 5000
    both = Path("both.yaml")
    for one, other in random.Random(2022).sample(pairs, PAIRS):
        (first, _, told), (second, _, more) = CORPUS_SECTIONS[one], CORPUS_SECTIONS[other]
        head = "schema: 1\nname: both\ntitle: Both\nextends: base/small.yaml\n"
        both.write_bytes(f"{head}{first}\n{second}\n".encode("latin1"))
        lines = {re.sub(r"^[^:]+:\d+:\d+: ", "", str(mistake)) for mistake in validate(str(both))}
        assert {line.replace(f" (extended by {both})", "") for line in lines} == told | more, (one, other)
