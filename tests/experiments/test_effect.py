"""What a policy did, in sentences, and how the terminal lays a comparison out."""

import io
from typing import Any

import pytest
from rich.console import Console

import sim
from sim.scenario.levers import levers
from sim.told.answers import cost_lines, difference_interval, each_spared_lines, effect_lines, kind_said, of_comparison
from sim.told.experiments import comparison_parts
from sim.told.tables import show

pytestmark = pytest.mark.usefixtures("in_yuan")

MORE_SPENT = "200 million yuan more spent (190 to 210 million; +5%)."


def row(quantity: str, base: float, other: float, *ends: float, **values: Any) -> dict[str, Any]:
    """Give a row of a comparison."""
    low, high = ends or (None, None)
    return {
        "scenario": "policy",
        "quantity": quantity,
        "base": base,
        "other": other,
        "difference": other - base,
        "ratio": other / base if base else None,
        "low": low,
        "high": high,
        "chance": 1.0 if ends else None,
        "replicates": 4 if ends else 1,
        "draws": 1,
        "pairing_gain": 2.5 if ends else None,
        "price_low": None,
        "price_high": None,
        **values,
    }


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (row("victims", 4e6, 4.7e6, 684_123, 729_987), "700,000 more victims (684,000 to 730,000; +17.5%)."),
        (row("victims", 4e6, 3e6, -1.2e6, -0.8e6), "1 million fewer victims (800,000 to 1.2 million; -25%)."),
        (
            row("saved", 100, 101, -3, 5),
            "1 more people stopped by a warning before any payment (-3 to +5; +1%): within run-to-run noise.",
        ),
        (
            row("saved", 100, 101, -3, 5, draws=20),
            "1 more people stopped by a warning before any payment (-3 to +5; +1%): the direction is uncertain.",
        ),
        (row("averted", 100, 90, -12, -8), "10 fewer victims averted by warnings (8 to 12; -10%)."),
        (row("loss_money", 2e11, 1.9e11), "10 billion yuan less lost (-5%)."),
        (row("prevented_money", 0, 5e6), "5 million yuan more prevented by warnings."),
        (row("cost_money.total", 4e9, 4.2e9, 1.9e8, 2.1e8), MORE_SPENT),
        (row("victims", 5, 5), "Unchanged: victims."),
        # What is gone has no interval. Ends that are equal in three digits have four, and those equal in four go.
        (row("averted", 636_000, 0), "636,000 fewer victims averted by warnings: all (-100%)."),
        (
            row("loss_money", 1e9, 1.113e9, 112_990_000, 113_040_000),
            "113 million yuan more lost (+11.3%).",
        ),
        (
            row("loss_money", 1e9, 1.113e9, 112_900_000, 113_100_000),
            "113 million yuan more lost (112.9 to 113.1 million; +11.3%).",
        ),
    ],
)  # fmt: skip
def test_each_effect_is_a_sentence_with_its_interval(given: dict[str, Any], told: str) -> None:
    assert effect_lines([given, row("episodes", 1, 2)]) == [told]


def test_a_difference_of_a_handful_of_people_says_so() -> None:
    few = {"sample_saved": 12, "sample_harmed": 2}
    rows = [row("cases_filed", 1e6, 1e6 - 200, **few), row("victims", 4e6, 4e6 - 500, **few)]
    first, *others = effect_lines(rows)
    for told in ("saves 12", "harms 2", "too few", "3 times", "3 replicates"):
        assert told in first
    assert others == ["200 fewer cases filed (-0.02%).", "500 fewer victims (-0.013%)."]
    assert "no intervals" in kind_said(rows)
    spared = {**row("cost_per_victim_spared", 1, 2, **few), "ratio": 3.0}
    costs = [row("cost_money.total", 1, 2, **few), spared, {**spared, "quantity": "cost_per_money_spared"}]
    assert all("too few" in line for line in each_spared_lines([*rows, *costs]))
    enough = [{**one, "sample_saved": 28} for one in rows]
    assert effect_lines(enough) == others


WITHOUT = "without parameter uncertainty: no answers over draws are stored"


