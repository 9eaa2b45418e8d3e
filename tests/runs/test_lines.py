"""The lines that users of notebooks write: each works, says what the command line says, and shows its answer."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sim
from sim.base.rounding import amount
from sim.experiments.compare import compare as compare_runs
from sim.experiments.pairing import PairingError
from sim.language import Terms, telling_in
from sim.report.experiments import differences
from tests.cli.commands import ROOT, Tocsin, tocsin

__all__ = ["tocsin"]

WEEK = {"period": {"start": "2022-01-25", "end": "2022-01-31", "warmup": "0 d"}}
STAFF, DEADLINE = "desks.visit.staff", "warning.tiers.red.deadline"
HOLD = {"kind": "bank_hold", "window": ["2022-01-01", None], "intensity": 0.2}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lines")


@pytest.fixture(scope="module")
def run(place: Path) -> sim.Run:
    return sim.run("tiny", place / "run", set={**WEEK, STAFF: 40}, seed=7)


@pytest.fixture(scope="module")
def comparison(place: Path) -> sim.Comparison:
    base = sim.load_scenario("tiny")
    policies = ["tiny", base.with_({"name": "few", STAFF: 2}), base.with_({"name": "held", "measures.hold": HOLD})]
    return sim.compare(policies, replicates=2, set=WEEK, out=place / "comparison")


@pytest.fixture(scope="module")
def catalogue(place: Path) -> sim.Sweep:
    vary = {STAFF: [10, 40], DEADLINE: ["2 h", "8 h"]}
    return sim.sweep("tiny", vary, replicates=2, set=WEEK, folder=str(place / "sweep"))


def test_a_run_by_name_is_that_of_the_command_line(tocsin: Tocsin, run: sim.Run):
    week = "{start: 2022-01-25, end: 2022-01-31, warmup: 0 d}"
    ended = tocsin("run", "tiny", "--seed", "7", "--set", f"period={week}", "--set", f"{STAFF}=40", "--out", "same")
    assert ended.code == 0
    assert sim.load_run("same").manifest["files"] == run.manifest["files"]


def test_options_mean_the_same_for_a_name_a_path_and_a_scenario(run: sim.Run, place: Path):
    (place / "own.yaml").write_text("schema: 1\nname: tiny\nextends: tiny\ntitle: Tiny\n")
    options = {"set": {**WEEK, STAFF: "40"}, "scale": 0.5, "pool": "country", "seed": 3}
    given = [sim.load_scenario("tiny"), place / "own.yaml", str(place / "own.yaml"), "tiny"]
    found = [sim.scenario.load.with_options(one, **options) for one in given]  # type: ignore[arg-type]
    assert len({one.spec.scale for one in found}) == len({one.spec.seed for one in found}) == 1
    assert found[0].sha256 == found[3].sha256
    assert all(one.spec.population.pool == "country" and one.spec.desks.visit.staff == 40 for one in found)
    loaded = sim.load_scenario("tiny", {**WEEK, STAFF: 40}, scale=0.5, pool="country", seed=3)
    assert loaded.sha256 == found[0].sha256
    with pytest.raises(TypeError, match="'sale'; use one of engine, scale"):
        sim.run("tiny", sale=0.5)  # type: ignore[call-arg]


def test_with_gives_a_new_scenario_from_texts_and_plain_values():
    scenario = sim.load_scenario("tiny")
    before = scenario.sha256
    plain = scenario.with_({STAFF: 40, DEADLINE: "2 h", "measures.hold": HOLD})
    texts = scenario.with_({STAFF: "40", DEADLINE: "2 h", "measures.hold": str(HOLD).replace("None", "null")})
    assert plain == texts
    assert plain == sim.load_scenario("tiny", {STAFF: 40, DEADLINE: "2 h", "measures.hold": HOLD})
    assert scenario.sha256 == before != plain.sha256
    assert plain.with_({"measures.hold": None}).spec.measures.keys() == scenario.spec.measures.keys()
    assert plain.with_({"seed": 3}).spec.desks.visit.staff == 40


@pytest.mark.parametrize(
    ("key", "value"),
    [("desks.visit.staf", "40"), ("scale", "x"), (DEADLINE, "[1"), ("measures.hold", "{kind: bank_hold}"), ("", "1")],
)
def test_mistakes_are_those_of_the_command_line(tocsin: Tocsin, key: str, value: str):
    ended = tocsin("run", "tiny", "--set", f"{key}={value}")
    assert ended.code == 2
    told = []
    for use in (
        lambda: sim.run("tiny", set={key: value}),
        lambda: sim.compare(["tiny", "tiny"], set={key: value}),
        lambda: sim.sweep("tiny", {STAFF: [1, 2]}, set={key: value}),
        lambda: sim.attribute("tiny", set={key: value}),
        lambda: sim.staffing("tiny", set={key: value}),
        lambda: sim.sensitivity("tiny", set={key: value}),
        lambda: sim.load_scenario("tiny", {key: value}),
        lambda: sim.load_scenario("tiny").with_({key: value}),
    ):
        with pytest.raises(sim.ScenarioError) as error:
            use()
        told.append(str(error.value))
    assert set(told) == {ended.err.strip()}
    assert not list(Path.cwd().iterdir())


@pytest.mark.parametrize(
    ("use", "told"),
    [
        *((one, r"^set: .* is not a map; must be values by dotted key") for one in (
            lambda _: sim.run("tiny", set=[f"{STAFF}=40"]),
            lambda _: sim.load_scenario("tiny", f"{STAFF}=40"),
            lambda _: sim.load_scenario("tiny").with_([STAFF]),
        )),
        (lambda _: sim.run(3), "^scenario: 3 is not a text; must be the name or the path"),
        (lambda run: sim.run(run), "^scenario: .* must be the name or the path"),
        (lambda _: sim.sweep("tiny", STAFF), "^vary: .* is not a map; must be lists of values"),
        (lambda _: sim.sweep("tiny", [STAFF]), "^vary: a list of 1 is not a map"),
        (lambda _: sim.sweep("tiny", {STAFF: 40}), f"^vary: {STAFF}: 40 is not a list"),
        (lambda _: sim.sweep("tiny", {STAFF: "40"}), f"^vary: {STAFF}: '40' is not a list"),
        (lambda _: sim.attribute("tiny", "den"), "^den is not a layer; did you mean 'dens'"),
        (lambda _: sim.compare("tiny"), r"at least one other scenario; use sim.compare\(\[BASELINE, POLICY\]\)"),
        (lambda run: sim.compare(run), "a baseline and at least one other run"),
        (lambda run: sim.compare([run, 3]), "^3 is neither a scenario nor a run"),
        (lambda _: sim.compare(None), "^null is neither a scenario nor a run"),
        (lambda run: sim.report([run, "tiny"]), r"needs runs: use sim.report\(sim.load_run"),
        (lambda run: run.figure("victims", "2022-13"), "^2022-13 is not in the calendar; must be a day, month or year"),
        (lambda run: run.plot("wait"), "^no picture 'wait'; did you mean 'waits'"),
        (lambda run: run.df, r"^a run has no 'df'; any quantity as a table: run.to_frame.*stored tables: attempts, "),
        (lambda run: run.alert, "^a run has no 'alert', did you mean 'alerts'"),
    ],
)  # fmt: skip
def test_what_is_no_map_list_scenario_or_run_is_refused_in_a_line(run: sim.Run, use: Any, told: str):
    with pytest.raises((sim.RefusedError, ValueError, AttributeError), match=told) as error:
        use(run)
    assert "\n" not in str(error.value)


def test_a_bare_run_shows_its_answer(run: sim.Run):
    shown = run._repr_html_()
    assert run.answer.headline.replace(">", "&gt;") in shown
    assert "<table>" in shown
    assert run.answer.intervals in shown
    assert "run-to-run noise" in run.answer.intervals


def test_a_summary_has_the_totals_and_names_its_intervals(run: sim.Run):
    summary = run.summary()
    for name, row in summary.iterrows():
        assert row["value"] == run.totals[name]
        assert row["low"] <= row["value"] <= row["high"]
    assert {"victims", "loss_money"} <= set(summary.index)
    assert set(summary["interval"]) == {"95%, run-to-run noise"}


def test_a_frame_of_quantities_adds_up_to_the_totals(run: sim.Run):
    for by in (["province", "month"], "day", "fraud_type", ["sex", "age_band", "month"], ()):
        frame = run.to_frame(["victims", "loss_money"], by=by)
        assert list(frame.columns) == [*([by] if isinstance(by, str) else by), "victims", "loss_money"]
        assert frame["victims"].sum() == run.totals["victims"]
        assert frame["loss_money"].sum() == pytest.approx(run.totals["loss_money"])
    by_province = run.to_frame("victims", by="province").set_index("province")["victims"]
    assert set(by_province.index) == {row.name for row in run.scenario.spec.population.provinces}
    assert all(run.figure("victims", province=name) == count for name, count in by_province.items())
    assert run.to_frame("alerts_central", by="tier")["alerts_central"].sum() == run.totals["alerts_central"]
    for name, by in (("victim", "day"), ("victims", "tier"), ("victims", "weekday")):
        with pytest.raises(ValueError, match=r"is not a quantity|cannot be split by '(tier|weekday)'; .*fraud_type"):
            run.to_frame(name, by=by)


def test_tables_of_a_sample_say_that_they_are_one(place: Path):
    days = {"start": "2022-01-25", "end": "2022-01-26", "warmup": "0 d"}
    sample = sim.run("tiny", place / "sample", scale=0.25, set={"period": days}, events="all")
    for name, frame in sample.tables.items():
        for table in (frame, getattr(sample, name)):
            assert table.attrs["scale"] == 0.25
            assert "multiply counts by 1/scale" in table.attrs["unit"]
    for name in ("victims", "episodes"):
        country = sample.to_frame(name, by=["province", "fraud_type"])[name].sum()
        assert country == sample.totals[name] == 4 * sample.outcomes[name].sum() > 0


def test_a_comparison_of_scenarios_is_that_of_its_runs(comparison: sim.Comparison):
    assert list(comparison.scenarios) == ["tiny", "few", "held"]
    runs = list(comparison.runs.values())
    seed = sim.load_scenario("tiny").spec.seed
    assert [[run.manifest["seed"] for run in group] for group in runs] == [[seed, seed + 1]] * 3
    again = compare_runs(runs)
    pd.testing.assert_frame_equal(pd.DataFrame(comparison), again)
    assert comparison.attrs == again.attrs
    of_runs = sim.compare(runs)
    assert of_runs.scenarios.keys() == comparison.scenarios.keys()
    assert of_runs.document == comparison.document


def test_the_table_of_a_comparison_names_its_intervals(comparison: sim.Comparison):
    table = comparison.table()
    assert list(table.columns)[-1] == "95%, replicates"
    assert "95% intervals over 2 replicates" in table.attrs["interval"]
    (row,) = table[(table["scenario"] == "few") & (table["quantity"] == "victims")].to_dict("records")
    stored = comparison.set_index(["scenario", "quantity"]).loc[("few", "victims")]
    assert float(row["difference"].replace(",", "")) == pytest.approx(stored["difference"], rel=0.01)
    assert " to " in row["95%, replicates"]
    assert comparison.table(["victims"])["quantity"].tolist() == ["victims", "victims"]
    with pytest.raises(ValueError, match="'victim' is not a quantity"):
        comparison.table(["victim"])


def test_latex_is_a_table_of_booktabs(comparison: sim.Comparison, tmp_path: Path):
    text = comparison.to_latex(label="tab:few")
    for part in (r"\toprule", r"\bottomrule", r"\label{tab:few}", r"95\%, replicates", "few & victims &"):
        assert part in text
    assert comparison.to_latex(tmp_path / "table.tex", caption="Mine") is None
    assert r"\caption{Mine}" in (tmp_path / "table.tex").read_text()


def test_word_has_the_cells_of_the_table(comparison: sim.Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    docx = pytest.importorskip("docx")
    written = docx.Document(comparison.to_word(tmp_path / "table.docx"))
    table = comparison.table()
    cells = [[cell.text for cell in row.cells] for row in written.tables[0].rows]
    assert cells == [list(table.columns), *map(list, table.to_numpy())]
    assert table.attrs["interval"][1:] in written.paragraphs[0].text
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(sim.ExchangeError, match=r"pip install '\.\[word\]'"):
        comparison.to_word(tmp_path / "other.docx")
    assert not (tmp_path / "other.docx").exists()


def test_a_bare_comparison_shows_the_effect_of_each_policy(comparison: sim.Comparison):
    shown = comparison._repr_html_()
    for name, answer in comparison.answers.items():
        assert f"<h4>{name}, compared with tiny</h4>" in shown
        assert answer.headline in shown
    assert comparison.answers["few"].changes == ("staff of the visit desks: 26 people -> 2 people",)


def test_the_picture_of_a_comparison_is_that_of_its_report(comparison: sim.Comparison):
    with telling_in(Terms("yuan")):
        assert comparison.plot() == differences(pd.DataFrame(comparison)).view()
    assert comparison.plot("costs") != comparison.plot("fates")
    with pytest.raises(ValueError, match="allowed: differences, effect, fates, costs"):
        comparison.plot("map")


def test_runs_and_scenarios_do_not_mix(comparison: sim.Comparison):
    one, other = (group[0] for group in list(comparison.runs.values())[:2])
    with pytest.raises(PairingError, match="cannot be combined with scenarios"):
        sim.compare([one, "tiny"])
    with pytest.raises(PairingError, match="scale: finished runs cannot be combined with run options"):
        sim.compare([one, other], scale=0.5)
    with pytest.raises(PairingError, match="at least one other"):
        sim.compare(["tiny"])
    assert sim.compare([one.path, other.path]).equals(sim.compare([one, other]))


@pytest.mark.slow
def test_experiments_take_the_options_of_a_run(place: Path):
    options = {"set": WEEK, "scale": 0.5, "pool": "country", "seed": 3}
    wanted = sim.load_scenario("tiny", WEEK, scale=0.5, pool="country", seed=3)
    found = sim.attribute("tiny", ["sites"], folder=place / "attribution", **options)  # type: ignore[arg-type]
    assert found.coalitions["seed"].tolist() == [3, 3]
    staff = sim.staffing("tiny", share=0.5, relative=True, curve=(), folder=place / "staff", **options)  # type: ignore[arg-type]
    assert staff.scenario.spec.scale == 0.5
    assert len(staff.frame) == 1
    keys = ["interception.call.threshold"]
    sensitivity = sim.sensitivity("tiny", keys, samples=2, folder=place / "sensitivity", **options)  # type: ignore[arg-type]
    assert sensitivity["samples"].tolist() == [2, 2]
    for folder in ("attribution", "sensitivity"):
        assert sim.load_scenario(place / folder / "scenario.yaml", pool="country").sha256 == wanted.sha256, folder
    for use in (sim.attribute, sim.staffing, sim.sensitivity):
        with pytest.raises(TypeError, match="sale"):
            use("tiny", sale=0.5)  # type: ignore[operator]


DRAWN = """
schema: 1
name: drawn
title: How strong is the filter?
extends: tiny
interception: {call: {d_prime: {value: 4.4, origin: assumed, range: [4.1, 4.9], basis: a survey}}}
calibration: {draws: drawn-draws.csv}
"""


@pytest.mark.slow
def test_a_comparison_over_draws_is_that_of_the_command_line(tocsin: Tocsin, tmp_path: Path):
    (tmp_path / "drawn.yaml").write_text(DRAWN)
    (tmp_path / "drawn-draws.csv").write_text("draw,interception.call.d_prime\n0,4.2\n1,4.5\n")
    few = "{schema: 1, name: few, title: Few, extends: drawn.yaml, desks: {visit: {staff: 1}}}"
    (tmp_path / "few.yaml").write_text(few)
    names = [str(tmp_path / "drawn.yaml"), str(tmp_path / "few.yaml")]
    found = sim.compare(names, draws=2, set=WEEK, out=tmp_path / "compared")
    week = "{start: 2022-01-25, end: 2022-01-31, warmup: 0 d}"
    ended = tocsin("compare", *names, "--draws", "2", "--set", f"period={week}", "--json", "--out", "same")
    assert ended.code == 0, ended.err
    assert found.document["rows"] == json.loads(ended.out)["rows"]
    drawn = [run.scenario.spec.interception.call.d_prime for run in found.runs["few"]]
    assert drawn == [4.2, 4.5]
    assert sim.run(names[0], draw=1, set=WEEK).totals.equals(found.runs["drawn"][1].totals)
    assert "90%, draws" in found.table()
    with pytest.raises(sim.ScenarioError, match="must be given by its name or path"):
        sim.compare([sim.load_scenario(name) for name in names], draws=2)
    with pytest.raises(PairingError, match="draws must be at least 1"):
        sim.compare(names, draws=0)
    with pytest.raises(PairingError, match="cannot be combined with draw;"):
        sim.compare(names, draws=2, draw=1)
    with pytest.raises(PairingError, match="draws: finished runs cannot be combined with run options"):
        sim.compare(list(found.runs.values()), draws=2)


def test_a_wide_table_has_a_row_for_each_scenario(comparison: sim.Comparison):
    table = comparison.table(["victims", "loss_money"], wide=True)
    assert list(table.index) == ["tiny", "few", "held"]
    assert list(table.columns) == ["victims", "yuan lost"]
    row = comparison.set_index(["scenario", "quantity"]).loc[("few", "victims")]
    middle, _, interval = table.loc["few", "victims"].partition(" ")
    assert float(middle.rstrip("%")) == pytest.approx(100 * row["difference"] / row["base"], rel=0.05)
    low, high = (float(end.strip("()%+")) for end in interval.split(" to "))
    assert low == pytest.approx(100 * row["low"] / row["base"], rel=0.05)
    assert high == pytest.approx(100 * row["high"] / row["base"], rel=0.05)
    assert table.loc["tiny", "victims"] == str(amount(row["base"]))
    assert table.attrs == comparison.table().attrs
    assert comparison.table(["attempts_potential"], wide=True).loc["few"].item() == "0"
    tenfold = sim.Comparison(pd.DataFrame(comparison).assign(base=row["difference"] / 10))
    tenfold.scenarios = comparison.scenarios
    assert tenfold.table(["victims"], wide=True).loc["few"].item().startswith(f"+{amount(row['difference'])} (")
    with pytest.raises(ValueError, match="'victim' is not a quantity"):
        comparison.table(["victim"], wide=True)


def test_an_attribution_has_a_table_and_a_picture(place: Path):
    found = sim.attribute("tiny", ["sites", "cards"], replicates=2, set=WEEK, folder=place / "layers")
    table = found.table()
    stored = found.layers.query("quantity == 'victims'")
    assert stored["layer"].tolist() == ["cards", "sites", "all"]
    assert table["layer"].tolist() == ["elimination of phone cards", "blocked sites and apps", "all"]
    assert table["average"].tolist() == list(map(str, map(amount, stored["shapley"])))
    assert list(table.columns)[-2:] == ["share", "95%, replicates"]
    figure = found.plot("net_loss_money")
    money = found.layers.query("quantity == 'net_loss_money' and layer != 'all'")
    assert [trace.name for trace in figure.data] == ["alone", "last", "average"]
    for trace, measure in zip(figure.data, ("alone", "last", "shapley"), strict=True):
        assert list(trace.x) == money[measure].tolist()
    assert figure.data[2].error_x.array
    assert "causes" in found.plot("staff_hours").layout.title.text
    with pytest.raises(ValueError, match="no quantity 'victim'; one of victims"):
        found.table("victim")


def test_a_bare_scenario_shows_what_it_changes():
    scenario = sim.load_scenario("tiny", WEEK)
    shown = scenario._repr_html_()
    assert scenario.spec.title in shown
    assert "2022-01-25 to 2022-01-31" in shown
    assert "<li>" not in shown
    policy = scenario.with_({STAFF: 30, "title": "<b>"})._repr_html_()
    assert "<li>staff of the visit desks: 26 people -&gt; 30 people</li>" in policy
    assert "<b>" not in policy


def test_the_picture_of_a_sweep_has_means_and_intervals(catalogue: sim.Sweep):
    assert catalogue.varied == [STAFF, DEADLINE]
    figure = catalogue.plot(y="victims")
    assert [trace.name for trace in figure.data] == ["deadline of the red tier 2 h", "deadline of the red tier 8 h"]
    means = catalogue.groupby([DEADLINE, STAFF])["victims"].mean()
    assert list(figure.data[0].y) == means["2 h"].tolist()
    assert list(figure.data[0].x) == [10, 40]
    assert all(one > 0 for one in figure.data[0].error_y.array)
    assert "95% intervals" in figure.layout.title.text
    by_deadline = catalogue.plot(y="loss_money", x=DEADLINE)
    assert list(by_deadline.data[0].x) == ["2 h", "8 h"]
    with pytest.raises(ValueError, match="no quantity 'victim'; did you mean 'victims'"):
        catalogue.plot(y="victim")
    with pytest.raises(ValueError, match=f"no varied key 'scale'; allowed: {STAFF}"):
        catalogue.plot(x="scale")


SCRIPT = f"""
import sim
print("read")
sim.sweep("tiny", {{"{STAFF}": [10, 40]}}, workers=2, set={WEEK})
sim.compare(["tiny", "tiny"], replicates=2, workers=2, set={WEEK})
"""


@pytest.mark.slow
def test_a_plain_script_runs_once_whatever_processes_it_starts(tmp_path: Path):
    (tmp_path / "script.py").write_text(SCRIPT)
    command = [sys.executable, "script.py"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "read\n"


@pytest.mark.slow
def test_the_lines_of_a_user_work_as_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    run = sim.run("china-2022", scale=0.005, pool="country", seed=7, set={"desks.visit.staff": 9600})
    scenario = sim.load_scenario("china-2022", {"desks.visit.staff": 9600}, scale=0.005, pool="country")
    run._repr_html_()
    run.summary()
    run.plot()
    assert run.to_frame("victims", by=["province", "month"])["victims"].sum() == run.totals["victims"]
    policy = scenario.with_({"desks.visit.staff": 9600, "measures.hold": HOLD})
    assert policy.spec.policy_of == "china-2022"
    comparison = sim.compare(["china-2022", "more-officers"], scale=0.005, pool="country", replicates=4)
    comparison.plot()
    assert "90%, draws" in comparison.table()
    assert "stored posterior draws" in comparison.to_latex()
    sim.sweep(scenario, {"desks.visit.staff": [2400, 4800, 9600]}).plot(y="victims")
