"""Dens and cards against renewal theory: each alternates between working and being out of use.

In the long run each works for the share E[up] / (E[up] + E[down]) of the time, whatever the shapes of the two
distributions (Smith 1958). Cards flagged at random follow the law of occupancy, and dens leave a region after a
geometric number of raids.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from sim.reading.run import Run
from sim.verify.statistics import Judged, exactly, share, tails
from sim.verify.streams import SINCE
from sim.verify.study import PEOPLE, PROVINCES, Check, Study

EVERYWHERE = ("east", "south", "elsewhere", "overseas")

# Dens


SLOTS = 65_536
HAZARD = 0.1
"""Per day."""
CLOSED = 4.0
"""Mean of the exponential closures, in days before they are rounded."""
APART = 60
"""Days after which the state of a den is independent of its earlier state."""
RAIDED_A_NIGHT = -math.expm1(-HAZARD)
DOWN = 1.0 + math.exp(-1.5 / CLOSED) / -math.expm1(-1.0 / CLOSED)
"""Mean closure in days, rounded half up to at least one: the sum over k of P(closed for at least k days)."""
RAIDED_SHARE = DOWN / (DOWN + 1.0 / RAIDED_A_NIGHT)


@dataclass(frozen=True)
class Dens:
    """By day of the run: raids, and dens that are raided after the midnight."""

    raids: NDArray[np.int64]
    raided: NDArray[np.int64]


def read_dens(run: Run, days: int) -> Dens:
    """Read the raids and the raided dens of each day."""
    flows = run.flows[run.flows["quantity"] == "dens_destroyed"]
    state = run.state[run.state["quantity"] == "dens_raided"].sort_values("day")
    start = np.datetime64(run.scenario.spec.period.start, "D")
    raids = np.zeros(days + 1, dtype=np.int64)
    np.add.at(raids, (flows["day"].to_numpy().astype("datetime64[D]") - start).astype(int), flows["count"].to_numpy())
    return Dens(raids, state["value"].to_numpy().astype(np.int64))


def _raids_a_den(seen: Dens) -> Judged:
    """Judge the raids of days far apart, among the dens at work: a binomial count each."""
    at_work = SLOTS - seen.raided[APART - 1 :: APART][: len(seen.raids[APART::APART])]
    return share(int(seen.raids[APART::APART].sum()), int(at_work.sum()), RAIDED_A_NIGHT)


DENS = Study(
    name="Occupancy of dens",
    about=(
        f"{SLOTS:,} dens, each raided at a hazard of 0.1 a day and closed for an exponential time of mean 4 days, "
        f"rounded to days; observed every {APART} days, when their states are independent."
    ),
    values={
        "dens.slots": SLOTS,
        **{f"dens.hazard.{region}": f"{HAZARD} per day" for region in EVERYWHERE},
        "dens.reopening": {"exponential": {"mean": f"{CLOSED:.0f} d"}},
    },
    days={"vector": 480, "reference": 480 // 2},
    read=read_dens,
    warmup=90,
    checks=(
        Check(
            "share of dens raided",
            "renewal theory, Smith 1958",
            lambda seen: share(int(seen.raided[::APART].sum()), SLOTS * len(seen.raided[::APART]), RAIDED_SHARE),
        ),
        Check("raids a night and den at work", "exponential hazard", _raids_a_den),
    ),
)


# Displacement

MOVING = 0.8
AWAY = 0.75
"""Share of the moving dens that go to places without raids."""
LEAVES = MOVING * AWAY
MOVED_SLOTS = 20_000


def _all_raids(seen: Dens) -> Judged:
    """Judge all raids: a geometric number for each den until it leaves, so negative binomial in total."""
    more = int(seen.raids.sum()) - MOVED_SLOTS
    law = stats.nbinom(MOVED_SLOTS, LEAVES)
    return Judged(
        1.0 / LEAVES, seen.raids.sum() / MOVED_SLOTS, tails(float(law.cdf(more)), float(law.sf(more - 1))),
        "negative binomial, exact",
    )  # fmt: skip


def _left_at_once(seen: Dens) -> Judged:
    """Judge the number of dens that left: those of the first wave of raids that miss the second, two days later."""
    first, second = np.flatnonzero(seen.raids)[:2]
    return share(int(seen.raids[first] - seen.raids[second]), int(seen.raids[first]), LEAVES)


DISPLACEMENT = Study(
    name="Displacement",
    about=(
        f"{MOVED_SLOTS:,} dens in the east, raided as soon as they open; a raided den reopens next day, moves with 0.8,"
        " then with 0.75 to where nobody raids: after each raid it is gone with probability 0.6."
    ),
    values={
        "dens.slots": MOVED_SLOTS,
        "dens.regions": {region: float(region == "east") for region in EVERYWHERE},
        "dens.hazard.east": "1000 per day",
        "dens.reopening": {"constant": "1 d"},
        "dens.displaced": MOVING,
        "dens.displaced_to": {"east": 1.0 - AWAY, "south": 0.0, "elsewhere": AWAY, "overseas": 0.0},
    },
    days={"vector": 80, "reference": 80},
    read=read_dens,
    warmup=0,
    least=80,
    checks=(
        Check("raids of a den until it is gone", "geometric", _all_raids),
        Check("share gone after the first raid", "Bernoulli", _left_at_once),
        Check("dens still raided in the end", "extinction", lambda seen: exactly(float(seen.raided[-1]), 0.0)),
    ),
)  # fmt: skip


# Cards

IDLE, PURGED = 0.5, 0.1
REPLACED_AFTER = 10.0
GONE_A_NIGHT = IDLE * PURGED
BACK_A_NIGHT = -math.expm1(-1.0 / REPLACED_AFTER)
ALIVE = BACK_A_NIGHT / (BACK_A_NIGHT + GONE_A_NIGHT)
FRACTION = 1e-9
"""Cards are counted in billionths, so that the share is this precise up to a rounding error each day."""
CARDS = 20.0
"""Cards per person."""
MANY = 1e6
"""Calls a day."""


@dataclass(frozen=True)
class Cards:
    """Cards and calls by day and province, (D, P) each.

    ``active`` and ``waiting`` cards; cards ``flagged``; calls that ``met`` the gate of cards (all calls, since no
    earlier gate stops any); calls from ``dead`` cards; calls ``intercepted``.
    """

    active: NDArray[np.float64]
    waiting: NDArray[np.float64]
    flagged: NDArray[np.float64]
    met: NDArray[np.float64]
    dead: NDArray[np.float64]
    intercepted: NDArray[np.float64]


def read_cards(run: Run, days: int) -> Cards:
    """Read cards and calls by day and province."""
    codes = [row.code for row in run.scenario.spec.population.provinces]
    calendar = np.datetime64(run.scenario.spec.period.start, "D") + np.arange(days + 1)

    def by_day(rows: Any, value: str) -> NDArray[np.float64]:
        table = rows.pivot_table(index="day", columns="province", values=value, aggfunc="sum", observed=True)
        found: NDArray[np.float64] = table.reindex(index=calendar, columns=codes).fillna(0.0).to_numpy(dtype=float)
        return found

    state, flows, attempts = run.state, run.flows, run.attempts
    return Cards(
        active=by_day(state[state["quantity"] == "cards_active"], "value"),
        waiting=by_day(state[state["quantity"] == "cards_waiting"], "value"),
        flagged=by_day(flows[flows["quantity"] == "cards_flagged"], "count"),
        met=by_day(attempts, "count"),
        dead=by_day(attempts[attempts["fate"] == "card_eliminated"], "count"),
        intercepted=by_day(attempts[attempts["fate"] == "intercepted"], "count"),
    )


RENEWED = Study(
    name="Occupancy of cards",
    about=(
        "A purge takes 0.05 of the cards at work each night, and they return after 10 days on average: so each card "
        "alternates. A million calls a day come from cards, dead or alive."
    ),
    values={
        "fraud.volumes.call.level": f"{MANY:.0f} per day",
        "cards.idle_share": IDLE,
        "cards.replacement": f"{REPLACED_AFTER:.0f} d",
        "measures.purge": {"kind": "card_purge", "window": SINCE, "intensity": PURGED},
        "interception.call": {"d_prime": -40.0, "threshold": 0.0},
    },
    days={"vector": 10, "reference": 4},
    read=read_cards,
    warmup=150,
    checks=(
        Check(
            "share of cards at work",
            "renewal theory, Smith 1958",
            lambda seen: exactly(float((seen.active / (seen.active + seen.waiting)).mean()), ALIVE, FRACTION),
        ),
        Check(
            "share of calls that come from a card that is alive",
            "renewal theory, Smith 1958",
            lambda seen: share(int(seen.met.sum() - seen.dead.sum()), int(seen.met.sum()), ALIVE),
        ),
    ),
)

FLAGS = 0.3
CAUGHT = 0.5


def _hit_cards(seen: Cards) -> Judged:
    """Judge the distinct cards flagged by yesterday's intercepted calls, in total, within a card per province."""
    balls, cards = FLAGS * seen.intercepted[:-1], seen.active[:-1]
    expected = -cards * np.expm1(-balls / cards)
    return exactly(float(seen.flagged[1:].sum()), float(expected.sum()), float(PROVINCES))


