"""A brief answer fits one screen, ends with the answer, and hides no warning without a count."""

import json
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

import sim
from sim.report.figures import ratios
from sim.told import answers
from sim.told.tables import TextTable, show

pytestmark = pytest.mark.usefixtures("in_yuan")


def printed(parts: Any, width: int = answers.COLUMNS, **kind: Any) -> list[str]:
    console = Console(width=width, file=StringIO(), highlight=False, **kind)
    show(console, parts)
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined]


def figure(name: str, within: bool) -> dict[str, Any]:
    values = {"reported": 200, "simulated": 210, "ratio": 1.05, "tolerance": 0.01, "standard_error": None}
    window = ["2022-01-01", "2022-11-30"]
    return {"name": name, "window": window, "role": "fitted", **values, "interval": None, "within": within}


def off(run: sim.Run, misses: int, warnings: int) -> tuple[answers.Answer, sim.Run]:
    """Return a run, and its answer, with so many figures off and so many warnings."""
    figures = [figure("dens_destroyed", True), *(figure(f"quantity{k}", False) for k in range(misses))]
    run.manifest = {**run.manifest, "figures": figures, "policy_of": None}
    lines = tuple(f"{k}: {'a warning of two lines ' * 6}" for k in range(warnings))
    return replace(answers.of_runs([run]), warnings=lines), run


@pytest.mark.parametrize(("misses", "warnings"), [(0, 0), (30, 1), (1, 9), (30, 30)])
def test_a_run_fits_one_screen_and_ends_with_its_answer(policy: sim.Run, misses: int, warnings: int) -> None:
    answer, run = off(sim.load_run(policy.path), misses, warnings)
    lines = printed(answers.run_screen(answer, [run], "here", False))
    assert len(lines) <= answers.LINES
    assert max(map(len, lines)) <= answers.COLUMNS
    assert lines.index("here") < next(at for at, line in enumerate(lines) if line.startswith("Answer"))
    assert any(line.startswith("Next ") for line in lines[-3:])
    # What is left out is counted.
    shown = sum(line.startswith("warning: ") for line in lines)
    hidden = [int(line.split()[0]) for line in lines if "not shown; use --full" in line]
    assert shown + sum(line.lstrip().startswith("quantity") for line in lines) + sum(hidden) == misses + warnings


def test_what_noise_hides_and_what_others_count_is_no_success(policy: sim.Run) -> None:
    answer, run = off(sim.load_run(policy.path), 1, 0)
    noisy = {**figure("victims", True), "standard_error": 20.0}
    missed = {**figure("saved", False), "standard_error": 2.0}
    outside = {**figure("episodes", True), "simulated": None, "ratio": None, "within": None, "interval": [100, 300]}
    other = {**figure("calls_intercepted", True), "role": "context", "within": None, "interval": [300, 400]}
    run.manifest["figures"] += [noisy, noisy, missed, outside, other]
    said = " ".join(" ".join(printed(answers.run_screen(answer, [run], "here", False))).split())
    told = (
        "3 of 5 reported figures lie within their tolerance, noise or predicted interval; for 2 of them the noise of "
    )
    told += "this sample is larger than the tolerance; not judged: 1 counted by another definition"
    assert f"Figures {told}" in said
    assert "calls intercepted" not in said
    assert f"{told}." in ratios(run).words
    # No report is about a policy.
    run.manifest["policy_of"] = "tiny"
    assert "Figures" not in "\n".join(printed(answers.run_screen(answer, [run], "here", False)))


