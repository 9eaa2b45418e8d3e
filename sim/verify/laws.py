"""Conservation laws: the tables count exactly the events of the log, and nothing is lost.

The run is the bundled ``tiny`` without a warm-up, in which everything happens.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sim.reading.check import check_run
from sim.reading.run import Run
from sim.verify.statistics import Judged, exactly
from sim.verify.study import Check, Study


@dataclass(frozen=True)
class Everything:
    """A run with its log, and the names of the laws of ``tocsin check`` that hold and that fail."""

    run: Run
    events: pd.DataFrame
    kept: list[str]
    broken: list[str]

    def happened(self, event: str, result: str | None = None) -> pd.DataFrame:
        """Return the rows of the log of one kind of event, optionally with one result."""
        rows = self.events[self.events["event"] == event]
        return rows if result is None else rows[rows["result"] == result]


def read(run: Run, days: int) -> Everything:
    """Read a run with its whole log; ``days`` has no effect."""
    assert days
    found = list(check_run(run.path))
    return Everything(
        run, run.events, [law.name for law in found if law.passed], [law.name for law in found if not law.passed]
    )


def _same(what: str, table: Callable[[Run], Any], log: Callable[[Everything], Any]) -> Check[Everything]:
    """Return the check that a sum over a table equals a sum over the log."""

    def judge(seen: Everything) -> Judged:
        return exactly(float(table(seen.run)), float(log(seen)))

    return Check(what, "conservation", judge)


def _total(name: str, column: str, **labels: list[str]) -> Callable[[Run], Any]:
    """Return a function that sums a column of a table over the rows with some labels."""

    def total(run: Run) -> Any:
        rows = getattr(run, name)
        for key, allowed in labels.items():
            rows = rows[rows[key].isin(allowed)]
        return rows[column].sum()

    return total


def _of_open_alerts(seen: Everything) -> int:
    """Return the number of alerts in the log without an end."""
    return len(seen.happened("issue")) - len(seen.happened("end"))


def _moves(seen: Everything) -> Judged:
    """Judge the backlog of each province from midnight to midnight: plus cases filed, minus cases finished."""
    run = seen.run
    state = run.state[run.state["quantity"] == "backlog"]
    levels = state.pivot_table(index="day", columns="province", values="value", observed=True)
    done = run.flows[run.flows["quantity"].isin(["cases_solved", "cases_closed"])]

    def by_day(rows: pd.DataFrame, value: str) -> pd.DataFrame:
        table = rows.pivot_table(index="day", columns="province", values=value, aggfunc="sum", observed=True)
        return table.reindex(index=levels.index, columns=levels.columns).fillna(0.0)

    filed, finished = by_day(run.outcomes, "filed"), by_day(done, "count")
    after = levels.shift(1) + filed.shift(1) - finished
    return exactly(float(np.abs((levels - after).to_numpy()[1:]).sum()), 0.0)


def _ended_waits(seen: Everything) -> int:
    """Return the number of waits that ended in a service or in reading."""
    return len(seen.happened("service_start")) + len(seen.happened("read"))


def _engaged(seen: Everything) -> int:
    """Return the number of attempts that engaged their person."""
    return len(seen.happened("attempt", "engaged"))


def _paid(seen: Everything) -> int:
    """Return the cents of all payments that were made."""
    payments = seen.happened("payment")
    return int(payments.loc[payments["result"].isna(), "value"].sum())


SERVED = ["answered", "no_answer", "met", "not_met", "refused"]

CONSERVATION = Study(
    name="Conservation",
    about="The bundled `tiny` without a warm-up: found is a sum over a table, expected a sum over the log of events.",
    values={},
    days={"vector": 13, "reference": 13},
    read=read,
    events=True,
    warmup=0,
    base="tiny",
    least=13,
    checks=(
        Check("laws of `tocsin check` that fail", "conservation", lambda seen: exactly(len(seen.broken), 0.0)),
        _same("alerts", _total("alerts", "count"), lambda seen: len(seen.happened("issue"))),
        _same("alerts still open", _total("alerts", "count", end=["open"]), _of_open_alerts),
        _same(
            "calls and visits",
            _total("contacts", "count", result=SERVED),
            lambda seen: len(seen.happened("service_end")),
        ),
        _same(
            "ms of calls and visits",
            _total("contacts", "staff_ms", result=SERVED),
            lambda seen: seen.happened("service_end")["value"].sum(),
        ),
        _same("waits that ended", _total("waits", "count"), _ended_waits),
        _same("attempts that engaged", _total("attempts", "count", fate=["engaged"]), _engaged),
        _same("payments, cents", _total("outcomes", "loss_cents"), _paid),
        _same(
            "cents got back", _total("outcomes", "recovered_cents"), lambda seen: seen.happened("report")["value"].sum()
        ),
        _same("cases filed", _total("outcomes", "filed"), lambda seen: len(seen.happened("filing"))),
        _same("cases by delay and loss", _total("cases", "count"), lambda seen: len(seen.happened("filing"))),
        Check("cases that appear or vanish between midnights", "conservation", _moves),
    ),
)


STUDIES: tuple[Study[Any], ...] = (CONSERVATION,)
