"""Without feedback, of one change only what it causes changes: stricter gates stop more, laxer detectors warn more.

A gate that is tightened stops, with any number of gates after it, never fewer attempts of a cell; all cells hold the
same attempts under every policy. Detectors that see more, or ask for less, raise the same alerts and others.
"""

import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sim
from sim.base.words import Fate
from sim.draws.identity import LIMITS, cell_of
from sim.warning.detectors import ENGAGING, PROSPECTS
from tests.engines.small import NO_LEGITIMATE, TYPES, fewer, run_tiny
from tests.slots import REGIONS, TINY

FATES = list(Fate.labels())
PERIOD = {"start": "2022-01-30", "end": "2022-02-02", "warmup": "1 d"}
FOR_GOOD = {**TINY, "dens.reopening": "900 d"}

STRICTER: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "not_sent",
        {"measures.sms-ports.intensity": 0.05, "measures.cloud-services.intensity": 0.04},
        {"measures.sms-ports.intensity": 0.30, "measures.cloud-services.intensity": 0.20},
    ),
    ("den_destroyed", FOR_GOOD, {**FOR_GOOD, **{f"dens.hazard.{one}": "40 per year" for one in REGIONS}}),
    ("card_eliminated", {"cards.fixed_dead_share": 0.2}, {"cards.fixed_dead_share": 0.3}),
    (
        "intercepted",
        {"interception.call.threshold": 4.4, "interception.sms.threshold": 4.4},
        {"interception.call.threshold": 4.1, "interception.sms.threshold": 3.9},
    ),
    (
        "site_blocked",
        {"measures.block-sites.intensity": 0.3, "measures.block-apps.intensity": 0.2},
        {"measures.block-sites.intensity": 0.9, "measures.block-apps.intensity": 0.9, "sites.app": 0.3},
    ),
    (
        "unanswered",
        {"engagement.answering.sms.unknown": 0.40, "engagement.answering.online.unknown": 0.30},
        {
            "engagement.answering.sms.unknown": 0.30,
            "engagement.answering.sms.labelled": 0.20,
            "engagement.answering.online.unknown": 0.2,
            "engagement.answering.online.labelled": 0.1,
            "engagement.answering.call.unknown": 0.5,
            "engagement.answering.call.labelled": 0.1,
        },
    ),
    (
        "ignored",
        {"engagement.awareness.effect": 0.3},
        {"engagement.awareness.effect": 0.6, **{f"fraud.types.{name}.engage": 0.05 for name in TYPES}},
    ),
]


CELL = ["day", "province", "channel", "fraud_type"]


def stopped(run: sim.Run) -> pd.DataFrame:
    """Return how many attempts of each cell the gates have stopped by each fate, columns in the order of the gates."""
    table = run.attempts.pivot_table(index=CELL, columns="fate", values="count", aggfunc="sum", observed=True)
    return table.reindex(columns=FATES).fillna(0).astype(int).cumsum(axis=1)


def followed(run: sim.Run) -> dict[int, str]:
    """Return the fates of the attempts that may engage whom they reach, by identity."""
    events = run.events
    attempts = events[events["event"] == "attempt"]
    return {
        origin: fate
        for origin, fate in zip(attempts["origin"].tolist(), attempts["result"], strict=True)
        if cell_of(origin) % LIMITS["prospect"] == ENGAGING
    }


@pytest.mark.parametrize(("gate", "lax", "strict"), STRICTER, ids=[gate for gate, _, _ in STRICTER])
def test_a_stricter_gate_stops_a_superset(
    gate: str, lax: dict[str, Any], strict: dict[str, Any], tmp_path: Path
) -> None:
    # Cards are kept, which more or fewer interceptions flag even without feedback: so one gate alone is another.
    base = {"feedback": False, "cards.fixed_dead_share": 0.2, **NO_LEGITIMATE}
    runs = [
        run_tiny(tmp_path / name, period=PERIOD, **{**base, **values})
        for name, values in (("lax", lax), ("strict", strict))
    ]
    before, after = (stopped(run) for run in runs)
    # The same attempts in each cell, under every policy.
    pd.testing.assert_series_equal(before[FATES[-1]], after[FATES[-1]])
    number = FATES.index(gate)
    # Gates before it stop the same; it and all the gates after it together never fewer, cell by cell.
    pd.testing.assert_frame_equal(before[FATES[:number]], after[FATES[:number]])
    # But where people answer otherwise, attempts find others of them: who engages is then another question.
    alike = FATES if gate != "unanswered" else FATES[: number + 1]
    assert (after[alike] >= before[alike]).all(axis=None)
    # Not by a handful: the test would notice a gate that does not listen.
    more = (after - before)[gate].sum()
    assert more > 0.01 * before[FATES[-1]].sum()
    # Who is still followed was before, and engages only who did.
    ours, theirs = (followed(run) for run in runs)
    assert theirs.keys() <= ours.keys()
    assert gate == "unanswered" or {origin for origin, fate in theirs.items() if fate == "engaged"} < {
        origin for origin, fate in ours.items() if fate == "engaged"
    }


