"""Any quantity over any window, after the fact: the same numbers as the scenario's figures, and as the stored rows."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import sim
from sim.reading.figures import AskedError, amount, figure, number, read, span
from sim.reading.quantities import FIGURES, Quantities
from sim.store.columns import Scope, Target
from tests.engines.small import fewer, run_tiny
from tests.made_up import MadeUp
from tests.synthetic import BASE, SCOPE, YEAR, write_tables

WHOLE = (date(2021, 12, 1), date(2022, 2, 28))
JANUARY = (date(2022, 1, 1), date(2022, 1, 31))


@pytest.mark.parametrize(
    ("text", "name", "window", "base"),
    [
        ("losses", "losses", WHOLE, None),
        ("losses@2022-01-05..2022-01-07", "losses", (date(2022, 1, 5), date(2022, 1, 7)), None),
        ("saved@2022-01-05", "saved", (date(2022, 1, 5), date(2022, 1, 5)), None),
        ("cards_flagged@2022-01", "cards_flagged", JANUARY, None),
        ("cards_flagged@2022-01..2022-02-03", "cards_flagged", (date(2022, 1, 1), date(2022, 2, 3)), None),
        ("losses_change@2022-02/2022-01", "losses_change", (date(2022, 2, 1), date(2022, 2, 28)), JANUARY),
        ("losses_change@2022-01/2022-01", "losses_change", JANUARY, JANUARY),
    ],
)
def test_a_question_names_a_quantity_and_its_windows(
    text: str, name: str, window: tuple[date, date], base: tuple[date, date] | None
) -> None:
    asked = read(text, SCOPE)
    assert (asked.name, asked.window, asked.base) == (name, window, base)


@pytest.mark.parametrize(
    ("text", "mistake", "allowed"),
    [
        ("", "'' is not a quantity", "alerts_central, "),
        ("loses@2022-01", "'loses' is not a quantity", "did you mean 'losses'?"),
        ("los\nses", r"'los\nses' is not a quantity", "cluster_campaigns"),
        ("_change@2022-01/2021-12", "'_change' is not a quantity", "use one of these"),
        ("losses@", "losses: '' is not a window", "START..END"),
        ("losses@2022-13", "losses: '2022-13' is not a window", "2022-01"),
        ("losses@2022-02-29", "losses: '2022-02-29' is not a window", "2022-01-31"),
        ("losses@22-01", "losses: '22-01' is not a window", "START..END"),
        ("losses@2022-01..", "losses: '2022-01..' is not a window", "START..END"),
        ("losses@2022-02..2022-01", "must not end before it starts", ""),
        ("losses@2022", "2022-01-01..2022-12-31 must lie in the period of the run, 2021-12-01 to 2022-02-28", ""),
        ("losses@2021-11-30..2022-01-01", "must lie in the period of the run, 2021-12-01 to 2022-02-28", ""),
        ("losses_change@2022-02/2021-11", "must lie in the period of the run, 2021-12-01 to 2022-02-28", ""),
        ("losses_change@2022-02", "needs two windows", "losses_change@WINDOW/BASE"),
        ("losses_change", "needs two windows", "losses_change@WINDOW/BASE"),
        ("losses@2022-02/2022-01", "cannot have two windows", "losses_change"),
        ("cases_filed.spam", "'cases_filed.spam' is not a quantity", "NAME.TYPE and NAME.BAND"),
        ("alerts_central.other", "'alerts_central.other' is not a quantity", "those of people and their money"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_line_that_names_what_can(
    text: str, mistake: str, allowed: str
) -> None:
    with pytest.raises(AskedError) as caught:
        read(text, SCOPE)
    wrong, _, rest = str(caught.value).partition("; ")
    assert mistake in wrong
    assert allowed in rest
    assert "\n" not in str(caught.value)


def test_a_span_is_a_day_a_month_or_a_year() -> None:
    assert span("2024-02-29") == (date(2024, 2, 29), date(2024, 2, 29))
    assert span("2024-02") == (date(2024, 2, 1), date(2024, 2, 29))
    assert span("2022-12") == (date(2022, 12, 1), date(2022, 12, 31))
    assert span("2022") == (date(2022, 1, 1), date(2022, 12, 31))


def test_a_figure_of_the_scenario_and_what_is_asked_are_the_same_number(tmp_path: Path) -> None:
    write_tables(tmp_path)
    quantities = Quantities.read(tmp_path, SCOPE)
    counted = 0
    for name in FIGURES:
        for target in (Target(name, YEAR, 1, "fitted"), Target(f"{name}_change", YEAR, 1, "fitted", base=BASE)):
            windows = "..".join(map(str, YEAR)) + ("/" + "..".join(map(str, BASE)) if target.base else "")
            answer = read(f"{target.name}@{windows}", SCOPE).answer(quantities)
            assert answer == figure(quantities, target)["simulated"], target.name
            counted += bool(answer)
    assert counted > 10


def test_a_figure_of_a_run_is_the_sum_of_its_rows_over_the_window(run: sim.Run) -> None:
    scale = run.scenario.spec.scale
    rows = run.attempts[(run.attempts["day"] >= "2022-10-10") & (run.attempts["day"] <= "2022-10-20")]
    calls = rows[(rows["channel"] == "call") & (rows["fate"] == "intercepted")]["count"].sum()
    assert calls > 0
    settlement = run.scenario.spec.aftermath.settlement
    assert settlement is not None
    # A share waits for December; counts are whole.
    assert run.figure("calls_intercepted", date(2022, 10, 10), pd.Timestamp("2022-10-20")) == pytest.approx(
        calls * (1 - settlement.calls) / scale, abs=1 / scale
    )
    cents = run.outcomes["loss_cents"].sum()
    assert run.figure("loss_cents") == pytest.approx(cents / scale)
    dens = run.flows[(run.flows["quantity"] == "dens_destroyed") & (run.flows["day"] >= "2022-11-01")]["count"].sum()
    assert run.figure("dens_destroyed", "2022-11") == dens
    assert isinstance(run.figure("dens_destroyed"), int)


def test_windows_add_up(run: sim.Run) -> None:
    for name in FIGURES:
        parts = [run.figure(name, month, month) for month in ("2022-10", "2022-11")]
        assert sum(part or 0 for part in parts) == pytest.approx(run.figure(name)), name


def test_losses_are_in_money(run: sim.Run) -> None:
    scope = Scope.of(run.scenario)
    series = {("outcomes", "filed_loss_cents"): Quantities(scope, {}).flow("none") + 500}
    whole = (date(2022, 10, 1), date(2022, 11, 30))
    found = amount(Quantities(scope, series), "losses", whole)
    assert found is not None
    assert number(found) == pytest.approx(5 * scope.days / scope.scale)


@pytest.mark.slow
def test_parts_of_a_figure_by_type_and_by_age_add_up_to_it(tmp_path: Path) -> None:
    run = run_tiny(tmp_path / "run")
    spec = run.scenario.spec
    for parts in (list(spec.fraud.types), spec.population.band_names()):
        for name in ("episodes", "loss_money", "losses"):
            values = {part: run.figure(f"{name}.{part}") or 0 for part in parts}
            assert sum(value > 0 for value in values.values()) > 1, name
            assert sum(values.values()) == pytest.approx(run.figure(name)), name
    kind = next(iter(spec.fraud.types))
    rows = run.outcomes[(run.outcomes["fraud_type"] == kind) & (run.outcomes["province"] == 44)]
    assert run.figure(f"episodes.{kind}", province=44) == pytest.approx(rows["episodes"].sum() / spec.scale)
    assert run.series(f"episodes.{kind}", 44).sum() == pytest.approx(rows["episodes"].sum() / spec.scale)


def test_a_scenario_may_state_figures_of_a_type_and_an_age(tmp_path: Path) -> None:
    window = ["2022-01-29", "2022-01-31"]
    names = ("episodes.other", "loss_money.61+", "episodes.spam")
    rows = [{"name": name, "window": window, "value": 5, "role": "fitted", "source": "made up"} for name in names]
    run = run_tiny(tmp_path / "run", **{"figures": rows, "period": {"start": "2022-01-29", "end": "2022-01-31"}})
    known = {row["name"]: row["simulated"] for row in run.manifest["figures"]}
    assert known["episodes.other"] == run.figure("episodes.other") > 0
    assert known["loss_money.61+"] == run.figure("loss_money.61+")
    assert known["episodes.spam"] is None
    assert any("figure episodes.spam: the model counts no such quantity" in line for line in run.manifest["warnings"])


def test_a_change_from_nothing_is_none(run: sim.Run) -> None:
    assert run.figure("recovered_cents") == 0
    assert run.figure("recovered_cents_change", "2022-11", "2022-11", ("2022-10", "2022-10")) is None


def test_a_series_has_every_day_and_adds_up_to_the_figure(run: sim.Run) -> None:
    for name in ("calls_intercepted", "losses", "cases_solved", "dens_destroyed"):
        series = run.series(name)
        assert list(series.index) == list(pd.date_range("2022-10-01", "2022-11-30"))
        assert series.sum() == pytest.approx(run.figure(name)), name
        assert series["2022-10-07"] == pytest.approx(run.figure(name, "2022-10-07", "2022-10-07"))
    dens = run.series("dens_destroyed")
    assert dens.dtype == "int64"
    dens[:] = 0
    assert run.series("dens_destroyed").sum() > 0, "a series is the caller's own"


def test_what_the_run_cannot_tell_is_a_value_error(run: sim.Run) -> None:
    for call in (
        lambda: run.figure("spam"),
        lambda: run.series("spam"),
        lambda: run.series("losses_change"),
        lambda: run.figure("losses", "2022-09"),
        lambda: run.figure("losses", end="2022-12"),
        lambda: run.figure("losses", "soon"),
        lambda: run.figure("losses_change"),
        lambda: run.figure("losses", base=("2022-10", "2022-10")),
    ):
        with pytest.raises(ValueError, match=r"spam|losses|soon"):
            call()


def test_what_is_asked_is_read_from_the_tables_alone(run: sim.Run) -> None:
    run.manifest["totals"]["cases_solved"] = run.manifest["figures"] = None
    assert sim.load_run(run.path).totals["cases_solved"] == run.figure("cases_solved")


def test_funds_stopped_are_not_asked_for_where_they_are_not_counted(made_up: MadeUp) -> None:
    run = made_up(**{"aftermath.stop_payment.frozen_factor": None})
    for call in (lambda: run.figure("funds_stopped_money"), lambda: run.series("funds_stopped_money_change")):
        with pytest.raises(ValueError, match=r"funds_stopped_money.*aftermath\.stop_payment\.frozen_factor"):
            call()


def test_funds_stopped_are_told_where_they_are_counted(tmp_path: Path) -> None:
    known = run_tiny(tmp_path / "known", events="none", **fewer(0.2), **{"aftermath.stop_payment.frozen_factor": 3.5})
    stopped = 3.5 * known.figure("recovered_money") + known.figure("held_money")
    assert known.figure("funds_stopped_money") == pytest.approx(stopped)
    assert known.series("funds_stopped_money").sum() == pytest.approx(stopped)
    assert known.totals["funds_stopped_money"] == pytest.approx(stopped)
    parts = [known.figure("funds_stopped_money", province=code) for code in (11, 44, 65)]
    assert min(parts) > 0
    assert sum(parts) == pytest.approx(stopped)
    assert known.figure("funds_returned_money") == known.figure("recovered_money") > 0
