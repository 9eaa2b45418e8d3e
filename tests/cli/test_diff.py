"""What two scenarios or runs differ in, from the command line."""

import json

from tests.cli.commands import Tocsin


def test_every_lever_stands_in_a_line_with_its_key_below(tocsin: Tocsin) -> None:
    ended = tocsin("diff", "china-2022", "law-2022")
    assert ended.code == 0
    assert ended.out.splitlines() == [
        "Changes of law-2022 from china-2022",
        "  days in force of the measure law: from 2022-12-01 -> from 2022-01-01",
        "      measures.law.window",
    ]


def test_json_has_levers_and_how_it_is_run(tocsin: Tocsin) -> None:
    document = json.loads(tocsin("diff", "china-2022", "china-2022-full", "--json").out)
    assert (document["base"], document["other"]) == ("china-2022", "china-2022-full")
    assert {row["key"] for row in document["levers"]} == {
        f"measures.{name}-december" for name in ("cluster-campaigns", "laundering-campaigns", "videos", "activities")
    }
    (run,) = document["run_as"]
    assert (run["key"], run["base"], run["other"]) == ("period.end", "2022-11-30", "2022-12-31")
