"""The bundled scenarios: every number has an origin, every reported figure its place, every variant its question."""

import dataclasses
from datetime import date

import pytest

from sim.experiments.parameters import full_forms, ranged_parameters
from sim.scenario import Scenario, load_scenario
from sim.scenario.load import changed
from sim.scenario.reading import bundled_scenarios
from tests.scenario.bundled import NAMES, bundled, resting_on

SECTIONS = (
    "population",
    "fraud",
    "dens",
    "cards",
    "interception",
    "sites",
    "engagement",
    "warning",
    "desks",
    "aftermath",
    "measures",
)
STRUCTURE = {
    "kind",
    "window",
    "region",
    "target",
    "detector",
    "channel",
    "channels",
    "types",
    "provinces",
    "pool",
    "reference",
    "province_weights",
    "by_province",
    "ramp",
    "until",
    "fixed_dead_share",
}
"""Last parts of keys that say what a parameter is about, or that nothing of the kind is given; they measure nothing."""

NO_GROWTH = {"desks.call.growth", "desks.visit.growth"}
"""Keys that say that a staff does not grow: other growth is a number."""

NO_LINES = {"measures.laundering-campaigns.replacement_factor", "measures.laundering-campaigns-2021.replacement_factor"}
"""Keys of campaigns that are against laundering alone, and leave the replacement of cards as it is."""

FITTED = {
    ("alerts_central", "2022-01-01", "2022-11-30"),
    ("alerts_local", "2022-01-01", "2022-11-30"),
    ("calls_intercepted", "2022-01-01", "2022-11-30"),
    ("sms_intercepted", "2022-01-01", "2022-11-30"),
    ("cards_eliminated", "2021-01-01", "2022-11-30"),
    ("sms_intercepted", "2021-01-01", "2021-06-17"),
    ("calls_intercepted", "2021-01-01", "2021-06-17"),
    ("cases_solved", "2022-01-01", "2022-11-30"),
    ("suspects_arrested_change", "2022-01-01", "2022-11-30"),
    ("cases_solved_change", "2022-01-01", "2022-11-30"),
    ("cases_filed_change", "2022-01-01", "2022-11-30"),
    ("losses_change", "2022-01-01", "2022-11-30"),
    ("ringleaders_arrested", "2022-01-01", "2022-11-30"),
    ("dens_campaign", "2022-01-01", "2022-11-30"),
    ("dens_destroyed", "2021-01-01", "2021-05-31"),
    ("returned", "2021-04-15", "2022-04-14"),
    ("returned", "2021-04-01", "2022-07-31"),
    ("cases_filed", "2021-04-01", "2021-04-30"),
    ("cases_filed", "2021-05-01", "2021-05-31"),
    ("cases_solved", "2021-01-01", "2021-05-31"),
    ("suspects_arrested", "2021-01-01", "2021-05-31"),
    ("calls_intercepted", "2021-01-01", "2021-11-30"),
    ("sms_intercepted", "2021-01-01", "2021-11-30"),
    ("cases_solved", "2021-01-01", "2021-11-30"),
    ("suspects_arrested", "2021-01-01", "2021-11-30"),
    ("alerts_central", "2021-01-01", "2021-06-17"),
    ("alerts_central", "2021-04-15", "2022-01-31"),
    ("alerts_local", "2021-04-15", "2022-01-31"),
    ("alerts_central", "2022-06-25", "2022-09-30"),
    ("alerts_central", "2021-04-01", "2022-07-31"),
    ("cases_solved", "2021-01-01", "2021-12-31"),
    ("suspects_arrested", "2021-01-01", "2021-12-31"),
    ("funds_returned_money", "2021-01-01", "2021-12-31"),
}
INPUT = {"cluster_campaigns", "videos_published", "video_views", "awareness_activities", "law_in_force"}


@pytest.fixture(scope="module")
def flagship() -> Scenario:
    return load_scenario("china-2022")


def test_every_parameter_of_the_flagship_says_where_it_comes_from(flagship: Scenario) -> None:
    without = [
        key
        for key, source in flagship.sources.items()
        if key.split(".")[0] in SECTIONS and source.origin is None and not STRUCTURE & set(key.split("."))
    ]
    assert set(without) <= NO_GROWTH | NO_LINES
    assert {s.origin for s in flagship.sources.values()} >= {"reported", "evidence", "assumed", "calibrated"}


def test_what_is_assumed_or_taken_from_evidence_has_a_basis(flagship: Scenario) -> None:
    silent = [key for key, source in flagship.sources.items() if source.origin and not source.basis]
    assert silent == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_assumed_or_taken_from_evidence_has_a_range_or_says_why_it_has_none(name: str) -> None:
    scenario = bundled(name)
    ranged = {one.key for one in ranged_parameters(scenario)}
    checked = 0
    for key, full in full_forms(scenario.levers):
        if full.get("origin") in ("assumed", "evidence"):
            inside = any(one.startswith(f"{key}.") for one in ranged)
            assert (key in ranged) + inside + ("fixed" in full) == 1, key
            checked += 1
    assert checked > 100


