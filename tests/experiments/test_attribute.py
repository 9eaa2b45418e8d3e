"""Attribution: layers that are off do nothing, values add up, and every number is that of a direct run."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

import sim
from sim.experiments import attribute
from sim.scenario import changed
from sim.store.folder import FolderError
from tests.experiments.test_command import Tocsin, tocsin
from tests.slots import TINY

__all__ = ["tocsin"]

SHORT = "period={start: 2022-01-24, end: 2022-01-26, warmup: 1 d}"
KEY, VALUE = SHORT.split("=")
CHOSEN = ("cards", "interception", "warning.red", "warning.orange")


@pytest.fixture(scope="module")
def tiny() -> sim.Scenario:
    return sim.load_scenario("tiny", {KEY: VALUE})


@pytest.fixture(scope="module")
def whole(tiny: sim.Scenario, tmp_path_factory: pytest.TempPathFactory) -> attribute.Attribution:
    """Every coalition of four layers, in two worlds."""
    return sim.attribute(tiny, CHOSEN, replicates=2, folder=tmp_path_factory.mktemp("whole") / "made", workers=1)


def test_a_layer_that_is_off_does_nothing(tiny: sim.Scenario, tmp_path: Path):
    tiny = changed(tiny, TINY)
    with_all = sim.run(tiny, tmp_path / "all", workers=1)
    assert attribute.layers_of(tiny) == attribute.LAYERS
    off = {name: sim.run(attribute.without(tiny, [name]), tmp_path / name, workers=1) for name in attribute.LAYERS}
    for layer, quantity in {
        "dens": "attempts_by_fate.den_destroyed",
        "cards": "attempts_by_fate.card_eliminated",
        "interception": "attempts_by_fate.intercepted",
        "sites": "attempts_by_fate.site_blocked",
        "aftermath": "recovered_money",
        **{f"warning.{tier}": f"alerts_by_tier.{tier}" for tier in ("red", "orange", "yellow", "blue")},
    }.items():
        assert with_all.totals[quantity] > 0, quantity
        assert off[layer].totals[quantity] == 0, quantity
        others = set(attribute.LAYERS) - {layer}
        assert all(off[other].totals[quantity] > 0 for other in others), quantity
    assert off["sites"].totals["attempts_by_fate.not_sent"] == 0
    assert off["interception"].totals["false_blocks"] == 0
    assert off["aftermath"].totals["cases_solved"] == 0
    assert off["awareness"].figure("video_views") == off["awareness"].figure("awareness_activities") == 0
    assert with_all.figure("video_views") > 0
    # What scored red is warned of as orange, and nobody else is; what scored blue is not warned of.
    assert off["warning.red"].totals["alerts_by_tier.orange"] > with_all.totals["alerts_by_tier.orange"]
    assert off["warning.blue"].totals["alerts_by_tier.yellow"] == pytest.approx(
        with_all.totals["alerts_by_tier.yellow"], rel=0.01
    )
    assert all(run.totals["attempts_potential"] == with_all.totals["attempts_potential"] for run in off.values())


def test_no_tier_at_all_is_no_warning_at_all(tiny: sim.Scenario, tmp_path: Path):
    off = sim.run(attribute.without(tiny, attribute.WARNING), tmp_path / "off", workers=1)
    silent = {f"measures.warning-{detector}": "null" for detector in ("central", "local")}
    none = sim.run(sim.load_scenario("tiny", {KEY: VALUE, **silent}), tmp_path / "none", workers=1)
    assert dict(off.totals) == dict(none.totals)


def test_both_engines_agree_on_a_world_without_any_layer(tmp_path: Path):
    tiny = sim.load_scenario("tiny", {KEY: "{start: 2022-01-24, end: 2022-01-24, warmup: 0 d}"}, scale=0.1)
    bare = attribute.without(tiny, attribute.LAYERS)
    assert sim.load_scenario(str(written(bare, tmp_path))).sha256 == bare.sha256
    runs = [
        sim.run(changed(bare, {"engine": engine}), tmp_path / engine, events="all", workers=1)
        for engine in ("vector", "reference")
    ]
    for file in sorted(runs[0].path.glob("*.parquet")):
        assert file.read_bytes() == (runs[1].path / file.name).read_bytes(), file.name
    assert runs[0].totals["victims"] > 0


def written(scenario: sim.Scenario, place: Path) -> Path:
    file = place / "bare.yaml"
    file.write_text(scenario.yaml())
    return file


def test_shapley_values_add_up_to_what_all_layers_prevent(whole: attribute.Attribution):
    assert len(whole.coalitions) == 2 * 2 ** len(CHOSEN)
    for quantity, rows in whole.layers.groupby("quantity"):
        values = rows.set_index("layer")["shapley"]
        assert sum(values[list(CHOSEN)]) == pytest.approx(values["all"], rel=1e-12), quantity
        worlds = whole.coalitions.groupby("seed")
        sign = -1 if quantity in attribute.PREVENTED else 1
        moved = []
        for _, world in worlds:
            on = world[list(CHOSEN)]
            moved.append(sign * (world[on.all(axis=1)][quantity].iloc[0] - world[~on.any(axis=1)][quantity].iloc[0]))
        assert values["all"] == pytest.approx(sum(moved) / 2)
    assert set(whole.layers["quantity"]) == {*attribute.PREVENTED, *attribute.CAUSED}
    assert whole.layers["low"].notna().all()
    victims = whole.layers.query("quantity == 'victims'").set_index("layer")["shapley"]
    assert victims["interception"] > victims["cards"] > 0


def test_leave_one_out_and_alone_agree_with_direct_runs(
    tiny: sim.Scenario, whole: attribute.Attribution, tmp_path: Path
):
    worlds = [sim.load_scenario("tiny", {KEY: VALUE, "seed": str(seed)}) for seed in (7, 8)]

    def mean(quantity: str, off: tuple[str, ...], name: str) -> float:
        runs = [sim.run(attribute.without(one, off), tmp_path / f"{name}-{one.spec.seed}", workers=1) for one in worlds]
        return sum(float(run.totals[quantity]) for run in runs) / len(runs)

    rows = whole.layers.query("quantity == 'victims'").set_index("layer")
    with_all, with_none = mean("victims", (), "all"), mean("victims", CHOSEN, "none")
    no_filter = mean("victims", ("interception",), "filter")
    assert rows.loc["interception", "last"] == no_filter - with_all
    others = tuple(layer for layer in CHOSEN if layer != "warning.orange")
    assert rows.loc["warning.orange", "alone"] == with_none - mean("victims", others, "orange")
    neither = mean("victims", ("interception", "cards"), "neither")
    no_cards = mean("victims", ("cards",), "cards")
    shared = whole.overlaps.query("quantity == 'victims' and layer == 'cards' and other == 'interception'")
    assert shared["overlap"].iloc[0] == (neither - no_filter) - (no_cards - with_all)


@pytest.mark.slow
def test_orders_that_are_drawn_add_up_too_and_do_not_depend_on_who_runs_them(tiny: sim.Scenario, tmp_path: Path):
    made = sim.attribute(tiny, CHOSEN, orders=6, folder=tmp_path / "one", workers=1)
    with ThreadPoolExecutor(3) as threads:
        again = sim.attribute(tiny, CHOSEN, orders=6, folder=tmp_path / "two", executor=threads)
    for name in ("layers", "overlaps", "coalitions"):
        pd.testing.assert_frame_equal(getattr(made, name), getattr(again, name))
        one, two = (tmp_path / folder / f"{name}.parquet" for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()
    values = made.layers.query("quantity == 'net_loss_money'").set_index("layer")
    assert sum(values.loc[list(CHOSEN), "shapley"]) == pytest.approx(values.loc["all", "shapley"])
    assert values.loc["cards", "low"] < values.loc["cards", "shapley"] < values.loc["cards", "high"]
    with pytest.raises(FolderError, match="holds another attribution"):
        sim.attribute(tiny, CHOSEN, folder=tmp_path / "one")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["tiny", "--layer", "den"], "tocsin attribute: den is not a layer; did you mean 'dens'? ")],
)
def test_what_cannot_be_attributed_is_one_line_and_writes_nothing(
    tocsin: Tocsin, tmp_path: Path, arguments: list[str], message: str
):
    code, out, err = tocsin("attribute", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(message)
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_the_command_prints_what_the_function_gives(tocsin: Tocsin, tiny: sim.Scenario, tmp_path: Path):
    given = [
        "attribute",
        "tiny",
        "--set",
        SHORT,
        "--layer",
        "cards",
        "--layer",
        "sites",
        "--workers",
        "1",
        "--out",
        "at",
    ]
    code, out, _ = tocsin(*given)
    assert code == 0
    assert out.startswith("Victims prevented:\n")
    assert "\nat: 4 runs\n" in out
    code, out, _ = tocsin(*given, "--json")
    document = json.loads(out)
    assert document["folder"] == "at"
    frame = sim.attribute(tiny, ["sites", "cards"], folder=tmp_path / "at").layers
    assert [row["shapley"] for row in document["layers"]] == list(frame["shapley"])
    assert len(document["overlaps"]) == len(attribute.PREVENTED) + len(attribute.CAUSED)


def test_names_of_layers(tiny: sim.Scenario):
    assert attribute.layers_of(tiny, ["warning", "dens"]) == ("dens", *attribute.WARNING)
    assert attribute.layers_of(sim.load_scenario("no-warning")) == tuple(
        one for one in attribute.LAYERS if one not in attribute.WARNING
    )
    with pytest.raises(attribute.LayerError):
        attribute.layers_of(tiny, ["law"])


GANGS = {
    "pools": None,
    **{"start": 1.0, "recruiting": "6 per year", "reopens_with": 0.5, "crew_share": 0.3, "slower": 2.0},
    "answer": {"shift": 1.5, "supply": 0.5, "lag": "1 d", "usual": {"call": 0.05, "sms": 0.02, "online": 0.1}},
}
TWO = ("interception", "sites")


@pytest.fixture(scope="module")
def answering(tiny: sim.Scenario) -> sim.Scenario:
    return changed(tiny, {**TINY, "gangs": GANGS})


@pytest.fixture(scope="module")
def both(answering: sim.Scenario, tmp_path_factory: pytest.TempPathFactory) -> attribute.Attribution:
    return sim.attribute(answering, TWO, folder=tmp_path_factory.mktemp("both") / "made", workers=1)


@pytest.mark.slow
def test_where_gangs_answer_both_worths_are_told(answering: sim.Scenario, both: attribute.Attribution, tmp_path: Path):
    still = changed(answering, {"gangs.answer.shift": 0.0, "gangs.answer.supply": 0.0})
    alone = {stance: tmp_path / stance for stance in attribute.STANCES}
    found = {
        "still": sim.attribute(answering, TWO, folder=alone["still"], gangs="still", workers=1),
        "answering": sim.attribute(answering, TWO, folder=alone["answering"], gangs="answering", workers=1),
    }
    for name in ("layers", "overlaps", "coalitions", "costs"):
        table = getattr(both, name)
        assert table.columns[0] == "gangs"
        assert list(dict.fromkeys(table["gangs"])) == list(attribute.STANCES)
        for stance, own in table.groupby("gangs"):
            pd.testing.assert_frame_equal(own.reset_index(drop=True), getattr(found[str(stance)], name))
    runs = {
        stance: {
            off: sim.run(attribute.without(one, off), tmp_path / f"{stance}-{len(off)}", workers=1) for off in ((), TWO)
        }
        for stance, one in (("still", still), ("answering", answering))
    }
    rows = both.layers.query("quantity == 'victims' and layer == 'all'").set_index("gangs")["shapley"]
    for stance, pair in runs.items():
        assert rows[stance] == float(pair[TWO].totals["victims"]) - float(pair[()].totals["victims"])
    assert rows["still"] != rows["answering"]
    attempts = {stance: pair[()].totals["attempts_potential"] for stance, pair in runs.items()}
    assert attempts["still"] != attempts["answering"]
    state = runs["still"][TWO].state
    assert set(state[state["quantity"] == "effort_sms"]["value"]) == {1.0}


def test_gangs_that_do_not_answer_are_as_before(
    tiny: sim.Scenario, answering: sim.Scenario, whole: attribute.Attribution
):
    assert "gangs" not in whole.layers.columns
    assert "gangs" not in json.loads((whole.folder / "attribution.json").read_text())
    off = changed(answering, {"feedback": False})
    assert attribute.stances_of(tiny, None) == attribute.stances_of(off, None) == ()
    assert attribute.stances_of(answering, None) == attribute.stances_of(answering, "both") == attribute.STANCES
    assert attribute.stances_of(answering, "answering") == ("answering",)
    with pytest.raises(
        attribute.LayerError,
        match=r"^tiny has no gangs\.answer, so its gangs do not respond; leave out the stance of gangs$",
    ):
        attribute.stances_of(tiny, "still")
    with pytest.raises(attribute.LayerError, match=r"^tiny has feedback off, so"):
        attribute.stances_of(off, "both")
    with pytest.raises(attribute.LayerError, match=r"^stil is not a stance of gangs; did you mean 'still'\?"):
        attribute.stances_of(answering, "stil")


@pytest.mark.slow
def test_over_draws_the_interval_holds_nine_tenths_of_their_values(tiny: sim.Scenario, tmp_path: Path):
    levels = [f"{number} per day" for number in (700, 1400, 2800)]
    draws = [changed(tiny, {"fraud.volumes.call.level": level}) for level in levels]
    chosen = ("interception", "warning.red")
    done = sim.attribute(tiny, chosen, folder=tmp_path / "drawn", draws=draws, workers=1)
    assert len(done.coalitions) == 4, "runs of draws are no coalitions of the scenario's own"
    own = [
        sim.attribute(one, chosen, folder=tmp_path / f"{number}", workers=1).layers for number, one in enumerate(draws)
    ]
    keys = ["quantity", "layer"]
    every = pd.concat(own).groupby(keys)["shapley"]
    found = done.layers.set_index(keys)
    for end, share in (("posterior_low", 0.05), ("posterior_high", 0.95)):
        expected = every.quantile(share).reindex(found.index)
        assert found[end].to_numpy(float) == pytest.approx(expected.to_numpy(float))
    plain = sim.attribute(tiny, chosen, folder=tmp_path / "plain", workers=1).layers
    assert plain[["posterior_low", "posterior_high"]].isna().all(axis=None)
    pd.testing.assert_frame_equal(
        plain.drop(columns=["posterior_low", "posterior_high"]),
        done.layers.drop(columns=["posterior_low", "posterior_high"]),
    )
    assert attribute.runs_of(tiny, chosen, None, 1, draws=3) == 4 * 4
    with pytest.raises(FolderError):
        sim.attribute(tiny, chosen, folder=tmp_path / "drawn", draws=draws[:2], workers=1)
