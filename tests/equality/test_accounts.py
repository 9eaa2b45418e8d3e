"""Accounts of mules in both engines: stocks, searches, orders and late money give the same bytes."""

from pathlib import Path

from tests.equality.both import assert_equal, run_both
from tests.equality.scenarios import ACCOUNTS, GROWING, LAUNDERING, NAMED, UNEVEN
from tests.reading.test_check import failures

PERIOD = {"start": "2022-01-29", "end": "2022-02-03", "warmup": "1 d"}
FEW = {f"population.legitimate.{channel}": "12000 per day" for channel in ("call", "sms", "online")}


def test_both_engines_agree_on_accounts_that_cases_name(tmp_path: Path) -> None:
    few = {"accounts.stock": 60, "aftermath.report.probability": 0.9, "aftermath.report.delay": "1 h"}
    one, other = run_both(tmp_path, "tiny", period=PERIOD, **{**UNEVEN, **ACCOUNTS, **NAMED, **FEW, **few})
    assert one.totals["alerts_by_tier.red"] > 20
    assert failures(one.path) == []
    assert_equal(one, other)


def test_both_engines_agree_on_accounts_that_are_frozen_found_and_purged(tmp_path: Path) -> None:
    one, other = run_both(tmp_path, "tiny", period=PERIOD, **{**UNEVEN, **GROWING, **LAUNDERING, **ACCOUNTS, **FEW})
    working = one.state[one.state["quantity"] == "accounts_working"].pivot(
        index="day", columns="province", values="value"
    )
    assert working.shape == (6, 3)
    assert (working.nunique() == 6).all()
    flows = one.flows.groupby("quantity")["count"].sum()
    assert flows["accounts_frozen"] > flows["false_freezes"] > 0
    assert one.totals["recovered_money"] > 0
    assert failures(one.path) == []
    assert_equal(one, other)