FLAGGED = Study(
    name="Cards flagged at random",
    about=(
        "Half of the calls from living cards are intercepted; three in ten of these flag a card at work, at random, so "
        "that some are flagged twice. Whole cards are counted; a remainder is carried to the next night."
    ),
    values={
        "feedback": True,
        "fraud.volumes.call.level": f"{MANY:.0f} per day",
        "cards.per_thousand_people": CARDS * 1000.0,
        "cards.flag_share": FLAGS,
        "cards.replacement": "2 d",
        "interception.call": {"d_prime": 0.0, "threshold": 0.0},
    },
    days={"vector": 20, "reference": 10},
    read=read_cards,
    warmup=10,
    checks=(
        Check("cards flagged in total", "occupancy, Johnson and Kotz 1977", _hit_cards),
        Check(
            "share of calls from living cards intercepted",
            "thinning",
            lambda seen: share(int(seen.intercepted.sum()), int(seen.met.sum() - seen.dead.sum()), CAUGHT),
        ),
        Check(
            "cards at work or waiting",
            "conservation",
            lambda seen: exactly(
                float((seen.active + seen.waiting).sum(axis=1).mean()), CARDS * PEOPLE * PROVINCES, FRACTION * PROVINCES
            ),
        ),
    ),
)

STUDIES: tuple[Study[Any], ...] = (DENS, DISPLACEMENT, RENEWED, FLAGGED)
