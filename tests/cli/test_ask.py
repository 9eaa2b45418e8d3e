"""The command that asks: what it prints, what it writes, how it refuses; and the search of ``explain``."""

import json
from pathlib import Path

import pytest

from sim.scenario import load_scenario
from tests.cli.commands import Tocsin

QUESTION = "twice the officers in Guangdong and delays of large transfers"


def test_a_policy_is_printed_and_can_be_run_as_it_is_written(tocsin: Tocsin) -> None:
    asked = tocsin("ask", QUESTION)
    assert (asked.code, asked.err) == (0, "")
    Path("printed.yaml").write_text(asked.out, encoding="utf-8")
    assert tocsin("ask", QUESTION, "-o", "written.yaml").out.splitlines()[0] == "written.yaml"
    assert Path("written.yaml").read_text(encoding="utf-8") == asked.out
    assert load_scenario("printed.yaml").spec.title == QUESTION
    validated = tocsin("validate", "written.yaml")
    assert validated.out.endswith(f"written.yaml: no mistakes; {QUESTION}\n")


def test_the_next_command_names_the_file(tocsin: Tocsin) -> None:
    told = tocsin("ask", "no local warnings", "--from", "tiny", "--out", "mine.yaml").out.splitlines()
    assert told == ["mine.yaml", "Next: tocsin compare tiny mine.yaml --scale 1 --pool none --replicates 4"]


def test_a_file_is_never_overwritten_and_nothing_is_written_of_what_cannot_be_asked(tocsin: Tocsin) -> None:
    assert tocsin("ask", "no videos", "-o", "mine.yaml").code == 0
    before = Path("mine.yaml").read_bytes()
    again = tocsin("ask", "no warnings", "-o", "mine.yaml")
    assert (again.code, again.out) == (2, "")
    assert again.err == "tocsin ask: mine.yaml exists; use another name, or remove the file first\n"
    assert Path("mine.yaml").read_bytes() == before
    refused = tocsin("ask", "bitcoin mixers", "-o", "other.yaml")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("tocsin ask: 'bitcoin mixers' cannot be asked: money is followed to the accounts of")
    assert "the nearest: measures[account_freeze]" in refused.err
    assert len(refused.err.splitlines()) == 1
    assert sorted(path.name for path in Path().iterdir()) == ["mine.yaml"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("",), "tocsin ask: the question is empty"),
        (("no videos", "-o", "mine.txt"), "tocsin ask: mine.txt: must end in .yaml or .yml"),
        (("no videos", "--from", "nowhere"), "nowhere:1:1: scenario: there is no such scenario"),
    ],
)
def test_wrong_use_is_one_line(tocsin: Tocsin, arguments: tuple[str, ...], message: str) -> None:
    ended = tocsin("ask", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(message)
    assert len(ended.err.splitlines()) == 1


def test_a_base_that_is_a_file_is_extended_by_its_path(tocsin: Tocsin) -> None:
    Path("base.yaml").write_text("schema: 1\nname: base\ntitle: Mine?\nextends: tiny\n", encoding="utf-8")
    assert tocsin("ask", "no videos", "--from", "base.yaml", "-o", "mine.yaml").code == 0
    assert load_scenario("mine.yaml").spec.measures.keys() < load_scenario("base.yaml").spec.measures.keys()
    Path("below").mkdir()
    assert (
        "must be in the current folder" in tocsin("ask", "no videos", "--from", "base.yaml", "-o", "below/m.yaml").err
    )


def test_the_document_has_what_was_found(tocsin: Tocsin) -> None:
    document = json.loads(tocsin("ask", QUESTION, "--json").out)
    assert document["command"].startswith("tocsin compare china-2022 ")
    assert "measures[payment_delay]" in [match["name"] for match in document["matches"]]
    refused = tocsin("ask", "bitcoin mixers", "--json")
    assert refused.code == 2
    assert json.loads(refused.out)["yaml"] is None
    assert json.loads(refused.out)["unasked"][0]["nearest"]


def test_explain_finds_keys_kinds_and_policies_by_words(tocsin: Tocsin) -> None:
    told = tocsin("explain", "bank").out
    assert "  measures[bank_hold]: Banks stop a share of payments for good" in told
    assert "  accounts.found: " in told
    assert "  frozen-within-an-hour: " in told
    assert "measures[bank_hold]" in tocsin("--language", "zh", "explain", "银行").out
    found = json.loads(tocsin("explain", "second visit", "--json").out)["found"]
    assert "visited-again" in [row["key"] for row in found]


def test_explain_still_refuses_what_nothing_has(tocsin: Tocsin) -> None:
    assert tocsin("explain", "warning.tiers.red.dedline").code == 2
    assert tocsin("explain", "qqqq").code == 2
