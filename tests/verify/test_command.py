"""The command: exit codes, the page, the document for scripts; with a study that takes no time."""

import dataclasses
import json
from pathlib import Path

import pytest

from sim.verify import verification
from sim.verify.streams import GATES
from tests.cli.commands import Tocsin, tocsin

__all__ = ["tocsin"]

PAGE = "# Page\n\nBefore.\n\n<!-- verify: begin -->\nwhat stood here\n<!-- verify: end -->\n\nAfter.\n"
SHORTER = dataclasses.replace(GATES, days={"vector": 1, "reference": 1})
DEAD = "calls from dead cards"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "STUDIES", (SHORTER,))


def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    more = dataclasses.replace(SHORTER, values={**GATES.values, "cards.fixed_dead_share": 0.153})
    monkeypatch.setattr(verification, "STUDIES", (more,))


def test_what_holds_is_printed_and_written(tocsin: Tocsin, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    ended = tocsin("verify", "--engine", "vector", "--write", str(page))
    assert (ended.code, ended.err) == (0, "")
    assert DEAD in ended.out
    text = page.read_text()
    assert text.startswith("# Page\n\nBefore.\n\n<!-- verify: begin -->\n")
    assert text.endswith("<!-- verify: end -->\n\nAfter.\n")
    assert "what stood here" not in text
    assert f"| {DEAD} | thinning | 0.15 |" in text
    assert "All 16 checks hold" in text
    assert "fails" not in text
    # Written again it is the same, but for nothing: seeds are fixed.
    tocsin("verify", "--engine", "vector", "--quiet", "--write", str(page))
    assert page.read_text() == text


def test_what_does_not_hold_is_exit_code_1_and_a_line_each(tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch)
    ended = tocsin("verify", "--engine", "vector", "--json")
    document = json.loads(ended.out)
    failed = [row for row in document["findings"] if not row["passed"]]
    assert ended.code == 1
    assert {row["checked"] for row in failed} >= {DEAD}
    assert len(ended.err.splitlines()) == len(failed)
    assert ended.err.startswith("tocsin verify: Thinning, gate by gate, vector: calls from dead cards: expected 0.15")
    assert all(row["p_adjusted"] < document["rate"] for row in failed)


def test_a_page_that_says_it_fails(tocsin: Tocsin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch)
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    assert tocsin("verify", "--engine", "vector", "--quiet", "--write", str(page)).code == 1
    assert "**fails**" in page.read_text()
    assert "checks fail" in page.read_text()


def test_bad_usage_runs_and_writes_nothing(tocsin: Tocsin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.verify.verification.verify", None)
    page = tmp_path / "page.md"
    page.write_text("# Nothing here\n")
    for arguments, said in (
        (("--engine", "fast"), "--engine fast: must be vector, reference or both\n"),
        (("--write", str(page)), f"tocsin verify: {page}: must contain the lines"),
        (("--write", str(tmp_path / "none.md")), "tocsin verify: [Errno 2] No such file or directory"),
        (("--seed", "-1"), "tocsin verify: Invalid value for '--seed'"),
    ):
        ended = tocsin("verify", *arguments)
        assert ended.code == 2
        assert ended.err.startswith(said)
        assert len(ended.err.splitlines()) == 1
    assert page.read_text() == "# Nothing here\n"


@pytest.mark.slow
def test_engines_have_seeds_of_their_own_and_one_law(tocsin: Tocsin) -> None:
    document = json.loads(tocsin("verify", "--json").out)
    rows = [row for row in document["findings"] if row["checked"] == DEAD]
    assert [row["engine"] for row in rows] == ["vector", "reference"]
    assert rows[0]["found"] != rows[1]["found"]
    again = json.loads(tocsin("verify", "--engine", "vector", "--json", "--seed", "5").out)
    assert again["seed"] == 5
    assert again["findings"][0]["found"] != document["findings"][0]["found"]
