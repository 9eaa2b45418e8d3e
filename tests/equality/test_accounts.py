"""Accounts of mules in both engines: stocks, searches, orders and late money give the same bytes."""

from pathlib import Path
from typing import Any

from tests.equality.both import assert_equal, run_both
from tests.equality.scenarios import BEGIN, GROWING, LAUNDERING, UNEVEN, measure
from tests.reading.test_check import failures

PERIOD = {"start": "2022-01-29", "end": "2022-02-03", "warmup": "1 d"}
FEW = {f"population.legitimate.{channel}": "12000 per day" for channel in ("call", "sms", "online")}
STILL: dict[str, Any] = {
    "stock": 4_000_000,
    "frozen_by_case": 0.0,
    "found": 0.0,
    "replacement": "2 d",
    "withdrawal_delay": {"lognormal": {"median": "40 min", "sigma": 1.6}},
}
"""Accounts that nobody freezes."""
ACCOUNTS: dict[str, Any] = {
    "accounts": {
        **{**STILL, "stock": 4000, "frozen_by_case": 3.0, "found": 0.05},
        "late": {"share": 0.3, "delay": {"exponential": {"mean": "9 h"}}},
    },
    "aftermath.stop_payment.processing": {"uniform": {"low": "5 min", "high": "40 min"}},
    "measures.freeze-here": measure(
        "account_freeze", 44, share=0.6, after={"uniform": {"low": "0 min", "high": "1 h"}}, false_share=0.5
    ),
    "measures.freeze-there": measure("account_freeze", 11, 44, since=BEGIN, share=0.9, after="20 min"),
    "measures.closing": measure(
        "account_purge",
        65,
        intensity=0.2,
        replacement_factor=3.0,
        false_share=0.25,
        steps={"2022-01-30": 0.2, BEGIN: 1.0},
    ),
}
"""Accounts that are frozen for cases, found and purged, differently by province and day."""


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
