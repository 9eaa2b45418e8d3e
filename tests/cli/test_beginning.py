"""Commands to begin with: a scenario of one's own, the provinces, what a key means."""

import json
from pathlib import Path

import pytest

from tests.cli.commands import Tocsin


def test_a_scenario_of_ones_own_is_begun_and_valid(tocsin: Tocsin) -> None:
    made = tocsin("new", "policy", "--from", "more-officers")
    assert (made.code, made.out.splitlines()[:2]) == (0, ["policy.yaml", "tocsin.schema.json"])
    assert "tocsin validate policy.yaml" in made.out
    assert tocsin("validate", "policy.yaml").code == 0
    assert "extends: more-officers\n" in Path("policy.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments", [("policy",), ("a b",), ("other", "--from", "no-such"), ("other", "--from", "x.yaml")]
)
def test_what_cannot_be_begun_is_refused_and_nothing_written(tocsin: Tocsin, arguments: tuple[str, ...]) -> None:
    Path("policy.yaml").write_text("mine", encoding="utf-8")
    refused = tocsin("new", *arguments)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.count("\n") == 1
    assert [path.read_text(encoding="utf-8") for path in Path().iterdir()] == ["mine"]


def test_provinces_are_listed_with_people_and_officers(tocsin: Tocsin) -> None:
    listed = tocsin("provinces")
    assert listed.code == 0
    assert max(map(len, listed.out.splitlines())) <= 80
    assert "44  Guangdong         126,012,510" in listed.out
    assert "alerts" not in listed.out
    (all_,) = (line.split() for line in listed.out.splitlines() if line.split()[0] == "total")
    assert all_[1] == "1,409,778,724"


def test_a_key_is_explained_in_80_columns(tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    told = tocsin("explain", "desks.visit.staff", "china-2022")
    assert told.code == 0
    assert max(map(len, told.out.splitlines())) <= 80
    for part in (
        "officers",
        "shorter waits",
        "a number from 0 to 1e8",
        "1700",
        "assumed",
        "500 to 8000",
        "china-2022.yaml:",
    ):
        assert part in told.out
    assert json.loads(tocsin("explain", "desks.visit.staff", "--json").out)["explained"][0]["example"] == "5700"


def test_a_key_that_is_none_is_refused_with_the_nearest(tocsin: Tocsin) -> None:
    refused = tocsin("explain", "warning.tiers.red.dedline")
    assert refused.code == 2
    assert refused.err.startswith("tocsin explain: warning.tiers.red.dedline: ")
    assert "did you mean 'deadline'?" in refused.err
    assert tocsin("explain", "seed", "--set", "seed=3").code == 2
    assert "  desks: Officers who call and visit" in tocsin("explain").out


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("bank", "measures[bank_hold]"),
        ("bank", "bank-holds"),
        ("staffing", "desks.visit.staff"),
        ("strike", "desks.visit.growth.steps"),
        ("freezing", "measures[account_freeze]"),
        ("second visit", "visited-again"),
        ("twice the officers", "officers-guangdong"),
        ("calls from abroad", "calls-from-abroad"),
    ],
)
def test_keys_kinds_and_policies_are_found_by_words(tocsin: Tocsin, words: str, name: str) -> None:
    assert name in [row["key"] for row in json.loads(tocsin("explain", words, "--json").out)["found"]][:8]


def test_meanings_are_english_in_every_language(tocsin: Tocsin) -> None:
    assert tocsin("--language", "zh", "explain", "bank").out == tocsin("explain", "bank").out


@pytest.mark.parametrize("word", ["qqqq", "the", "police"])
def test_what_nothing_has_is_not_found(tocsin: Tocsin, word: str) -> None:
    assert tocsin("explain", word).code == 2
