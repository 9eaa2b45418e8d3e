"""Policies: which scenarios cannot be held to what was reported of another one, and how a rerun knows."""

from pathlib import Path

import pytest

import sim
from sim.scenario.load import digest
from tests.scenario.bundled import NAMES, bundled, resting_on

DRAWN = Path(__file__).parent / "drawn"
NOT = ("china-2022-full", "china-2023", "china-2025", "singapore-2025", "tiny")
BANKS = "{kind: bank_hold, window: [2022-12-05, null], intensity: 1}"
FILE = "schema: 1\nname: mine\ntitle: t\nextends: {base}\n{more}"


@pytest.mark.slow
def test_bundled_alternatives_are_policies_and_what_only_goes_on_longer_is_none() -> None:
    found = {name: bundled(name).spec.policy_of for name in NAMES}
    of = {name: base for base in ("china-2022", "singapore") for name in resting_on(base)}
    assert found == {**dict.fromkeys(found), **of, **dict.fromkeys(NOT), "china-2025-returns": "china-2025"}


@pytest.mark.parametrize(
    ("settings", "of"),
    [
        ({"desks.visit.staff": "9000"}, "china-2022"),
        ({"measures.law.window": "[2022-01-01, null]"}, "china-2022"),
        ({"measures.warning-local": "null"}, "china-2022"),
        # How it is run, and what no day depends on.
        ({"scale": "0.005", "population.pool": "country", "seed": "3", "engine": "reference"}, None),
        ({"period": "{start: 2022-11-28, end: 2022-11-30, warmup: 0 d}"}, None),
        ({"name": "x", "record.events": "all", "costs.wage.call": "80"}, None),
        # What begins after the period that the figures are about.
        ({"period.end": "2022-12-31", "measures.x": BANKS}, None),
        # Whoever says the figures is held to them.
        ({"desks.visit.staff": "9000", "figures": "[]"}, None),
        ({"policy_of": "another", "scale": "0.1"}, "another"),
    ],
)  # fmt: skip
def test_options_make_a_policy_where_they_change_what_days_depend_on(settings: dict[str, str], of: str | None) -> None:
    assert sim.load_scenario("china-2022", settings).spec.policy_of == of


def test_posterior_draws_are_no_policy() -> None:
    assert sim.load_scenario(str(DRAWN / "calibrated.yaml"), draw=1).spec.policy_of is None
    assert sim.load_scenario(str(DRAWN / "weak.yaml"), draw=1).spec.policy_of == "calibrated"


@pytest.mark.parametrize(
    ("more", "of"),
    [
        ("title: other\n", None),
        ("desks: {visit: {staff: 9}}\n", "tiny"),
        ("desks: {visit: {staff: 9}}\nfigures: []\n", None),
    ],
)
def test_a_file_is_a_policy_of_the_one_whose_figures_it_has(more: str, of: str | None, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(FILE.format(base="tiny", more=more.replace("title: other\n", "")))
    (tmp_path / "next.yaml").write_text(FILE.format(base="mine.yaml", more="seed: 5\n"))
    assert sim.load_scenario(str(tmp_path / "mine.yaml")).spec.policy_of == of
    assert sim.load_scenario(str(tmp_path / "next.yaml")).spec.policy_of == of


def test_a_policy_stays_one_where_it_is_loaded_from_its_own_text_and_has_the_hash_that_it_had(tmp_path: Path) -> None:
    policy = sim.load_scenario("no-warning")
    (tmp_path / "again.yaml").write_text(policy.yaml())
    again = sim.load_scenario(str(tmp_path / "again.yaml"))
    assert again.spec.policy_of == "china-2022"
    assert again.sha256 == policy.sha256
    # What it is a policy of makes no other results.
    assert sim.load_scenario(str(tmp_path / "again.yaml"), {"policy_of": "x"}).sha256 == policy.sha256
    base = sim.load_scenario("tiny")
    assert base.resolved["policy_of"] is None
    assert base.sha256 == digest({key: value for key, value in base.resolved.items() if key != "policy_of"})
    assert base.sha256 == HASH


HASH = "432d661d267b28390df9221a81472a59a91daa632eed497c41a1a5bd8fdef7ef"
"""Of tiny, with the section `calibration` and the currency that it has from the flagship."""
