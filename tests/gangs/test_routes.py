"""Routes: what filters stop is tried again or goes elsewhere; classes of a channel are mixed as attempts are."""

import math
from datetime import date
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from sim.base.days import DAY_MS, YEAR_DAYS, day_number
from sim.base.words import Channel, Fate
from sim.draws.distributions import CERTAIN
from sim.draws.functions import normal_quantile
from sim.gangs.routes import OnRoutes, Routes
from tests.midnight.test_gangs import answering, night_of, nothing, scenario
from tests.slots import TINY

TYPES = 8
UNANSWERED = 0.7
STATED = np.array([[[100.0, 50.0], [20.0, 10.0], [7.0, 3.0]], [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]]).repeat(4, axis=2)
RATES = {"share": 0.9, "usual": 0.6}
ALIKE = dict.fromkeys(("police_impersonation", "acquaintance", "romance_investment"), 0.0)
LABEL = {"kind": "label", "channel": "call", "window": ["2022-01-01", None], "intensity": 0.3}
TWO = {"domestic": {"share": 0.75, "legitimate": 0.9}, "abroad": {"share": 0.25, "legitimate": 0.1, "offset": 0.8}}


class Small:
    """Routes of a scenario whose types filters see alike, at a recall of choice."""

    def __init__(self, **fraud: Any) -> None:
        spec = scenario(
            **{"interception.type_offset": ALIKE, **{f"fraud.{key}": value for key, value in fraud.items()}}
        )
        self.routes = Routes(spec)
        self.limits = [spec.interception.call.threshold, spec.interception.sms.threshold]

    def sent(
        self, *recall: float, stated: Any = STATED, dead: float = 0.0, down: float = 0.0, **of_day: Any
    ) -> tuple[Any, Any]:
        """Return attempts, and what passes gates 1 and 4 of each channel."""
        d_prime = np.array([[limit + normal_quantile(share) for limit, share in zip(self.limits, recall, strict=True)]])
        none = np.zeros((len(stated), len(self.routes.channel)))
        fixed = {Fate.NOT_SENT: np.zeros((len(stated), 3), dtype=np.int64)}
        fixed[Fate.INTERCEPTED] = np.rint(np.array([[[share] * TYPES for share in recall]] * len(stated)) * CERTAIN)
        fixed[Fate.INTERCEPTED] = fixed[Fate.INTERCEPTED].astype(np.int64)
        fixed[Fate.DEN_DESTROYED] = np.zeros((1, 1, TYPES), dtype=np.int64)
        fixed[Fate.CARD_ELIMINATED] = np.rint([dead * CERTAIN] * len(stated)).astype(np.int64)
        fixed[Fate.SITE_BLOCKED] = np.rint(np.full((len(stated), 3, TYPES), down * CERTAIN)).astype(np.int64)
        fixed[Fate.UNANSWERED] = np.rint(np.full((len(stated), 3), UNANSWERED * CERTAIN)).astype(np.int64)
        day = OnRoutes(*(np.array(of_day.get(name, none)) for name in OnRoutes._fields))
        self.found = self.routes.sent(stated, fixed, np.repeat(d_prime, len(stated), axis=0), day)
        rates, gates = self.found.rates, self.found.gates
        passing = rates * (1 - gates[Fate.NOT_SENT] / CERTAIN)
        passing[:, :2] *= 1 - gates[Fate.INTERCEPTED] / CERTAIN
        return rates, passing


def test_what_is_stopped_is_tried_again_and_again() -> None:
    recall = 0.7
    found, _ = Small(retry={"sms": RATES}).sent(0.99, recall)
    first = STATED[:, 1] * (1 - 0.9 * 0.6)  # the stated attempts include those tried again at the usual share
    tries = [first * (0.9 * recall) ** number for number in range(400)]
    assert found[:, 1] == pytest.approx(sum(tries), rel=1e-8)
    assert (found[:, [0, 2]] == STATED[:, [0, 2]]).all()


def test_at_the_usual_share_attempts_are_as_stated() -> None:
    retry = {"call": {"share": 0.8, "usual": 0.5, "displaced": 1.0}, "sms": {**RATES, "displaced": 0.5}}
    assert Small(retry=retry).sent(0.5, 0.6)[0] == pytest.approx(STATED, rel=1e-8)


