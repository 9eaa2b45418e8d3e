"""Pooling: provinces become one, what is said of them goes along, and pooling again changes nothing."""

from pathlib import Path
from typing import Any

import pytest

from sim.country.provinces import Provinces, staff_of
from sim.scenario import Scenario, ScenarioError, changed, load_scenario
from sim.scenario.levers import levers, run_as, show_lines
from sim.scenario.resolved import plain
from sim.scenario.schema.population import Apart
from sim.scenario.schema.rules import OTHERS

CODES = (11, 12, 44, 45, 65)
HEADER = "code,name,region,population,share_0_14,share_15_59,share_60_plus,share_65_plus,share_urban,men_per_100_women"
ROWS = (
    (11, "Beijing", "north", 6000, 10.0, 70.0, 20.0, 13.3, 90.0, 104.0),
    (12, "Tianjin", "north", 3000, 13.0, 67.0, 20.0, 14.5, 84.0, 107.0),
    (44, "Guangdong", "south", 12000, 19.0, 69.0, 12.0, 8.6, 74.0, 113.0),
    (45, "Guangxi", "south", 5000, 23.0, 60.0, 17.0, 12.2, 54.0, 107.0),
    (65, "Xinjiang", "northwest", 3001, 22.1, 66.3, 11.6, 7.7, 56.5, 106.8),
)
BY_PROVINCE = """\
fraud:
  province_weights: {12: 4, 44: 0.5}
  surges:
    north: {window: [2022-01-24, null], factor: 2, provinces: [12, 11]}
desks:
  province_weights: {value: {11: 3, 65: 0}, origin: assumed, basis: officers go by rank}
  call: {staff: 30, by_province: {44: {value: 7, origin: assumed, range: [2, 9], basis: a guess}}}
  visit: {staff: 20, by_province: {65: {value: 2.5, origin: evidence, basis: counted}}}
measures:
  holds: {kind: bank_hold, window: [2022-01-24, null], intensity: 0.1, provinces: [44, 45, 65]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rows = [",".join(map(str, row)) for row in ROWS]
    (tmp_path / "five.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(folder: Path, text: str = BY_PROVINCE, overrides: dict[str, str] | None = None, **arguments: Any) -> Scenario:
    text = f"schema: 1\nname: five\ntitle: five\nextends: tiny\npopulation: {{provinces: five.csv}}\n{text}"
    (folder / "five.yaml").write_text(text, encoding="utf-8")
    return load_scenario("five.yaml", overrides, **arguments)


def pooled(folder: Path, pool: str, text: str = BY_PROVINCE) -> Scenario:
    return load(folder, text, {"population.pool": pool})


def shared_out(scenario: Scenario) -> dict[str, dict[int, float]]:
    """Return what each province (or pool) gets of attempts and of the staff of both desks."""
    provinces = Provinces.of(scenario.spec)
    call, visit = staff_of(scenario.spec, provinces)
    columns = {"attempts": provinces.attempts, "call": call, "visit": visit}
    return {name: dict(zip(provinces.codes, column, strict=True)) for name, column in columns.items()}


# what becomes of provinces


def test_people_add_up_and_shares_are_means_by_people(folder: Path) -> None:
    rows = pooled(folder, "regions").spec.population.provinces
    assert [(row.code, row.name, row.region, row.population) for row in rows] == [
        (11, "north", "north", 9000),
        (44, "south", "south", 17000),
        (65, "Xinjiang", "northwest", 3001),
    ]
    north = rows[0]
    assert north.share_0_14 == pytest.approx((6 * 10.0 + 3 * 13.0) / 9)
    assert north.share_urban == pytest.approx((6 * 90.0 + 3 * 84.0) / 9)
    assert north.men_per_100_women == pytest.approx((6 * 104.0 + 3 * 107.0) / 9)
    assert north.share_60_plus == 20.0  # what is alike stays to the last bit
    assert rows[2] == load(folder).spec.population.provinces[4]


def test_a_country_is_one(folder: Path) -> None:
    text = BY_PROVINCE.replace("[12, 11]", "[11, 12, 44, 45, 65]").replace("[44, 45, 65]", "[65, 45, 44, 12, 11]")
    spec = pooled(folder, "country", text).spec
    (row,) = spec.population.provinces
    assert (row.code, row.name, row.region, row.population) == (11, "country", "country", 29001)
    assert spec.fraud.surges["north"].provinces == [11]
    assert spec.measures["holds"].provinces == [11]  # type: ignore[union-attr]


@pytest.mark.parametrize("pool", ["regions", "country"])
def test_what_a_pool_gets_is_what_its_provinces_get(folder: Path, pool: str) -> None:
    text = BY_PROVINCE if pool == "regions" else BY_PROVINCE.replace("[12, 11]", "null").replace("[44, 45, 65]", "null")
    alone, together = shared_out(load(folder, text)), shared_out(pooled(folder, pool, text))
    members = {11: (11, 12), 44: (44, 45), 65: (65,)} if pool == "regions" else {11: CODES}
    for name, column in together.items():
        assert list(column) == list(members)
        for code, amount in column.items():
            assert amount == pytest.approx(sum(alone[name][one] for one in members[code]), rel=1e-12), (name, code)


def test_own_staff_and_shares_of_the_others_add_up(folder: Path) -> None:
    desks = pooled(folder, "regions").spec.desks
    # Of 30 at the phone by people and weights, 45 has 5000 of 6000 x 3 + 3000 + 12000 + 5000; 44 has its own 7.
    assert desks.call.by_province == {"44": pytest.approx(7 + 30 * 5000 / 38000)}
    assert desks.visit.by_province == {"65": 2.5}
    assert desks.province_weights == {"11": pytest.approx((6 * 3 + 3 * 1) / 9), "65": 0.0}


def test_measures_and_surges_of_whole_pools_are_theirs(folder: Path) -> None:
    spec = pooled(folder, "regions").spec
    assert spec.fraud.surges["north"].provinces == [11]
    assert spec.measures["holds"].provinces == [44, 65]  # type: ignore[union-attr]


def test_people_in_no_province_have_no_weight(folder: Path) -> None:
    empty = [(*row[:3], 0 if row[2] == "north" else row[3], *row[4:]) for row in ROWS]
    text = "\n".join([HEADER, *(",".join(map(str, row)) for row in empty)])
    (folder / "five.csv").write_text(text + "\n", encoding="utf-8")
    spec = pooled(folder, "regions").spec
    assert spec.population.provinces[0].population == 0
    assert spec.population.provinces[0].share_0_14 == 11.5
    assert spec.desks.province_weights["11"] == 2.0


# a province apart

GROWN = "desks: {visit: {by_province: {44: {staff: 9, growth: {steps: [{from: 2022-01-01, factor: 2}]}}}}}\n"
HOLDS = """\
measures:
  holds: {kind: bank_hold, window: [2022-01-24, null], intensity: 0.1, provinces: [Guangdong]}