@pytest.mark.slow
@pytest.mark.parametrize("name", ["china-2022", "visited-again"])
def test_both_ends_of_a_range_inside_a_map_are_valid(name: str) -> None:
    scenario = bundled(name)
    forms = dict(full_forms(scenario.levers))
    inner = [
        one
        for one in ranged_parameters(scenario)
        if any(one.key.startswith(f"{key}.") for key in forms) or one.key.startswith("fraud.episode.")
    ]
    assert len(inner) > 70
    for one in inner:
        assert one.low < one.start < one.high, one.key
        for end in one.ends:
            changed(scenario, {one.key: end})


def test_what_may_be_left_out_is_empty_where_no_origin_is_given(flagship: Scenario) -> None:
    optional = {"provinces", "province_weights", "by_province", "ramp", "floor", "fixed_dead_share"}
    unsaid = {
        key: source
        for key, source in flagship.sources.items()
        if source.origin is None and optional & set(key.split(".")) and key.split(".")[0] in SECTIONS
    }
    assert {key.split(".")[-1] for key in unsaid} == optional
    assert {key for key, source in unsaid.items() if source.layer != "default"} == set()


def test_every_reported_output_is_fitted_and_every_measure_an_input(flagship: Scenario) -> None:
    figures = flagship.spec.figures
    fitted = {(f.name, str(f.window[0]), str(f.window[1])) for f in figures if f.role == "fitted"}
    assert fitted == FITTED
    assert {f.name for f in figures if f.role == "input"} == INPUT
    assert all(
        f.base == (date(2021, 1, 1), date(2021, 11, 30))
        for f in figures
        if f.name.endswith("_change") and f.role == "fitted"
    )
    assert all(f.source for f in figures)


def test_what_is_known_of_the_inside_lies_in_the_period(flagship: Scenario) -> None:
    period = flagship.spec.period
    rows = [row for row in flagship.spec.evidence if not row.claimed]
    names = [row.name for row in rows]
    assert len(set(names)) == len(names)
    for row in rows:
        start, end = row.window or (period.start, period.end)
        assert period.start <= start < (end or period.end) <= period.end, row.name
    ages = {name.partition(".")[2]: row.value for name, row in zip(names, rows, strict=True) if "victims." in name}
    assert list(ages) == flagship.spec.population.band_names()
    assert sum(value or 0 for value in ages.values()) == pytest.approx(1)
    types = {name.partition(".")[2] for name in names if name.startswith("share_of_cases.")}
    assert types == set(flagship.spec.fraud.types) - {"gaming", "other"}
    reports = [row.value or 0 for row in rows if row.name.startswith("reports_")]
    assert sum(reports) == pytest.approx(1)


@pytest.mark.parametrize("name", [name for name, _ in bundled_scenarios()])
def test_every_bundled_scenario_asks_a_question_of_its_own(name: str, flagship: Scenario) -> None:
    whole = load_scenario(name)
    assert whole.spec.title.endswith("?")
    if name != "china-2022":
        assert whole.sha256 != flagship.sha256


@pytest.mark.slow
def test_the_variants_change_one_part_of_the_flagship(flagship: Scenario) -> None:
    changed = {
        "no-warning": {"measures"},
        "no-local": {"measures"},
        "double-visits": {"desks"},
        "more-officers": {"desks"},
        "last-issued": {"desks"},
        "phone-first": {"warning"},
        "phone-and-visit": {"warning"},
        "phone-the-old": {"warning"},
        "visit-only": {"warning", "desks"},
        "visited-again": {"warning", "desks"},
        "red-by-evidence": {"warning"},
        "looser": {"warning"},
        "tighter": {"warning"},
        "weak-filters": {"interception"},
        "calls-from-abroad": {"measures"},
        "frozen-within-an-hour": {"measures"},
        "officers-guangdong": {"desks"},
        "officers-and-waits": {"desks", "measures"},
        "activities-over-60s": {"measures"},
        "calls-labelled": {"measures"},
        "sms-filters": {"measures"},
        "first-transfers-guangdong": {"measures"},
        "transfers-over-60s": {"measures"},
        "bank-holds": {"measures"},
        "reports-faster": {"aftermath"},
        "half-the-calls": {"fraud"},
        "faster-laundering": {"accounts"},
        "law-2022": {"measures"},
        "outage": {"measures"},
        "first-transfers": {"measures"},
        "no-campaigns": {"measures"},
        "night-closed": {"desks"},
        "china-2022-full": {"measures", "period"},
        "china-2023": {"figures", "fraud", "measures", "period"},
        "china-2025": {"figures", "fraud", "measures", "period"},
        "china-2025-returns": {"figures", "fraud", "measures", "period"},
    }
    assert changed.keys() == resting_on("china-2022") - {"tiny"}
    for name, sections in changed.items():
        resolved = bundled(name).resolved
        differing = {key for key in resolved if resolved[key] != flagship.resolved.get(key)} - {"name", "title"}
        # The same policy over more days is none of its own.
        of = {"china-2022-full": None, "china-2023": None, "china-2025": None, "china-2025-returns": "china-2025"}
        assert resolved["policy_of"] == of.get(name, "china-2022")
        assert differing - {"policy_of"} == sections, name