def test_intervals_are_said_by_what_they_are_over() -> None:
    assert difference_interval([row("victims", 1, 2, 0, 3)]) == f"95% intervals over 4 replicates, {WITHOUT}"
    assert difference_interval([row("victims", 1, 2, 0, 3, draws=20)]) == "90% intervals over 20 posterior draws"
    assert difference_interval([row("victims", 1, 2)]) == difference_interval([]) == ""


ROWS = [
    row("attempts_by_fate.den_destroyed", 1_520_000_000, 1_519_000_000, -1_100_000, -900_000),
    row("alerts_by_tier.orange", 122_000_000, 139_000_000, 16_800_000, 17_000_000),
    row("alerts_by_end.expired", 950, 1_300_000, 1_040_000, 1_560_000),
    row("victims", 4_380_123, 5_087_456, 684_000, 729_000),
    row("recovered_money", 14_700_123_456, 17_700_123_456, 2_710_000_000, 3_230_000_000),
    row("saved", 7, 7, 0, 0, chance=0.0),
    row("losses_change@2022-01-01..2022-11-30", -0.013, 0.02, 0.01, 0.05),
]


def laid_out(width: int, every: bool = False, **values: str) -> list[str]:
    base = sim.load_scenario("china-2022")
    other = sim.load_scenario("china-2022", values)
    changed = [{"scenario": "policy", **lever.as_json(), "priced": True} for lever in levers(base, other)]
    document = {"base": "china-2022", "others": ["policy"], "questions": {"policy": "What if?"}, "rows": ROWS}
    document |= {"levers": changed}
    console = Console(file=io.StringIO(), width=width, highlight=False)
    show(console, comparison_parts(document, of_comparison(document), every))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


POLICY = {"desks.visit.by_province": '{"44": 1146}', "warning.tiers.red.deadline": "1 h"}


@pytest.mark.parametrize("width", [80, 60])
def test_a_comparison_begins_with_what_was_changed_and_what_it_did(width: int) -> None:
    lines = laid_out(width, **POLICY)
    assert max(map(len, lines)) <= width
    assert lines[0] == "Changes of policy from china-2022"
    assert lines[1] == "  deadline of the red tier: 1 d -> 1 h"
    assert lines[2].startswith("  staff of the visit desks in Guangdong: its share,")
    did = next(at for at, line in enumerate(lines) if line.startswith("Answer   95% intervals over 4 replicates"))
    assert lines[did + 2].startswith("  707,000 more victims (684,000 to 729,000;")
    text = "\n".join(lines)
    for whole in (
        "victims",
        "recovered, yuan",
        "alerts: orange",
        "alerts ended: expired",
        "2.71bn to 3.23bn",
        "x1.37k",
    ):
        assert whole in text
    # People come first; what is the same is counted, what is no outcome left out.
    first = [line.split()[0] for line in lines[:did] if line.startswith(("victims", "recovered"))]
    assert first == ["victims", "recovered,"]
    assert "1 of 5 quantities are unchanged" in text
    assert "den destroyed" not in text
    assert "pairing" not in text


def test_what_has_no_price_is_named_and_nothing_is_divided_by_it() -> None:
    costs = [row("cost_money.total", 4e9, 4.2e9, 1.9e8, 2.1e8), row("victims", 4e6, 3e6, -1.2e6, -0.8e6)]
    ratio = {**row("cost_per_victim_spared", 0, 0), **dict.fromkeys(("base", "other", "difference", "ratio"))}
    unpriced = [*costs, {**ratio, "withheld": "not_priced"}]
    assert "200 million yuan more spent on items with a price (190 to 210 million" in " ".join(effect_lines(unpriced))
    assert MORE_SPENT in effect_lines(costs)
    first, *rest = cost_lines(unpriced, ["the measure hold", "d' of SMS"])
    assert first == (
        "Not priced: the measure hold, d' of SMS. So the cost of sparing a victim or a unit of net loss is unknown."
    )
    assert not any("per victim" in part for part in rest if isinstance(part, str))
    assert rest[0].startswith("Priced costs")  # type: ignore[union-attr]
    many = next(iter(cost_lines(unpriced, [str(number) for number in range(10)])))
    assert str(many).startswith("Not priced: 0, 1, 2, 3, 4, 5 and 4 more. ")
