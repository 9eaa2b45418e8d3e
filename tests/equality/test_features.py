"""What no bundled scenario uses: both engines write the same bytes, and it happens what a setting is there for."""

from collections.abc import Callable
from pathlib import Path

import pytest

import sim
from sim.base.words import Role
from tests.equality.both import assert_equal, run_both
from tests.equality.scenarios import FEATURES
from tests.reading.test_check import failures


def flows(run: sim.Run) -> dict[str, int]:
    """Return what a run counts of flows, by quantity."""
    counts: dict[str, int] = run.flows.groupby("quantity", observed=True)["count"].sum().to_dict()
    return counts


def days_of(run: sim.Run, *quantities: str) -> int:
    """Return the fewest different values that one of these levels has."""
    noted = run.state[run.state["quantity"].isin(quantities)]
    assert set(noted["quantity"]) == set(quantities)
    return int(noted.groupby("quantity", observed=True)["value"].nunique().min())


def arrested(run: sim.Run) -> bool:
    found = flows(run)
    roles = [found[role.arrested] for role in Role]
    others = [found[name] for name in ("dens_destroyed", "returned")]
    return min(roles) > 0 < min(others) and sum(roles) == found["suspects_arrested"]


HAPPENS: dict[str, Callable[[sim.Run], bool]] = {
    "gangs": lambda run: (
        days_of(run, "crews", "effort_call", "yield_sms", "accounts_working") > 3
        and flows(run)["accounts_frozen"] > flows(run)["false_freezes"] > 0
        and run.totals["recovered_money"] > 0
    ),
    "pools": lambda run: days_of(run, "gangs_home", "gangs_abroad") == 6 and arrested(run),
    "tracks": lambda run: run.alerts.query("end == 'superseded'")["count"].sum() > 5,
    "delays": lambda run: (
        min(flows(run)[name] for name in ("transfers_delayed", "transfers_released", "transfers_called")) > 5
        and run.totals["held"] > 0
    ),
    "visits": lambda run: (
        (run.events.query("event == 'service_start'")["number"] >= 16).any()
        and (run.contacts["result"] == "refused").any()
    ),
    "apart": lambda run: set(run.alerts["province"]) == {11, 44},
}


@pytest.mark.parametrize("name", FEATURES)
def test_both_engines_write_the_same_bytes(name: str, tmp_path: Path) -> None:
    one, other = run_both(tmp_path, "tiny", workers=2, **FEATURES[name])
    assert_equal(one, other)
    assert HAPPENS.get(name, lambda _: True)(one)
    assert failures(one.path) == []