def test_a_usual_share_that_is_not_stated_is_that_of_the_first_midnight_without_measures() -> None:
    better = {"kind": "filter", "channel": "call", "intensity": 1.0, "window": ["2022-01-01", None]}
    retry = {"call": {"share": 0.9, "displaced": 0.5}, "sms": {"share": 0.8}}
    spec = scenario(**{"fraud.retry": retry, "fraud.classes.call": TWO, "measures.better": better})
    filters, offsets = spec.interception, spec.interception.type_offset
    lost = filters.adaptation / (1 - math.exp(-DAY_MS / filters.retraining))
    expected = {}
    for channel, classes in (("call", ((0.75, 0.0), (0.25, 0.8))), ("sms", ((1.0, 0.0),))):
        own = getattr(filters, channel)
        weights = {name: getattr(kind.mix, channel) for name, kind in spec.fraud.types.items()}
        stopped = sum(
            part * weight * NormalDist(own.threshold).cdf(own.d_prime - lost + offset + offsets.get(name, 0.0))
            for part, offset in classes
            for name, weight in weights.items()
        )
        expected[f"fraud.retry.{channel}.usual"] = stopped / sum(weights.values())
    routes = Routes(spec)
    assert list(routes.found) == list(expected)
    assert routes.found == pytest.approx(expected, rel=1e-6)
    # A class without its own has that of the channel.
    stated = Routes(scenario(**{"fraud.retry": retry, "fraud.classes.call": TWO, **routes.found}))
    assert stated.found == {}
    assert (stated._usual == routes._usual).all()
    assert len(set(stated._usual.tolist())) == 3


def test_midnights_try_again_what_the_filters_of_the_day_stop_in_each_province() -> None:
    values = {
        "measures.better": {"kind": "filter", "channel": "call", "intensity": 1.0, "window": ["2022-01-01", None],
                            "provinces": [44]},
        "fraud.retry": {"call": {"share": 0.9, "usual": 0.4}},
    }  # fmt: skip
    night, _, first = night_of(scenario(**values))
    night(first, nothing())
    opening = night.opening
    recall = night.today.stops[Fate.INTERCEPTED, :, 0] / CERTAIN
    assert len(np.unique(recall)) > 1
    expected = opening.first[:, 0] * (1 - 0.9 * 0.4) / (1 - 0.9 * recall)
    assert opening.rates[:, 0] == pytest.approx(expected, rel=1e-12)
    assert (opening.rates[:, 1:] == opening.first[:, 1:]).all()


def test_gangs_learn_the_yield_of_first_attempts() -> None:
    both = []
    for share in (0.0, 0.9):
        values = {**TINY, "fraud.retry": {"call": {"share": share, "usual": 0.0}}, "gangs": answering()}
        night, _, first = night_of(scenario(**values))
        night(first, nothing())
        both.append((night.gangs.passing, night.today.stops[Fate.INTERCEPTED, :, 0] / CERTAIN))
    (without, _), (with_retries, recall) = both
    assert with_retries[1:] == pytest.approx(without[1:])
    assert (with_retries[0] >= without[0] / (1 - 0.9 * recall.min(axis=0)) * (1 - 1e-9)).all()
    assert (with_retries[0] > without[0] * 1.05).all()


def test_what_gangs_give_up_beyond_the_usual_goes_elsewhere() -> None:
    share = 0.4
    small = Small(retry={"sms": {"share": share, "usual": 0.6, "displaced": 0.5}})
    rates, _ = small.sent(0.5, 0.9)
    first = STATED[:, 1] * (1 - share * 0.6)
    # Round by round: what is stopped is tried again or given up.
    given_up = {}
    for recall in (0.6, 0.9):
        left, lost = first.copy(), np.zeros_like(first)
        for _ in range(300):
            lost += left * recall * (1 - share)
            left *= recall * share
        given_up[recall] = lost
    came = rates[:, [0, 2]] - STATED[:, [0, 2]]
    assert came.sum(axis=1) == pytest.approx(0.5 * (given_up[0.9] - given_up[0.6]), rel=1e-6)
    # In proportion to what each type makes elsewhere.
    assert came[:, 0] / came[:, 1] == pytest.approx(STATED[:, 0] / STATED[:, 2], rel=1e-6)
    # A worse filter brings nobody back.
    assert (small.sent(0.5, 0.3)[0][:, [0, 2]] == STATED[:, [0, 2]]).all()


