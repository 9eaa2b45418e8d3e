"""Signs: facts about a contact that tiers may ask for in addition to a score, and alerts that do not ring again.

A sign, such as a transfer under way, is seen with a probability that depends on what the contact is. It belongs to the
contact: both detectors see the same signs. It may raise the tier of an alert. An alert of a tier that asks for signs
and shows none of them gets a lower one.
"""

import zlib
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.words import Stage, Tier, Truth
from sim.draws.compiled import compiled
from sim.draws.distributions import row, threshold, to_ticks
from sim.draws.identity import alert_id, origin_of, stage_of
from sim.draws.philox import draw4
from sim.draws.purposes import SIGN, SIGN_DELAY
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.warning import Sign
from sim.warning.detectors import NO_ALERT
from sim.warning.service import drawn

STAGES: Final = (Stage.CONTACT.label, Stage.ENGAGED.label, Stage.OPENED.label, "payment")
"""Stages of an episode at which the probability of a sign is given; the last one is that of every payment."""
OTHERS: Final = tuple(truth.label for truth in Truth if truth != Truth.EPISODE)


class SignTables(NamedTuple):
    """The signs of a scenario that decide some tier, S of them.

    Attributes:
        asks: (4,) by tier, the signs of which an alert must show one: bit k for the k-th sign, 0 for no demand.
        lifts: (S,) tiers by which a sign raises an alert.
        most: The largest of these.
        name: (S,) numbers of the draws: the CRC-32 of a sign's name, so that other signs do not change its draws.
        seen: (S, 7, T + 1) thresholds of being seen, by stage of an episode or other truth, and fraud type (the last
            for legitimate contacts).
        delay: (S, 3) rows (kind, a, b) of the ms until a sign is known.
    """

    asks: NDArray[np.int64]
    lifts: NDArray[np.int64]
    most: int
    name: NDArray[np.int64]
    seen: NDArray[np.int64]
    delay: NDArray[np.float64]


def deciding(spec: ScenarioModel) -> dict[str, Sign]:
    """Return the signs of a scenario that decide some tier, by name."""
    asked = [getattr(spec.warning.tiers, name).sign or () for name in Tier.labels()]
    every = (spec.warning.signs or {}).items()
    return {name: sign for name, sign in every if sign.lifts or any(name in some for some in asked)}


def sign_tables(spec: ScenarioModel) -> SignTables:
    """Return the tables of a scenario."""
    types, signs = list(spec.fraud.types), deciding(spec)
    asked = [getattr(spec.warning.tiers, name).sign or () for name in Tier.labels()]
    tables = SignTables(
        asks=np.array([sum(1 << k for k, name in enumerate(signs) if name in some) for some in asked], dtype=np.int64),
        lifts=np.array([sign.lifts for sign in signs.values()], dtype=np.int64),
        most=max((sign.lifts for sign in signs.values()), default=0),
        name=np.array([zlib.crc32(name.encode()) for name in signs], dtype=np.int64),
        seen=np.zeros((len(signs), len(STAGES) + len(OTHERS), len(types) + 1), dtype=np.int64),
        delay=np.zeros((len(signs), 3)),
    )
    for k, sign in enumerate(signs.values()):
        shares = [getattr(sign.episode, stage) for stage in STAGES] + [getattr(sign, other) for other in OTHERS]
        factors = [(sign.types or {}).get(name, 1.0) for name in types] + [1.0]
        tables.seen[k] = [[threshold(share * factor) for factor in factors] for share in shares]
        tables.delay[k] = row(sign.delay)
    return tables


@compiled
def weigh(
    seed: int,
    alert: int,
    truth: int,
    kind: int,
    tier: int,
    tables: SignTables,
    known: NDArray[np.float64],
    clock: int,
) -> tuple[int, int]:
    """Return the tier of an alert by its score and its signs, -1 for none, and the ms until these signs are known.

    ``tier`` is that of the score, -1 for no alert; ``kind`` the fraud type, or T for a legitimate contact; ``known``
    (S,) the share of accounts that each sign knows on the day in the province, 1 for signs that are not about accounts.
    """
    if tier == NO_ALERT or (tables.most == 0 and tables.asks[tier] == 0):
        return tier, 0
    case = min(stage_of(alert), len(STAGES) - 1) if truth == Truth.EPISODE else len(STAGES) - 1 + truth
    contact = alert_id(origin_of(alert), 0, stage_of(alert))
    seen = 0
    lift = 0
    for k in range(len(tables.lifts)):
        u, _, _, _ = draw4(seed, contact, SIGN, tables.name[k])
        if u < tables.seen[k, case, kind] * known[k]:
            seen |= 1 << k
            lift = max(lift, tables.lifts[k])
    given = max(0, tier - lift)
    while given < len(tables.asks) and tables.asks[given] != 0 and tables.asks[given] & seen == 0:
        given += 1
    if given == len(tables.asks):
        return NO_ALERT, 0
    asked = np.inf
    lifted = np.inf
    for k in range(len(tables.lifts)):
        if (seen >> k) & 1 == 1:
            high, low, _, _ = draw4(seed, alert, SIGN_DELAY, tables.name[k])
            delay = drawn(tables.delay[k], high, low)
            if (tables.asks[given] >> k) & 1 == 1:
                asked = min(asked, delay)
            if given < tier and tables.lifts[k] == lift:
                lifted = min(lifted, delay)
    wait = max(asked if asked < np.inf else 0.0, lifted if lifted < np.inf else 0.0)
    return given, to_ticks(wait, clock) if wait > 0.0 else 0


@compiled
def repeats(tier: int, issued: int, first_tier: int, first_issued: int, after_tie: bool, quiet: int) -> bool:
    """Return whether an alert does not ring because another one about the same contact did, and is as urgent.

    The other one was issued at ``first_issued``, less than ``quiet`` ms before; at the same ms the one ``after_tie``
    does not ring.
    """
    before = issued - first_issued
    return first_tier <= tier and before < quiet and (before > 0 or (before == 0 and after_tie))