"""


def test_a_province_apart_stays_as_it_is_and_all_others_are_one(folder: Path) -> None:
    alone = load(folder, GROWN + HOLDS).spec
    spec = pooled(folder, "{apart: [Guangdong]}", GROWN + HOLDS).spec
    others, guangdong = spec.population.provinces
    assert (others.code, others.name, others.region, others.population) == (11, OTHERS, OTHERS, 17001)
    assert others.share_urban == pytest.approx((6 * 90 + 3 * 84 + 5 * 54 + 3.001 * 56.5) / 17.001)
    assert guangdong == alone.population.provinces[2]
    assert spec.desks.visit.by_province == alone.desks.visit.by_province
    assert spec.measures == alone.measures


def test_a_province_apart_gets_what_it_gets_and_the_pool_what_its_provinces_get(folder: Path) -> None:
    text = BY_PROVINCE.replace("[12, 11]", "null").replace("[44, 45, 65]", "[44]")
    alone, together = shared_out(load(folder, text)), shared_out(pooled(folder, "{apart: [44]}", text))
    for name, column in together.items():
        rest = sum(amount for code, amount in alone[name].items() if code != 44)
        assert column == {11: pytest.approx(rest, rel=1e-12), 44: pytest.approx(alone[name][44], rel=1e-12)}, name


@pytest.mark.parametrize("written", ["[Guangdong, Beijing]", "[11, 44]", "[44, beijing, 11]"])
def test_however_provinces_apart_are_named_it_is_one_scenario(folder: Path, written: str) -> None:
    scenario = pooled(folder, f"{{apart: {written}}}", "")
    assert scenario.spec.population.names == {11: "Beijing", 12: OTHERS, 44: "Guangdong"}
    assert scenario.resolved["population"]["pool"] == {"apart": [11, 44]}
    by_change = changed(load(folder, ""), {"population.pool": {"apart": ["Guangdong", 11]}})
    assert by_change.sha256 == scenario.sha256 == pooled(folder, "{apart: [11, 44]}", "").sha256


def test_provinces_apart_can_be_pooled_further_and_not_parted(folder: Path) -> None:
    scenario = pooled(folder, "{apart: [11, 44]}", "")
    assert changed(scenario, {"population.pool": {"apart": ["Guangdong"]}}).spec.population.names == {
        11: OTHERS,
        44: "Guangdong",
    }
    assert len(changed(scenario, {"population.pool": "country"}).spec.population.provinces) == 1
    (folder / "stored.yaml").write_text(scenario.yaml(), encoding="utf-8")
    for pool in ("none", "regions", "{apart: [12]}", "{apart: [11, 12, 44]}"):
        with pytest.raises(ScenarioError):
            load_scenario("stored.yaml", {"population.pool": pool})
    with pytest.raises(
        ScenarioError,
        match=r"'{apart: \[12\]}' cannot split pools into provinces again: .*; use {apart: \[11, 44\]}, country,",
    ):
        load_scenario("stored.yaml", {"population.pool": "{apart: [other provinces]}"})
    with pytest.raises(
        ScenarioError, match=r"'none' cannot split pools into provinces again: .*; use {apart: \[11, 44\]}, country,"
    ):
        changed(load_scenario("stored.yaml"), {"population.pool": "none"})


@pytest.mark.parametrize(
    ("apart", "line"),
    [
        ("[]", "--set: population.pool.apart: has 0 entries; must have at least 1"),
        ("[44, Guandong]", "--set: population.pool.apart.1: 'Guandong' is not a province; did you mean 'Guangdong'"),
        ("[44, 99]", "--set: population.pool.apart.1: 99 is not a province; use a name or code of"),
        ("44", "--set: population.pool.apart: 44 is not a list; must be a list"),
        (
            "[11, 12, 44, 45, 65]",
            "--set: population.pool.apart: leaves no province for a pool; name fewer provinces, or use",
        ),
        (
            "[11, 12, 44, 45]",
            "--set: population.pool.apart: leaves only Xinjiang, and a pool needs two provinces; name fewer",
        ),
    ],
)
def test_what_cannot_be_apart_is_refused_in_one_line(folder: Path, apart: str, line: str) -> None:
    with pytest.raises(ScenarioError) as error:
        pooled(folder, f"{{apart: {apart}}}", "")
    (only,) = error.value.lines
    assert only.startswith(line)


def test_what_is_said_of_provinces_is_offered_apart_all_at_once(folder: Path) -> None:
    text = GROWN + HOLDS.replace("[Guangdong]", "[Guangdong, Beijing]")
    text += "  all_but: {kind: bank_hold, window: [2022-01-24, null], intensity: 0.1, provinces: [11, 44, 45, 12]}\n"
    offer = "--pool country --apart Beijing --apart Guangdong --apart Xinjiang, or population.pool: none"
    for pool in ("country", "{apart: [44]}"):
        with pytest.raises(ScenarioError) as error:
            pooled(folder, pool, text)
        assert len(error.value.lines) == (3 if pool == "country" else 2)
        assert all(line.endswith(offer) for line in error.value.lines), error.value.lines
    kind = load(folder, text).spec.coarsest()
    assert kind == Apart(apart=[11, 44, 65])
    assert len(pooled(folder, str(kind), text).spec.population.provinces) == 4
    assert load(folder, "").spec.coarsest() == "country"
    assert pooled(folder, str(kind), text).spec.coarsest() is None


# what is stored


@pytest.mark.parametrize("pool", ["none", "regions", "{apart: [11, 12]}"])
def test_a_stored_scenario_is_the_same_again(folder: Path, pool: str) -> None:
    scenario = pooled(folder, pool)
    (folder / "stored.yaml").write_text(scenario.yaml(), encoding="utf-8")
    again = load_scenario("stored.yaml")
    assert again == scenario
    assert again.sha256 == scenario.sha256
    assert load_scenario("stored.yaml", {"population.pool": pool}) == scenario


def test_shares_that_no_mean_can_be_rounded_back_to_are_kept(folder: Path) -> None:
    # 0.1 x 3 / 3 is not 0.1 in binary fractions: a pool of one is not computed anew.
    scenario = pooled(folder, "country", "")
    for _ in range(3):
        (folder / "stored.yaml").write_text(scenario.yaml(), encoding="utf-8")
        again = load_scenario("stored.yaml")
        assert again.sha256 == scenario.sha256
        scenario = again


def test_a_pool_is_the_same_however_it_is_asked_for(folder: Path) -> None:
    written = pooled(folder, "regions")
    by_argument = load(folder, **{"population.pool": "regions"})
    by_change = changed(load(folder), {"population.pool": "regions"})
    assert by_argument.sha256 == written.sha256 == by_change.sha256
    assert by_argument.resolved == written.resolved == by_change.resolved
    assert load(folder).sha256 != written.sha256


def test_regions_make_a_country_as_provinces_do(folder: Path) -> None:
    text = "fraud: {province_weights: {12: 4, 44: 0.5}}\n"
    regions = pooled(folder, "regions", text)
    one, other = changed(regions, {"population.pool": "country"}), pooled(folder, "country", text)
    (row,), (same,) = one.spec.population.provinces, other.spec.population.provinces
    assert (row.name, row.population) == (same.name, same.population)
    assert row.share_urban == pytest.approx(same.share_urban)
    assert one.spec.fraud.province_weights["11"] == pytest.approx(other.spec.fraud.province_weights["11"])


def test_what_is_known_of_a_province_is_not_said_of_its_pool(folder: Path) -> None:
    scenario = pooled(folder, "regions")
    desks = scenario.resolved["desks"]
    assert desks["call"]["by_province"]["44"] == scenario.spec.desks.call.by_province["44"]  # no range, no origin
    assert desks["visit"]["by_province"]["65"] == {"value": 2.5, "origin": "evidence", "basis": "counted"}
    assert desks["province_weights"]["origin"] == "assumed"
    assert plain(desks["province_weights"]) == scenario.spec.desks.province_weights


def test_show_tells_where_a_pool_is_from(folder: Path) -> None:
    lines = {key: (value, where) for key, value, where, _ in show_lines(pooled(folder, "regions"))}
    assert lines["population.provinces"] == ("3 rows", "five.csv")
    assert lines["population.pool"] == ("regions", "--set")
    assert lines["desks.call.by_province.44"][1] == "five.yaml:12"
    assert lines["fraud.province_weights.11"][1] == "five.yaml:7"


# what cannot be


@pytest.mark.parametrize(
    ("pool", "line"),
    [
        (
            "regions",
            "five.yaml:16:82: measures.part.provinces: names 1 of the 2 provinces of the pool 'south'; "
            "name all of them (44, 45) or none, or use --pool country --apart Guangdong, or population.pool: none",
        ),
        (
            "country",
            "five.yaml:16:82: measures.part.provinces: names 2 of the 5 provinces of the pool 'country'; "
            "name all of them (11, 12, 44, 45, 65) or none, or use --pool country --apart Guangdong --apart Xinjiang, "
            "or population.pool: none",
        ),
    ],
)
def test_a_part_of_a_pool_is_refused_in_its_place(folder: Path, pool: str, line: str) -> None:
    text = BY_PROVINCE.replace("[12, 11]", "null").replace("[44, 45, 65]", "null") if pool == "country" else BY_PROVINCE
    text += "  part: {kind: bank_hold, window: [2022-01-24, null], intensity: 0.1, provinces: [44, 65]}\n"
    with pytest.raises(ScenarioError) as error:
        pooled(folder, pool, text)
    assert error.value.lines == [line]


def test_all_parts_of_pools_are_told_at_once(folder: Path) -> None:
    text = BY_PROVINCE.replace("[12, 11]", "[11]").replace("[44, 45, 65]", "[45, 11]")
    with pytest.raises(ScenarioError) as error:
        pooled(folder, "regions", text)
    assert [mistake.key for mistake in error.value.mistakes] == [
        "fraud.surges.north.provinces",
        "measures.holds.provinces",
    ]


def test_a_pool_that_cannot_be_numbered_is_refused(folder: Path) -> None:
    rows = [",".join(map(str, (*row[:3], 1_500_000_000, *row[4:]))) for row in ROWS]
    (folder / "five.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"^--set: population.pool: puts 3,000,000,000 people into the pool 'n"):
        pooled(folder, "regions", "scale: 1.0e-6\n")


def test_staff_that_is_too_much_together_is_refused(folder: Path) -> None:
    text = "desks: {visit: {by_province: {44: 80000000, 45: 70000000}}}\n"
    with pytest.raises(
        ScenarioError, match=r"desks.visit.by_province: adds up to 1.5e\+08 in the pool 'south'; must be at most"
    ):
        pooled(folder, "regions", text)


def test_attempts_that_are_too_many_together_are_told_as_such() -> None:
    with pytest.raises(ScenarioError, match="can number no more; use a smaller scale, or population"):
        load_scenario("china-2022", {"population.pool": "country"})


def test_a_pool_has_no_provinces_to_give_back(folder: Path) -> None:
    scenario = pooled(folder, "regions", "")
    (folder / "stored.yaml").write_text(scenario.yaml(), encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        load_scenario("stored.yaml", {"population.pool": "none"})
    assert error.value.lines == [
        "--set: population.pool: 'none' cannot split pools into provinces again: stored.yaml has only pools; "
        "use regions, country, or the original scenario"
    ]
    assert len(load_scenario("stored.yaml", {"population.pool": "country"}).spec.population.provinces) == 1
    with pytest.raises(ScenarioError, match=r"cannot split pools into provinces again: stored\.yaml has only pools"):
        changed(load_scenario("stored.yaml"), {"population.pool": "none"})

    # A file that names its table has it still.
    text = "population: {provinces: five.csv, pool: country}\n"
    (folder / "own.yaml").write_text(f"schema: 1\nname: own\ntitle: own\nextends: tiny\n{text}", encoding="utf-8")
    assert len(load_scenario("own.yaml", {"population.pool": "none"}).spec.population.provinces) == 5
    assert len(load_scenario("own.yaml").spec.population.provinces) == 1


def test_a_pooled_scenario_gives_its_provinces_back(folder: Path) -> None:
    scenario = pooled(folder, "regions")
    assert changed(scenario, {"population.pool": "none"}).sha256 == load(folder).sha256


def test_what_is_apart_is_told_by_name(folder: Path) -> None:
    alone = load(folder, "")
    one, other = (pooled(folder, pool, "") for pool in ("{apart: [44]}", "{apart: [11, 44]}"))
    assert [lever.told for lever in run_as(alone, one)] == ["population: pool: none -> apart Guangdong"]
    assert [lever.told for lever in run_as(one, other)] == ["population: pool, apart: Guangdong -> Beijing, Guangdong"]
    assert levers(alone, one) == levers(one, other) == []