def document(**rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A comparison of policies with these rows."""
    every = [{**row, "scenario": name} for name, own in rows.items() for row in own]
    names = {name: f"What about {name}?" for name in rows}
    return {"base": "tiny", "others": list(rows), "questions": names, "rows": every, "levers": []}


def row(quantity: str, difference: float, low: float, high: float, **more: Any) -> dict[str, Any]:
    plain = {"base": 1000, "other": 1000 + difference, "chance": 1.0, "replicates": 4, "draws": 1, "ratio": None}
    return {**plain, "quantity": quantity, "difference": difference, "low": low, "high": high, **more}


def test_several_policies_have_a_line_each() -> None:
    rows = [row("cases_filed", -20, -30, -10), row("victims", -50, -60, -40), row("loss_money", -5, -9, 1)]
    many = {f"policy{k}": rows for k in range(30)}
    lines = printed(answers.comparison_brief(answers.of_comparison(document(**many)), "here"))
    assert len(lines) <= answers.LINES
    (line,) = [line for line in lines if line.startswith("policy7 ")]
    assert " ".join(line.split()) == "policy7 -20 (-30 to -10) -50 (-60 to -40) -5 (-9 to +1)"
    assert "6 more are not shown; use --full" in "\n".join(lines)


def test_an_answer_is_the_same_in_every_form() -> None:
    told = document(strict=[row("victims", -50, -60, -40)])
    (answer,) = answers.of_comparison(told, ["tocsin report here"])
    assert answer.headline == "50 fewer victims (40 to 60; -5%)."
    assert answer.numbers == (answers.Number("victims", "victims", -50, -60, -40, base=1000, other=950),)
    lines = [line.strip() for line in printed(answers.comparison_brief([answer], "here"))]
    assert lines[-2:] == [answer.headline, "Next   tocsin report here; --full for every table"]
    assert answer.headline in str(answer)
    page = answer.html()
    assert f"<strong>{answer.headline}</strong>" in page
    assert "<td>victims</td><td>1,000</td><td>950</td><td>-50</td><td>-60 to -40</td>" in page
    assert json.loads(json.dumps(answer.document()))["numbers"][0]["low"] == -60


def test_html_escapes_what_a_scenario_says() -> None:
    (answer,) = answers.of_comparison(document(strict=[row("victims", -50, -60, -40)]))
    assert "<script>" not in replace(answer, warnings=("<script>",)).html()


def test_nothing_is_spared_for_sure_where_draws_disagree() -> None:
    spared = {**row("cost_per_victim_spared", 0, 70, 300), "ratio": 150.0, "price_low": 100.0, "price_high": 200.0}
    each = [spared, {**spared, "quantity": "cost_per_money_spared"}]
    drawn = {"posterior_draws": 200, "posterior_high": -10}
    for low, word in ((-90, "Cost per victim spared: 150"), (None, "Cost per victim spared: unknown")):
        ends = {**drawn, "posterior_low": -90, "posterior_high": -10 if low else 10}
        rows = [row(name, -50, -60, -40, **ends) for name in ("victims", "loss_money", "recovered_money")]
        (answer,) = answers.of_comparison(document(staff=[*rows, row("cost_money.total", 7500, 7500, 7500), *each]))
        assert answer.costs[0].startswith(word)
        # Draws that were run say the same as stored ones.
        run = [
            {**one, "posterior_draws": None, "draws": 20, "low": one["posterior_low"], "high": one["posterior_high"]}
            for one in rows
        ]
        (answer,) = answers.of_comparison(document(staff=[*run, row("cost_money.total", 7500, 7500, 7500), *each]))
        assert answer.costs[0].startswith(word)


def wide_table(rows: int) -> TextTable:
    table = TextTable(["parameter", "change"])
    for at in range(rows):
        table.add_row(f"parameter {at}", str(at))
    return table


@pytest.mark.parametrize(("rows", "warnings"), [((3,), 0), ((200,), 0), ((200, 9), 2), ((31, 9, 40), 12)])
def test_an_experiment_fits_one_screen_and_counts_what_is_left_out(rows: tuple[int, ...], warnings: int) -> None:
    lines = tuple(f"{at}: {'a warning of two lines ' * 6}" for at in range(warnings))
    answer = answers.Answer(
        "?", "tiny", None, "Victims: 1 to 2.", "", ("And more.",), warnings=lines, next=("tocsin explain x",)
    )
    parts = [wide_table(count) for count in rows]
    told = printed(answers.experiment_screen(answer, parts, "here: 8 runs", False))
    assert len(told) <= answers.LINES
    assert told[-4:] == [
        "Answer",
        "  Victims: 1 to 2.",
        "  And more.",
        "Next   tocsin explain x; --full for every table",
    ]
    hidden = [int(line.split()[0]) for line in told if "not shown; use --full" in line]
    shown = sum(line.startswith("parameter ") and "change" not in line for line in told)
    assert shown + sum(line.startswith("warning: ") for line in told) + sum(hidden) == sum(rows) + warnings
    full = printed(answers.experiment_screen(answer, parts, "here: 8 runs", True))
    assert sum(line.startswith("parameter ") and "change" not in line for line in full) == sum(rows)
    assert full[-1] == "Next   tocsin explain x"


def test_costs_are_told_once(policy: sim.Run) -> None:
    run = sim.load_run(policy.path)
    answer = replace(answers.of_runs([run]), costs=("Priced items cost 7 yuan.",))
    told = "\n".join(printed(answers.run_screen(answer, [run], "here", True)))
    assert "low prices" in told
    assert "Priced items cost" not in told
    assert "Priced items cost" in "\n".join(printed(answers.run_screen(answer, [run], "here", False)))
