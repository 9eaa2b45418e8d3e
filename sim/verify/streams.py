"""Streams of attempts and alerts: thinning, superposition, and the operating points of filters and detectors.

If each event of a Poisson stream is kept independently with some probability, the kept events are a Poisson stream, and
so are the dropped ones. Independent Poisson streams add up to one. So all counts here are Poisson with means that the
scenario states, and filters and detectors keep the shares of the binormal model (Green and Swets 1966).
"""

from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy import stats

from sim.base.days import DAY_MS, HALF_HOUR_MS, HALF_HOURS
from sim.base.words import SHIELD, Channel, Detector, Fate, Tier
from sim.reading.run import Run
from sim.scenario.schema import ScenarioModel
from sim.shield import of_gate
from sim.store.tables import EVENTS
from sim.verify.desks import SECOND
from sim.verify.statistics import (
    PROVINCES,
    Check,
    Judged,
    Study,
    chi_square,
    exponential,
    fit,
    normal,
    poisson_count,
    share,
    uncorrelated,
)

# The gates


SCALE = 0.25
LEVEL = 2e7
"""Attempts a day of each channel, at the scale 1."""
LEGITIMATE = 4e6
"""Legitimate calls a day, and as many SMS, at the scale 1."""
RAIDED, SLOTS = 12, 60
DEAD = 0.15
REGULATED = {"call": ("voice_line", 0.1), "sms": ("sms_port", 0.2), "online": ("cloud_service", 0.3)}
"""By channel of attempts: the target that is regulated, and the share not sent."""
D_PRIME = {"call": 1.5, "sms": 0.8}
LIMIT = {"call": 1.2, "sms": 0.9}
SHIFTS = (-0.8, 0.0, 0.6, 1.4)
"""Shifts of d' of the call filter, each in a quarter of the provinces."""
LINKS, APPS = 0.6, 0.4
TAKEN_DOWN = {"account": 0.2, "site": 0.5, "app": 0.3}
ANSWER = {"call": 0.3, "sms": 0.4, "online": 0.25}
ENGAGE = 0.0005
SINCE = ["2020-10-01", None]


