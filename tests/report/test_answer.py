"""The answer in a sentence: from the numbers, also where there are none."""

import sim
from sim.base.rounding import amount, percent, significant
from sim.reading.quantities import HEADLINE
from sim.told.runs import STOPPED, Estimate, answer, short_answer


def test_the_answer_says_what_was_stopped_where(full: sim.Run) -> None:
    totals = full.manifest["totals"]
    said = answer(full)
    fates = {fate: totals["attempts_by_fate"][fate] for fate in STOPPED}
    first = max(fates, key=lambda fate: fates[fate])
    share = percent(sum(fates.values()) / totals["attempts_potential"])
    assert said.startswith(f"{amount(totals['cases_filed'])} (")
    assert f"{share} (" in said
    assert f") of {amount(totals['attempts_potential'])} attempts" in said
    assert " were stopped before reaching anyone, mostly" in said
    assert said.endswith(
        "95% intervals: run-to-run noise at scale 1, without parameter uncertainty: no answers over draws are stored."
    )
    assert STOPPED[first] in said.partition(", then ")[0]
    places = [said.index(f"{amount(totals[name])} ") for name in ("cases_filed", "filed_loss_money", "victims")]
    assert places == sorted(places)
    for name in HEADLINE:
        assert amount(significant(totals[name])) in said
    number, interval = short_answer(full)["victims"]
    assert f"{number} ({interval}) paid" in said
    assert number == amount(totals["victims"])
    averted, interval = short_answer(full)["victims averted by warnings"]
    assert f"{averted} ({interval}) of these would have paid: victims averted." in said
    assert [len(between) > 0 for _, between in short_answer(full).values()] == [True] * 6
    assert list(short_answer(full))[:4] == ["cases filed", "yuan of losses filed", "victims", "yuan lost"]


def test_the_ends_of_an_interval_have_three_digits() -> None:
    assert Estimate(1.279e6, 689_120.0, 3.3712e6).told() == "1.28 million (689,000 to 3.37 million)"
    assert Estimate(0.1118, 0.060111, 0.153777).told(percent) == "11.2% (6% to 15.4%)"
    assert Estimate(2.0).told() == "2"


def test_a_median_that_is_far_from_the_value_is_told() -> None:
    assert Estimate(1_160_000, 429_000, 1_660_000, 926_100).told() == (
        "1.16 million (429,000 to 1.66 million, median of draws 926,000)"
    )
    assert Estimate(1_000_000, 429_000, 1_660_000, 926_100).told() == "1 million (429,000 to 1.66 million)"
    assert Estimate(635_612, 635_604, 635_622).told() == "635,600"


def test_without_warnings_nobody_was_stopped(silent: sim.Run) -> None:
    assert "Warnings stopped none of them before a payment." in answer(silent)
    assert "would have paid" not in answer(silent)
    assert "Warnings prevented no losses." in answer(silent)


def test_stops_that_averted_no_victim_are_told_as_such(full: sim.Run) -> None:
    early = sim.load_run(full.path)
    early.manifest = {**full.manifest, "totals": {**full.manifest["totals"], "averted": 0}}
    assert "None of these would have paid." in answer(early)


def test_who_was_drawn_in_before_the_period_is_told_apart(full: sim.Run) -> None:
    short = sim.load_run(full.path)
    for episodes in (0, 1):
        short.manifest = {**full.manifest, "totals": {**full.manifest["totals"], "episodes": episodes}}
        assert "drawn in; others had been drawn in before, in the warm-up. Warnings stopped" in answer(short)
        assert "of those drawn in" not in answer(short)  # a share above 1
    assert "warm-up" not in answer(full)


def test_without_attempts_there_is_nothing_to_say(empty: sim.Run) -> None:
    assert answer(empty) == "There were no attempts in this period."


def test_numbers_are_said_with_sense() -> None:
    said = [amount(value) for value in (0, 3.14159, 12, 950, 12_345, 999_999, 1_234_567, 999_999_999, 2.5e10, None)]
    assert said == ["0", "3.14", "12", "950", "12,345", "1 million", "1.23 million", "1 billion", "25 billion", "none"]
    assert [percent(value) for value in (0, 0.00123, 0.0523, 0.5, 1, None)] == [
        "0%",
        "0.12%",
        "5.2%",
        "50%",
        "100%",
        "none",
    ]