@pytest.mark.parametrize(
    ("name", "start", "days", "years", "figures"),
    [
        ("china-2023", date(2022, 12, 1), 396, (2023,), {2022, 2023}),
        ("china-2025", date(2024, 1, 1), 731, (2024, 2025), {2023, 2024, 2025}),
    ],
)
def test_what_goes_on_goes_on_at_the_daily_pace_of_2022(
    name: str, start: date, days: int, years: tuple[int, ...], figures: set[int]
) -> None:
    spec = load_scenario(name)
    measures, surges = spec.spec.measures, spec.spec.fraud.surges
    ended = {name for name, one in measures.items() if one.window[1] == date(2022, 11, 30)}
    assert ended == {"cluster-campaigns", "laundering-campaigns", "videos-2022", "activities-2022"}
    for one in ended:
        name = f"{one.removesuffix('-2022')}-{years[-1]}"
        before, after = measures[one], measures[name]
        assert after.window == (start, spec.spec.period.end) == (start, date(years[-1], 12, 31))
        counts = ("count", "views") if before.kind == "videos" else ("count",)
        for key in counts:
            per_day = getattr(before, key) / 334
            assert getattr(after, key) == pytest.approx(days * per_day, abs=0.5)
            low, high = spec.sources[f"measures.{name}.{key}"].range
            assert (2 * low, high / 2) == pytest.approx((getattr(after, key),) * 2, abs=1)
        same = before.model_dump(exclude={"window", *counts})
        assert after.model_dump(exclude={"window", *counts}) == same
    for sale in ("june-sales", "november-sales"):
        for year in years:
            last, own = surges[f"{sale}-2022"], surges[f"{sale}-{year}"]
            assert own.model_dump(exclude={"window"}) == last.model_dump(exclude={"window"})
            assert own.window == tuple(day.replace(year=year) for day in last.window)
    assert all(row.role == "predicted" for row in spec.spec.figures)
    assert all(row.value is None or row.window[0].year == 2022 for row in spec.spec.figures)
    assert {row.window[0].year for row in spec.spec.figures} == figures


@pytest.mark.parametrize(("name", "times"), [("more-officers", 1.5), ("double-visits", 2.0)])
def test_officers_are_so_many_times_the_flagships(name: str, times: float, flagship: Scenario) -> None:
    staff = flagship.spec.desks.visit.staff
    desk = load_scenario(name).spec.desks.visit
    assert desk == flagship.spec.desks.visit.model_copy(update={"staff": times * staff})


@pytest.mark.parametrize(("name", "by"), [("looser", -0.15), ("tighter", 0.15)])
def test_thresholds_are_the_flagships_less_or_plus_as_much(name: str, by: float, flagship: Scenario) -> None:
    detectors, moved = flagship.spec.warning.detectors, load_scenario(name).spec.warning.detectors
    for own, other in ((detectors.central, moved.central), (detectors.local, moved.local)):
        assert other.thresholds.model_dump() == pytest.approx(
            {tier: value + by for tier, value in own.thresholds.model_dump().items()}
        )


def test_dispatch_variants_differ_from_the_flagship_in_the_rule_of_their_name(flagship: Scenario) -> None:
    own, names = flagship.spec, ("phone-first", "phone-and-visit", "visit-only", "last-issued")
    phone, both, visit, last = (bundled(name).spec for name in names)
    assert own.warning.tiers.red.first == both.warning.tiers.red.first == ["call", "visit"]
    assert not own.warning.tiers.red.also_if_reached
    assert both.warning.tiers.red.also_if_reached
    assert phone.warning.tiers.red.first == ["call"]
    assert phone.warning.tiers.red.visits_unanswered()
    assert visit.warning.tiers.red.first == ["visit"]
    assert {last.desks.call.discipline, last.desks.visit.discipline} == {"last_issued"}
    assert visit.desks.call.growth is visit.desks.visit.growth is None
    assert visit.desks.province_weights == {}


def test_signs_lift_to_red_which_asks_for_them(flagship: Scenario) -> None:
    own, signs = load_scenario("red-by-evidence").spec.warning, load_scenario("red-by-evidence").spec.warning.signs
    assert signs is not None
    assert own.tiers.red.sign == [name for name, sign in signs.items() if sign.lifts == 1]
    assert signs["long_call_abroad"].lifts == 0
    assert {name for sign in signs.values() for name in sign.types or ()} <= set(flagship.spec.fraud.types)
    # But for the signs, red is the flagship's.
    assert own.tiers.red.model_copy(update={"sign": None}) == flagship.spec.warning.tiers.red


def test_a_scenario_is_frozen(flagship: Scenario) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        flagship.sha256 = "other"  # type: ignore[misc]