def quarter(number: int) -> list[int]:
    """Return the positions of a quarter of the provinces."""
    return list(range(PROVINCES * number // 4, PROVINCES * (number + 1) // 4))


def shares_stopped(spec: ScenarioModel) -> NDArray[np.float64]:
    """Return the expected share of attempts stopped by each gate among those that reach it, (P, channels, fates).

    The last fate, engaged, takes all that reach it.
    """
    theories = [of_gate(gate, "theory") for gate in SHIELD]
    assert all(theories), "theory has something to say about each gate"
    return np.array(
        [
            [[*(theory(spec, channel, row.code) for theory in theories if theory), 1.0] for channel in Channel]
            for row in spec.population.provinces
        ]
    )


def means_of_fates(stopped: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the expected attempts of a day, (P, channels, fates), thinned gate by gate by ``shares_stopped``."""
    passed = np.cumprod(1.0 - stopped, axis=2)
    reached = np.concatenate([np.ones((*stopped.shape[:2], 1)), passed[..., :-1]], axis=2)
    return LEVEL * SCALE / PROVINCES * reached * stopped


@dataclass(frozen=True)
class Gates:
    """What a run counted, and what theory expects.

    Attributes:
        attempts: (days, P, channels, fates).
        blocked: False blocks, (days, P, channels).
        stopped: Shares that each gate should stop, (P, channels, fates), as the study states them.
    """

    attempts: NDArray[np.int64]
    blocked: NDArray[np.int64]
    stopped: NDArray[np.float64]

    @property
    def means(self) -> NDArray[np.float64]:
        """The expected attempts of a day, (P, channels, fates)."""
        return means_of_fates(self.stopped)

    def judged(self, gate: Fate, channel: str, provinces: list[int]) -> Judged:
        """Judge the share of a channel's attempts stopped by a gate among those that reached it, in some provinces."""
        place = Channel.of(channel)
        counts = self.attempts[:, provinces, place].sum(axis=(0, 1))
        return share(int(counts[gate]), int(counts[gate:].sum()), float(self.stopped[provinces[0], place, gate]))


def read_gates(run: Run, days: int) -> Gates:
    """Read the attempts and false blocks of all days."""
    codes = [row.code for row in run.scenario.spec.population.provinces]
    places = {code: place for place, code in enumerate(codes)}
    start = np.datetime64(run.scenario.spec.period.start, "D")
    attempts = np.zeros((days + 1, len(codes), len(Channel), len(Fate)), dtype=np.int64)
    blocked = np.zeros((days + 1, len(codes), 2), dtype=np.int64)
    table = run.attempts
    day = (table["day"].to_numpy().astype("datetime64[D]") - start).astype(int)
    where = [table[name].map(codes_of).astype(int).to_numpy() for name, codes_of in (
        ("province", places),
        ("channel", {one.label: int(one) for one in Channel}),
        ("fate", {one.label: int(one) for one in Fate}),
    )]  # fmt: skip
    np.add.at(attempts, (day, *where), table["count"].to_numpy())
    for channel in (Channel.CALL, Channel.SMS):
        flows = run.flows[run.flows["quantity"] == f"false_blocks_{channel.label}"]
        day = (flows["day"].to_numpy().astype("datetime64[D]") - start).astype(int)
        np.add.at(blocked[..., channel], (day, flows["province"].map(places).astype(int)), flows["count"].to_numpy())
    # By the study's values, not those of the run: a run with other values must fail.
    return Gates(attempts, blocked, shares_stopped(GATES.scenario("vector", 0, days).spec))


def _stopped(what: str, source: str, gate: Fate, channel: str, number: int | None = None) -> Check[Gates]:
    provinces = list(range(PROVINCES)) if number is None else quarter(number)
    return Check(what, source, lambda seen: seen.judged(gate, channel, provinces))


def _hit(number: int) -> Check[Gates]:
    d_prime = D_PRIME["call"] + SHIFTS[number]
    what = f"hit rate of the filter of calls, d' {d_prime:.1f}, threshold {LIMIT['call']}"
    return _stopped(what, "Green and Swets 1966", Fate.INTERCEPTED, "call", number)


def _false_alarm(channel: Channel) -> Check[Gates]:
    limit = LIMIT[channel.label]

    def judge(seen: Gates) -> Judged:
        whole = LEGITIMATE * SCALE * len(seen.blocked)
        return poisson_count(int(seen.blocked[..., channel].sum()), whole * float(stats.norm.sf(limit)), whole)

    return Check(f"false-alarm rate of the filter of {channel.label}, threshold {limit}", "Green and Swets 1966", judge)


def _all_fates(seen: Gates) -> Judged:
    means = seen.means.sum(axis=0)
    some = means > 0
    return fit(seen.attempts.sum(axis=(0, 1))[some], len(seen.attempts) * means[some])


def _spread(seen: Gates) -> Judged:
    """Judge whether counts of single days and provinces have the variance of Poisson counts."""
    means = np.broadcast_to(seen.means, seen.attempts.shape)
    common = means > 20.0
    squares = (seen.attempts - means)[common] ** 2 / means[common]
    return chi_square(float(squares.sum()), int(common.sum()))


GATES = Study(
    name="Thinning, gate by gate",
    about=(
        "A quarter of 20 million attempts a day and channel (scale 0.25) reach the gates, and each gate stops a fixed "
        "share; the call filter has four values of d'. No feedback, and all people are alike."
    ),
    values={
        "scale": SCALE,
        **{f"fraud.volumes.{channel}.level": f"{LEVEL:.0f} per day" for channel in Channel.labels()},
        **{f"population.legitimate.{channel}": f"{LEGITIMATE:.0f} per day" for channel in ("call", "sms")},
        **{f"measures.{target}": {"kind": "source_regulation", "window": SINCE, "target": target, "intensity": part}
           for target, part in REGULATED.values()},
        **{f"measures.{target}": {"kind": "blocking", "window": SINCE, "target": target, "intensity": part}
           for target, part in TAKEN_DOWN.items()},
        **{f"measures.shift-{number}": {"kind": "filter", "window": SINCE, "channel": "call", "intensity": shift,
                                        "provinces": [place + 1 for place in quarter(number)]}
           for number, shift in enumerate(SHIFTS)},
        **{f"sites.{target}": 1.0 for target in TAKEN_DOWN},
        "dens.slots": SLOTS,
        "dens.fixed_raided": list(range(RAIDED)),
        "cards.fixed_dead_share": DEAD,
        **{f"interception.{channel}": {"d_prime": D_PRIME[channel], "threshold": LIMIT[channel]} for channel in LIMIT},
        "fraud.types.brushing.link_share": LINKS,
        "fraud.types.brushing.app_share": APPS,
        "fraud.types.brushing.engage": ENGAGE,
        **{f"engagement.answering.{channel}.{whose}": answer
           for channel, answer in ANSWER.items() for whose in ("unknown", "labelled")},
    },
    days={"vector": 4, "reference": 2},
    read=read_gates,
    warmup=0,
    checks=(
        Check(
            "attempts a day of all channels, thinned by the scale",
            "Poisson",
            lambda seen: poisson_count(
                int(seen.attempts.sum()), len(Channel) * LEVEL * SCALE * len(seen.attempts), float(len(seen.attempts))
            ),
        ),
        _stopped("calls not sent", "thinning", Fate.NOT_SENT, "call"),
        _stopped("calls from raided dens", "thinning", Fate.DEN_DESTROYED, "call"),
        _stopped("calls from dead cards", "thinning", Fate.CARD_ELIMINATED, "call"),
        *(_hit(number) for number in range(len(SHIFTS))),
        _stopped(f"hit rate of the filter of sms, d' {D_PRIME['sms']}, threshold {LIMIT['sms']}",
                 "Green and Swets 1966", Fate.INTERCEPTED, "sms"),
        _false_alarm(Channel.CALL),
        _false_alarm(Channel.SMS),
        _stopped("SMS whose link is down", "thinning", Fate.SITE_BLOCKED, "sms"),
        _stopped("online attempts whose target is down", "thinning", Fate.SITE_BLOCKED, "online"),
        _stopped("calls unanswered", "thinning", Fate.UNANSWERED, "call"),
        _stopped("answered calls ignored", "thinning", Fate.IGNORED, "call"),
        Check("all channels and fates at once", "thinning", _all_fates),
        Check("all days, provinces, channels and fates at once", "thinning", _spread),
    ),
)  # fmt: skip


# The detectors


COVERAGE = {"central": 0.8, "local": 0.5}
CORRELATION = 0.4
CONTACTS = 1.5e6
"""Legitimate calls a day."""
CALLS = 60_000.0
"""Calls by gangs a day; all reach the detectors, unanswered."""
CONTACT = 0.9
"""d' of an unanswered contact."""
POINTS = {
    "central": {"red": 3.2, "orange": 2.8, "yellow": 2.4, "blue": 2.1},
    "local": {"red": 3.4, "orange": 3.0, "yellow": 2.6, "blue": 2.3},
}


def both_above(d_prime: float) -> float:
    """Return the probability that both scores of a contact reach their lowest threshold."""
    normal = stats.multivariate_normal(cov=[[1.0, CORRELATION], [CORRELATION, 1.0]])
    return float(normal.cdf([d_prime - POINTS[name]["blue"] for name in Detector.labels()]))


@dataclass(frozen=True)
class Alerts:
    """Alerts on contacts: on attempts and on legitimate calls.

    Attributes:
        days: Days of the run.
        counts: (2 truths, detectors, tiers) from the table, legitimate contacts first.
        moments: (2, n) moments of the first alert of each contact, and which detectors raised one: 1, 2, or 3 for both.
        places: (n,) positions of the provinces of these contacts.
    """

    days: int
    counts: NDArray[np.int64]
    moments: NDArray[np.int64]
    places: NDArray[np.int64]

    def grid(self, which: int) -> NDArray[np.float64]:
        """Return the contacts on which only one detector (1 or 2) raised an alert, by province and half hour, flat."""
        chosen = self.moments[1] == which
        slot = self.moments[0][chosen] // HALF_HOUR_MS
        cells = self.days * HALF_HOURS * PROVINCES
        return np.bincount(slot * PROVINCES + self.places[chosen], minlength=cells).astype(float)


def read_alerts(run: Run, days: int) -> Alerts:
    """Read the table of alerts, and the contacts that raised them from the log."""
    table = run.alerts.groupby(["truth", "source", "tier"], observed=True)["count"].sum()
    counts = np.array(
        [
            [[int(table.get((truth, source, tier), 0)) for tier in Tier.labels()] for source in Detector.labels()]
            for truth in ("legitimate", "unanswered")
        ]
    )
    events = pq.read_table(run.path / EVENTS.file, columns=["moment", "event", "origin", "detector", "province"])
    issued = events.to_pandas()
    issued = issued[issued["event"] == "issue"]
    issued = issued.assign(which=1 << issued["detector"].to_numpy(dtype=np.int64))
    contacts = issued.groupby("origin").agg({"moment": "min", "which": "sum", "province": "first"})
    codes = [row.code for row in run.scenario.spec.population.provinces]
    places = contacts["province"].map({code: place for place, code in enumerate(codes)}).astype("int64").to_numpy()
    moments = np.stack([contacts["moment"].to_numpy(dtype="int64"), contacts["which"].to_numpy(dtype="int64")])
    return Alerts(days + 1, counts, moments, places)


def _point(truth: int, name: str, tier: Tier) -> Check[Alerts]:
    """Return the check of one operating point: the share of covered contacts that score at or above a threshold."""
    d_prime, whole = ((0.0, CONTACTS), (CONTACT, CALLS))[truth]
    limit = POINTS[name][tier.label]

    def judge(seen: Alerts) -> Judged:
        covered = whole * COVERAGE[name] * seen.days
        found = int(seen.counts[truth, Detector.of(name), : tier + 1].sum())
        return poisson_count(found, covered * float(stats.norm.sf(limit - d_prime)), covered)

    rate = ("false-alarm rate", "hit rate")[truth]
    return Check(f"{rate} of the {name} detector, threshold {limit}", "Green and Swets 1966", judge)


def _rates() -> tuple[float, float, float]:
    """Return the contacts a day on which the central detector alone, the local one alone, and both raise an alert."""
    central, local = COVERAGE["central"], COVERAGE["local"]
    rates = np.zeros(3)
    for d_prime, whole in ((0.0, CONTACTS), (CONTACT, CALLS)):
        both = whole * central * local * both_above(d_prime)
        one, other = (float(stats.norm.sf(POINTS[name]["blue"] - d_prime)) for name in Detector.labels())
        rates += whole * central * one - both, whole * local * other - both, both
    return float(rates[0]), float(rates[1]), float(rates[2])


def _tiers(seen: Alerts) -> Judged:
    """Judge all tiers of the local detector, on both kinds of contacts, together."""
    wanted = []
    for d_prime, whole in ((0.0, CONTACTS), (CONTACT, CALLS)):
        above = stats.norm.sf(np.array(list(POINTS["local"].values())) - d_prime)
        wanted.append(whole * COVERAGE["local"] * seen.days * np.diff(above, prepend=0.0))
    return fit(seen.counts[:, Detector.LOCAL], wanted)


def _added_up(seen: Alerts) -> Judged:
    """Judge the alerts of both detectors: a contact with two alerts counts twice, so the sum spreads more."""
    central, local, both = (rate * seen.days for rate in _rates())
    found = float(seen.counts.sum())
    return normal(found, central + local + 2.0 * both, central + local + 4.0 * both, float(seen.days))


def _seen_by(what: str, which: int) -> Check[Alerts]:
    return Check(
        what,
        "superposition",
        lambda seen: poisson_count(
            int((seen.moments[1] == which).sum()), _rates()[which - 1] * seen.days, float(seen.days)
        ),
    )


DETECTORS = Study(
    name="Two detectors",
    about=(
        "1.5 million legitimate calls and 60,000 attempts a day (d' 0.9); the central detector sees 0.8 of them all, "
        "the local one 0.5, each by itself; their scores are correlated by 0.4. Thresholds are edges of the grid of "
        "legitimate scores: within a cell of it the model takes the two scores for independent."
    ),
    values={
        "fraud.volumes.call.level": f"{CALLS:.0f} per day",
        "population.legitimate.call": f"{CONTACTS:.0f} per day",
        **{f"measures.warning-{name}": {"kind": "warning", "window": SINCE, "detector": name, "coverage": seen,
                                        "ramp": None} for name, seen in COVERAGE.items()},
        **{f"warning.detectors.{name}.thresholds": points for name, points in POINTS.items()},
        "warning.detectors.correlation": CORRELATION,
        "warning.detectors.grid": {"low": 2.1, "step": 0.1, "cells": 30},
        "warning.detectors.contact.call": {"unanswered": CONTACT, "ignored": CONTACT, "engaged": CONTACT},
        "warning.tiers": {tier: {"first": "sms"} for tier in Tier.labels()},
        "interception.call": {"d_prime": -40.0, "threshold": 0.0},
        "cards.fixed_dead_share": 0.0,
        "engagement.answering.call.unknown": 0.0,
        "engagement.answering.call.labelled": 0.0,
    },
    days={"vector": 9, "reference": 2},
    read=read_alerts,
    warmup=0,
    events=True,
    checks=(
        *(_point(truth, "central", tier) for truth in (0, 1) for tier in map(Tier.of, POINTS["central"])),
        Check("tiers of the local detector, both kinds of contacts", "Green and Swets 1966", _tiers),
        _seen_by("contacts a day that only the central detector warns of", 1),
        _seen_by("contacts a day that only the local detector warns of", 2),
        _seen_by("contacts a day that both warn of", 3),
        Check(
            "central and local alerts a day, added up",
            "superposition",
            _added_up,
        ),
        Check(
            "gaps between contacts of either detector, s",
            "superposition",
            lambda seen: exponential(np.diff(np.sort(seen.moments[0])), DAY_MS / sum(_rates()), SECOND),
        ),
        Check(
            "correlation of what only one or the other sees, by half hour and province",
            "thinning",
            lambda seen: uncorrelated(seen.grid(1), seen.grid(2)),
        ),
    ),
)  # fmt: skip