def test_attempts_made_follow_the_formula_of_the_document() -> None:
    """The formula of ``docs/model.md``, 7.2, written out route by route."""
    rho, delta, usual = {0: 0.8, 1: 0.9, 2: 0.0}, {0: 0.5, 1: 0.3, 2: 0.6}, {0: 0.6, 1: 0.5, 2: 0.0}
    retry = {
        name: {"share": rho[c], "usual": usual[c], "displaced": delta[c]} for c, name in enumerate(("call", "sms"))
    }
    own = {"social": {"share": 0.6, "types": {"gaming": 0.0}}, "messaging": {"share": 0.4}}
    calls = {**TWO, "abroad": {**TWO["abroad"], "usual": 0.7}}
    small = Small(retry={**retry, "online": {"displaced": delta[2]}}, classes={"call": calls, "online": own})
    types = list(small.routes._spec.fraud.types)
    share = [[0.75] * TYPES, [0.25] * TYPES, [1.0] * TYPES, [], []]
    share[3] = [0.0 if name == "gaming" else 0.6 for name in types]
    share[4] = [1.0 - other for other in share[3]]
    channel = [0, 0, 1, 2, 2]
    u = [0.6, 0.7, 0.5, 0.0, 0.0]
    r = [
        NormalDist().cdf(NormalDist().inv_cdf(0.7) + 0.2),
        NormalDist().cdf(NormalDist().inv_cdf(0.7) + 0.8),
        0.8,
        0,
        0,
    ]
    s, b = [0.3, 0.0, 1.0, 0.1, 0.1], [0.0, 0.0, 0.0, 0.5, 0.0]
    shift = np.array([[0.2, 0.0, 0.0, 0.0, 0.0]] * 2)
    rates, _ = small.sent(0.7, 0.8, shift=shift, regulated=np.array([s] * 2), blocked=np.array([b] * 2))

    def given_up(stopped: float, again: float) -> float:
        return stopped * (1 - again) / (1 - again * stopped)

    for p in range(2):
        for t in range(TYPES):
            first = [STATED[p, c, t] * share[k][t] * (1 - rho[c] * u[k]) for k, c in enumerate(channel)]
            made = [0.0, 0.0, 0.0]
            for k, c in enumerate(channel):
                incoming = 0.0
                for j, other in enumerate(channel):
                    lost = s[j] + (1 - s[j]) * (given_up(r[j], rho[other]) + b[j]) - given_up(u[j], rho[other])
                    moved = delta[other] * first[j] * max(0.0, lost)
                    incoming += moved * first[k] / (sum(first) - first[j]) if j != k else 0.0
                made[c] += (first[k] + incoming) / (1 - rho[c] * r[k])
            assert rates[p, :, t] == pytest.approx(made, rel=1e-7)
    # The example of the document.
    small = Small(retry={"sms": {"share": 0.9, "usual": 0.6, "displaced": 0.5}})
    rates, _ = small.sent(0.5, 0.9, stated=np.full((1, 3, TYPES), [[100.0], [50.0], [20.0]]))
    assert rates[0, :, 0] == pytest.approx([103.29, 121.05, 20.66], abs=0.005)


def test_classes_are_mixed_as_if_each_attempt_had_one() -> None:
    small = Small(classes={"call": TWO})
    rates, passing = small.sent(0.5, 0.5)
    assert (rates == STATED).all()
    better = 1 - recall_at(0.8)
    assert passing[:, 0] == pytest.approx(STATED[:, 0] * (0.75 * 0.5 + 0.25 * better), rel=1e-8)
    assert passing[:, 1:] == pytest.approx(STATED[:, 1:] * np.array([0.5, 1.0])[:, None], rel=1e-8)
    # The filter of one class, and a class that is closed: the filter sees what is left.
    shift, closed = np.zeros((2, 4)), np.zeros((2, 4))
    shift[:, 0], closed[:, 1] = 0.3, 0.6
    _, passing = small.sent(0.5, 0.5, shift=shift, closed=closed, regulated=closed)
    expected = STATED[:, 0] * (0.75 * (1 - recall_at(0.3)) + 0.25 * 0.4 * better)
    assert passing[:, 0] == pytest.approx(expected, rel=1e-8)


def recall_at(shift: float) -> float:
    """Return the recall of a filter that stops half, with d' shifted."""
    return NormalDist().cdf(shift)


