"""Signs against theory: how often each is seen, by what a contact is, and what becomes of tiers."""

from typing import Any

import numpy as np
import pytest

import sim
from sim.base.words import Stage, Tier, Truth
from sim.draws.identity import alert_id, attempt_id
from sim.warning.detectors import NO_ALERT, SignTables, repeats, sign_tables, weigh
from tests.chi_square import HOPELESS, LIKELY, share_fit
from tests.scenario.bundled import bundled

SEED, CLOCK, CONTACTS = 11, 1, 4_000
RED, ORANGE, YELLOW, BLUE = (int(tier) for tier in Tier)
TYPES = list(bundled("tiny").spec.fraud.types)
SHARES = {"contact": 0.05, "engaged": 0.2, "opened": 0.4, "payment": 0.6}
OTHERS = {"ignored": 0.1, "unanswered": 0.3, "legitimate": 0.8}


def tables(signs: dict[str, Any], **asks: Any) -> SignTables:
    """Return the tables of signs, which tiers ask for."""
    asked = {f"warning.tiers.{tier}.sign": names for tier, names in asks.items()}
    return sign_tables(sim.load_scenario("tiny", **{"warning.signs": signs, **asked}).spec)


def a_sign(**values: Any) -> dict[str, Any]:
    return {"episode": SHARES, **OTHERS, **values}


def origins() -> list[int]:
    return [attempt_id(8000, 0, 1, 2, 0, index) for index in range(CONTACTS)]


def kept(
    own: SignTables, tier: int, truth: Truth, stage: int = 0, kind: int = 0, detector: int = 0, known: float = 1.0
) -> list[bool]:
    """Return for each of many contacts whether its alert keeps its tier, where signs know a share of accounts."""
    alerts = (alert_id(origin, detector, stage) for origin in origins())
    shares = np.full(len(own.lifts), known)
    found = (weigh(SEED, alert, int(truth), kind, tier, own, shares, CLOCK) for alert in alerts)
    return [given == tier for given, _ in found]


@pytest.mark.parametrize(
    ("truth", "stage", "share"),
    [
        *((Truth.EPISODE, stage, share) for stage, share in enumerate(SHARES.values())),
        (Truth.EPISODE, Stage.FIRST_PAYMENT + 4, SHARES["payment"]),
        *((Truth.of(name), 0, share) for name, share in OTHERS.items()),
    ],
)
def test_a_sign_is_seen_as_often_as_its_probability_says(truth: Truth, stage: int, share: float) -> None:
    own = tables({"transfer": a_sign()}, red="transfer")
    kind = len(TYPES) if truth == Truth.LEGITIMATE else 2
    seen = sum(kept(own, RED, truth, int(stage), kind))
    assert share_fit(seen, CONTACTS, share) > LIKELY
    assert share_fit(seen, CONTACTS, share + 0.1) < HOPELESS


def test_a_sign_of_accounts_is_seen_where_they_are_known() -> None:
    own = tables({"account": a_sign()}, red="account")
    all_known, some = (kept(own, RED, Truth.EPISODE, 3, known=share) for share in (1.0, 0.25))
    assert share_fit(sum(some), CONTACTS, 0.25 * SHARES["payment"]) > LIKELY
    # Who is known among few is known among many.
    assert all(many for few, many in zip(some, all_known, strict=True) if few)
    assert not any(kept(own, RED, Truth.EPISODE, 3, known=0.0))


def test_types_have_factors_and_no_more_than_certainty() -> None:
    own = tables({"transfer": a_sign(types={TYPES[1]: 2.0, TYPES[2]: 9.0, TYPES[3]: 0.0})}, red="transfer")
    for kind, share in ((0, 0.3), (1, 0.6)):
        assert share_fit(sum(kept(own, RED, Truth.UNANSWERED, kind=kind)), CONTACTS, share) > LIKELY
    assert all(kept(own, RED, Truth.UNANSWERED, kind=2))
    assert not any(kept(own, RED, Truth.UNANSWERED, kind=3))


def test_both_detectors_see_the_same_signs_and_stages_see_their_own() -> None:
    own = tables({"transfer": a_sign()}, red="transfer")
    central = kept(own, RED, Truth.EPISODE, Stage.OPENED)
    assert central == kept(own, RED, Truth.EPISODE, Stage.OPENED, detector=1)
    both = np.logical_and(central, kept(own, RED, Truth.EPISODE, Stage.ENGAGED))
    assert share_fit(int(both.sum()), CONTACTS, SHARES["opened"] * SHARES["engaged"]) > LIKELY


def test_one_of_two_independent_signs_is_enough_and_others_change_no_draw() -> None:
    two = {"transfer": a_sign(), "remote_control": a_sign(unanswered=0.5)}
    either = kept(tables(two, red=["transfer", "remote_control"]), RED, Truth.UNANSWERED)
    assert share_fit(sum(either), CONTACTS, 1.0 - 0.7 * 0.5) > LIKELY
    alone = kept(tables({"transfer": a_sign()}, red="transfer"), RED, Truth.UNANSWERED)
    # Neither a second sign nor the order in which they stand.
    assert alone == kept(tables(two, red="transfer"), RED, Truth.UNANSWERED)
    assert alone == kept(tables(dict(reversed(two.items())), red="transfer"), RED, Truth.UNANSWERED)


@pytest.mark.parametrize(
    ("asks", "lifts", "tier", "given"),
    [
        ({"red": "never", "orange": ["never"], "yellow": "always"}, 0, RED, YELLOW),
        ({"red": "never", "orange": "never", "yellow": "never", "blue": "never"}, 0, RED, NO_ALERT),
        ({"blue": "never"}, 0, BLUE, NO_ALERT),
        ({"red": ["never", "always"]}, 0, RED, RED),
        ({"red": "never"}, 3, BLUE, ORANGE),
        ({"red": "always"}, 3, BLUE, RED),
        ({"red": "always"}, 3, NO_ALERT, NO_ALERT),
    ],
)
def test_tiers_by_signs(asks: dict[str, Any], lifts: int, tier: int, given: int) -> None:
    never, always = ({"episode": dict.fromkeys(SHARES, share), **dict.fromkeys(OTHERS, share)} for share in (0.0, 1.0))
    own = tables({"never": {**never, "lifts": 3}, "always": {**always, "lifts": lifts}}, **asks)
    for truth in Truth:
        alert = alert_id(origins()[0], 1, 0)
        assert weigh(SEED, alert, int(truth), 0, tier, own, np.ones(len(own.lifts)), CLOCK) == (given, 0)


@pytest.mark.parametrize(
    ("tier", "issued", "first", "first_issued", "after_tie", "silent"),
    [
        (BLUE, 10, RED, 5, False, True),
        (BLUE, 10, BLUE, 5, False, True),
        (RED, 10, BLUE, 5, True, False),
        (BLUE, 5, RED, 10, True, False),
        (BLUE, 10, BLUE, 10, True, True),
        (BLUE, 10, BLUE, 10, False, False),
        (BLUE, 25, RED, 5, True, False),
        (BLUE, 24, RED, 5, True, True),
    ],
)
def test_an_alert_as_urgent_that_came_less_than_quiet_before_silences_one(
    tier: int, issued: int, first: int, first_issued: int, after_tie: bool, silent: bool
) -> None:
    assert repeats(tier, issued, first, first_issued, after_tie, 20) == silent
    assert not repeats(tier, issued, first, first_issued, after_tie, 0)