BOTH = ("central", "local")
DETECTORS: dict[str, dict[str, Any]] = {
    "none": {f"measures.warning-{name}.coverage": 0.0 for name in BOTH},
    "the local one alone": {"measures.warning-central.coverage": 0.0},
    "as they are": {},
    "one looser": {"warning.detectors.local.shift": 0.4},
    "both looser": {f"warning.detectors.{name}.shift": 0.9 for name in BOTH},
    "everything": {f"warning.detectors.{name}.shift": 20.0 for name in BOTH},
    "everything, of all contacts": {
        **{f"warning.detectors.{name}.shift": 20.0 for name in BOTH},
        **{f"measures.warning-{name}.coverage": 1.0 for name in BOTH},
    },
}
"""From the strictest to the laxest: each raises all alerts of the one before it, and more."""
LAXER = list(itertools.pairwise(DETECTORS))


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, sim.Run]:
    """Runs in which nothing but the detectors is another; of some types few engage, so that scores lie in bands."""
    folder = tmp_path_factory.mktemp("watched")
    few = {f"fraud.types.{name}.engage": 0.01 for name in TYPES[:4]}
    values = {"feedback": False, "warning.hop_delay": "1 min", **few, **fewer(0.5), **NO_LEGITIMATE}
    return {
        name: run_tiny(folder / str(k), period=PERIOD, **{**values, **policy})
        for k, (name, policy) in enumerate(DETECTORS.items())
    }


def contacts_of(run: sim.Run) -> tuple[dict[int, tuple[Any, ...]], set[tuple[int, int]]]:
    """Return where, when, whom and how the attempts ended that the log names, and which raised an alert at once."""
    events = run.events
    attempts = events[events["event"] == "attempt"]
    named = attempts[["moment", "province", "channel", "result", "person"]].itertuples(index=False, name=None)
    issued = events[(events["event"] == "issue") & (events["stage"] == 0)]
    # Nor are those of attempts of the warm-up, of which the log does not say how they ended.
    idle = issued[issued["origin"].isin(set(attempts[attempts["result"] != "engaged"]["origin"]))]
    alerts = set(zip(idle["origin"].tolist(), idle["detector"].tolist(), strict=True))
    return dict(zip(attempts["origin"].tolist(), named, strict=True)), alerts


@pytest.mark.parametrize(("tight", "loose"), LAXER)
def test_laxer_detectors_add_alerts_and_renumber_none(tight: str, loose: str, watched: dict[str, sim.Run]) -> None:
    before, after = watched[tight], watched[loose]
    # What detectors see or make of it changes no fate.
    pd.testing.assert_frame_equal(before.attempts, after.attempts)
    (ours, our_alerts), (theirs, their_alerts) = contacts_of(before), contacts_of(after)
    assert our_alerts < their_alerts
    assert ours.items() <= theirs.items()


def test_where_everything_is_an_alert_everybody_who_was_reached_is_named(watched: dict[str, sim.Run]) -> None:
    run = watched["everything, of all contacts"]
    named, alerts = contacts_of(run)
    counts = run.attempts.groupby("fate", observed=True)["count"].sum()
    fates = Counter(fate for _, _, _, fate, _ in named.values())
    assert fates == {fate: counts[fate] for fate in ("unanswered", "ignored", "engaged")}
    # In every band and the rest, of those who do not answer and of those who do.
    prospects = Counter(cell_of(origin) % LIMITS["prospect"] for origin in named)
    assert set(prospects) == set(range(PROSPECTS))
    # Both detectors warn of all of them, but for those of the last minutes.
    idle = counts["unanswered"] + counts["ignored"]
    assert 0.98 * 2 * idle < len(alerts) <= 2 * idle