def test_blocking_a_class_stops_its_legitimate_contacts() -> None:
    routes = Small(classes={"call": TWO}).routes
    closed = np.array([[0.0, 0.5, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    found = routes.false_blocks(np.array([0.2, 0.3]), OnRoutes(*[closed] * len(OnRoutes._fields)))
    assert found == pytest.approx(np.array([[0.2 + 0.8 * 0.1 * 0.5, 0.3], [0.2, 0.3]]))


def test_cards_stop_and_are_flagged_by_the_classes_that_use_them() -> None:
    small = Small(classes={"call": {**TWO, "abroad": {**TWO["abroad"], "cards": 0.2}}})
    _, _ = small.sent(0.5, 0.5, dead=0.4)
    gates, better = small.found.gates, recall_at(0.8)
    domestic, abroad = 0.75 * 0.6, 0.25 * (1 - 0.2 * 0.4)
    assert 1 - gates[Fate.CARD_ELIMINATED][:, 0] / CERTAIN == pytest.approx(domestic + abroad, rel=1e-8)
    assert gates[Fate.CARD_ELIMINATED][:, 1] / CERTAIN == pytest.approx(0.4, rel=1e-8)
    stopped = (domestic * 0.5 + abroad * better) / (domestic + abroad)
    assert gates[Fate.INTERCEPTED][:, 0] / CERTAIN == pytest.approx(stopped, rel=1e-8)
    # Of what is stopped and of what passes, the part from cards at work: all SMS, all domestic calls, some from abroad.
    intercepted, passed = small.found.card_shares
    with_cards = 0.25 * 0.2 * 0.6
    calls, sms = STATED[:, 0].sum(axis=1), STATED[:, 1].sum(axis=1) * 0.6
    flagging = (calls * (domestic * 0.5 + with_cards * better) + sms * 0.5) / (
        calls * (domestic * 0.5 + abroad * better) + sms * 0.5
    )
    assert intercepted == pytest.approx(flagging, rel=1e-8)
    assert passed == pytest.approx(
        (calls * (domestic + with_cards) + sms) / (calls * (domestic + abroad) + sms), rel=1e-8
    )
    # Where all are from cards nothing is taken off.
    plain = Small(classes={"call": TWO})
    plain.sent(0.5, 0.5, dead=0.4)
    assert plain.found.card_shares is None


ONLINE = {"social": {"share": 0.6}, "messaging": {"share": 0.4}}


def test_accounts_of_a_class_are_blocked_and_gangs_use_others() -> None:
    small = Small(classes={"online": ONLINE}, retry={"online": {"displaced": 0.5}})
    blocked = np.array([[0.0, 0.0, 0.5, 0.0]] * 2)
    assert small.sent(0.5, 0.5)[0] == pytest.approx(STATED, rel=1e-12)
    rates, _ = small.sent(0.5, 0.5, down=0.2, blocked=blocked)
    social, messaging = 0.6 * STATED[:, 2], 0.4 * STATED[:, 2]
    others = STATED[:, 0] + STATED[:, 1] + messaging
    came = 0.5 * 0.5 * social / others
    assert rates[:, 0] == pytest.approx(STATED[:, 0] * (1 + came), rel=1e-8)
    assert rates[:, 2] == pytest.approx(social + messaging * (1 + came), rel=1e-8)
    through = social * 0.5 + messaging * (1 + came)
    up = 1 - small.found.gates[Fate.SITE_BLOCKED][:, 2] / CERTAIN
    assert up == pytest.approx(0.8 * through / (social + messaging * (1 + came)), rel=1e-8)
    assert small.found.gates[Fate.SITE_BLOCKED][:, 1] / CERTAIN == pytest.approx(0.2, rel=1e-8)
    # Of those that lead somewhere, the share of each class; a channel whose attempts are alike is one.
    assert small.found.shares[:, 2] == pytest.approx(social * 0.5 / through, rel=1e-8)
    assert small.found.shares[:, 2:4].sum(axis=1) == pytest.approx(1.0)
    assert (small.found.shares[:, :2] == 1.0).all()


def test_of_a_labelled_class_fewer_are_answered_and_the_rest_is_as_it_was() -> None:
    small = Small(classes={"online": ONLINE}, retry={})
    small.sent(0.5, 0.5)
    before, shares = small.found.gates, small.found.shares
    labelled = np.array([[0.0, 0.25, 0.5, 0.0]] * 2)
    rates, _ = small.sent(0.5, 0.5, unheeded=labelled)
    after = small.found.gates
    assert rates == pytest.approx(STATED, rel=1e-12)
    assert all((before[fate] == after[fate]).all() for fate in before if fate is not Fate.UNANSWERED)
    answers = 1 - after[Fate.UNANSWERED] / CERTAIN
    assert answers[:, 0] == pytest.approx(1 - UNANSWERED, rel=1e-8)
    # All of a channel, whose attempts are alike; and six in ten of another.
    assert answers[:, 1] == pytest.approx(0.75 * (1 - UNANSWERED), rel=1e-8)
    assert answers[:, 2] == pytest.approx(0.7 * (1 - UNANSWERED), rel=1e-8)
    assert small.found.shares[:, 2:4] == pytest.approx(np.array([[[0.3 / 0.7], [0.4 / 0.7]]] * 2).repeat(TYPES, axis=2))
    assert shares[:, 2:4] == pytest.approx(np.array([[[0.6], [0.4]]] * 2).repeat(TYPES, axis=2))
    assert Routes.of(scenario(**{"measures.label": LABEL})) is not None


def test_types_have_classes_of_their_own_and_classes_grow() -> None:
    names = list(Small(classes={"online": ONLINE}).routes._spec.fraud.types)
    own = {
        "social": {"share": 0.6, "types": {names[0]: 2.0, names[1]: 0.0}},
        "messaging": {"share": 0.4, "growth": 0.5},
    }
    small = Small(classes={"online": own}, retry={})
    one, two = np.ones((2, 4)), np.ones((2, 4))
    two[:, 3] = 1.5
    for growth, factor in ((one, 1.0), (two, 1.5)):
        rates, _ = small.sent(0.5, 0.5, growth=growth)
        assert rates == pytest.approx(STATED, rel=1e-12)
        messaging = small.found.shares[0, 3]
        expected = {kind: 0.4 * factor / (0.4 * factor + 0.6 * f) for kind, f in ((0, 2.0), (1, 0.0), (2, 1.0))}
        # Shares are those of the types first, which growth then changes.
        expected[0] = (0.4 / 1.6) * factor / ((0.4 / 1.6) * factor + 1.2 / 1.6)
        assert [messaging[kind] for kind in expected] == pytest.approx([expected[kind] for kind in expected])
    night, _, first = night_of(scenario(**{"fraud.classes.online": own, "fraud.reference": "2021-01-30"}))
    night(first, nothing())
    gained = night.opening._levels.routes(first).growth
    since = (date.fromisoformat("2022-01-29") - date(2021, 1, 30)).days + first - day_number(date(2022, 1, 29))
    assert gained[0].tolist() == pytest.approx([1.0, 1.0, 1.0, math.exp(0.5 * since / YEAR_DAYS)])


def test_blocking_by_class_acts_on_accounts_of_the_class_only() -> None:
    blocking = {"kind": "blocking", "target": "account", "intensity": 0.5, "window": ["2022-01-01", None],
                "classes": ["social"], "provinces": [44]}  # fmt: skip
    classes = {"fraud.classes": {"online": ONLINE}}
    before, _, first = night_of(scenario(**classes))
    night, _, _ = night_of(scenario(**classes, **{"measures.markets": blocking}))
    before(first, nothing())
    night(first, nothing())
    codes = night.common.provinces.codes
    up, old = (1 - one.today.stops[Fate.SITE_BLOCKED] / CERTAIN for one in (night, before))
    share = 1 - 0.6 * night.common.spec.sites.account * 0.5
    at = codes.index(44)
    assert up[at, Channel.ONLINE] == pytest.approx(old[at, Channel.ONLINE] * share, rel=1e-6)
    others = [p for p in range(len(codes)) if p != at]
    assert (up[others] == old[others]).all()
    assert (up[:, Channel.SMS] == old[:, Channel.SMS]).all()


def test_measures_act_on_their_classes_only() -> None:
    window = ["2022-01-01", None]
    values = {
        "fraud.classes": {"call": TWO},
        "interception.type_offset": ALIKE,
        "measures.better": {"kind": "filter", "channel": "call", "intensity": 1.0, "window": window,
                            "classes": ["abroad"]},
        "measures.closed": {"kind": "source_regulation", "target": "voice_line", "intensity": 0.5, "window": window,
                            "classes": ["abroad"], "provinces": [44]},
    }  # fmt: skip
    before, _, first = night_of(scenario(**{key: value for key, value in values.items() if "measures" not in key}))
    night, _, _ = night_of(scenario(**values))
    before(first, nothing())
    night(first, nothing())
    codes = night.common.provinces.codes
    stops, old = night.today.stops / CERTAIN, before.today.stops / CERTAIN
    at = codes.index(44)
    opened = (1 - stops[Fate.NOT_SENT, :, Channel.CALL, 0]) / (1 - old[Fate.NOT_SENT, :, Channel.CALL, 0])
    assert opened == pytest.approx([0.875 if p == at else 1.0 for p in range(len(codes))], rel=1e-6)
    tried = before.opening.rates[:, Channel.CALL] > 0.0
    tried[at] = False  # where half of those whom the filter knows better are not sent
    assert (stops[Fate.INTERCEPTED, :, Channel.CALL] > old[Fate.INTERCEPTED, :, Channel.CALL])[tried].all()
    assert (stops[:, :, Channel.SMS] == old[:, :, Channel.SMS]).all()
    blocked = night.opening.routes.false_blocks(np.zeros(2), night.opening._levels.routes(first))
    assert blocked[:, 0] == pytest.approx([0.05 if p == at else 0.0 for p in range(len(codes))])
