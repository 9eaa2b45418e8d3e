"""Streams of attempts and alerts: thinning, superposition, and the operating points of filters and detectors.

If each event of a Poisson stream is kept independently with some probability, the kept events are a Poisson stream, and
so are the dropped ones. Independent Poisson streams add up to one. So all counts here are Poisson with means that the
scenario states, and filters and detectors keep the shares of the binormal model (Green and Swets 1966).

Randomness: tests of the generator on the counters that engines use see only words, so they can test others,
too. A draw has four words of 32 bits; the first two make a double, and the last two another. Neighbours overlap
only where that does not change the distribution of a statistic.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy import stats

from sim.base.days import DAY_MS, HALF_HOUR_MS, HALF_HOURS
from sim.base.words import SHIELD, Channel, ContactChannel, Detector, Fate, Tier
from sim.draws.identity import DETECTOR_SHIFT
from sim.draws.philox import TO_UNIT, draw4_each
from sim.draws.purposes import CONTACT_TRY, TRIES_A_CHANNEL
from sim.reading.run import Run
from sim.scenario.schema import ScenarioModel
from sim.shield import of_gate
from sim.store.tables import EVENTS
from sim.verify import statistics
from sim.verify.desks import MMC, SECOND

# The gates


SCALE = 0.25
LEVEL = 2e7
"""Attempts a day of each channel, at the scale 1."""
LEGITIMATE = 4e6
"""Legitimate calls a day, and as many SMS, at the scale 1."""
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
GREEN_AND_SWETS = "Green and Swets 1966"
CODED = {"channel": Channel, "fate": Fate}


def quarter(number: int) -> list[int]:
    """Return the positions of a quarter of the provinces."""
    return list(range(statistics.PROVINCES * number // 4, statistics.PROVINCES * (number + 1) // 4))


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
    return LEVEL * SCALE / statistics.PROVINCES * reached * stopped


def read_gates(run: Run, days: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Read the attempts (days, P, channels, fates) and false blocks (days, P, calls and SMS) of all days."""
    codes = [row.code for row in run.scenario.spec.population.provinces]
    places = {code: place for place, code in enumerate(codes)}
    start = np.datetime64(run.scenario.spec.period.start, "D")
    attempts = np.zeros((days + 1, len(codes), len(Channel), len(Fate)), dtype=np.int64)
    blocked = np.zeros((days + 1, len(codes), 2), dtype=np.int64)
    table = run.attempts
    day = (table["day"].to_numpy().astype("datetime64[D]") - start).astype(int)
    of_labels: dict[str, dict[Any, int]] = {"province": places}
    of_labels |= {name: {one.label: int(one) for one in kind} for name, kind in CODED.items()}
    where = [table[name].map(codes_of).astype(int).to_numpy() for name, codes_of in of_labels.items()]
    np.add.at(attempts, (day, *where), table["count"].to_numpy())
    for channel in (Channel.CALL, Channel.SMS):
        flows = run.flows[run.flows["quantity"] == f"false_blocks_{channel.label}"]
        day = (flows["day"].to_numpy().astype("datetime64[D]") - start).astype(int)
        np.add.at(blocked[..., channel], (day, flows["province"].map(places).astype(int)), flows["count"].to_numpy())
    return attempts, blocked


def gates_checks(run: Run, days: int) -> statistics.Checks:
    """Judge the attempts that each gate stops among those that reach it, and legitimate contacts that filters block."""
    attempts, blocked = read_gates(run, days)
    # By the study's values, not those of the run: a run with other values must fail.
    stopped = shares_stopped(GATES.scenario("vector", 0, days).spec)
    means = means_of_fates(stopped)

    def by_gate(gate: Fate, channel: str, provinces: Sequence[int] = range(statistics.PROVINCES)) -> statistics.Judged:
        place = Channel.of(channel)
        counts = attempts[:, provinces, place].sum(axis=(0, 1))
        return statistics.share(int(counts[gate]), int(counts[gate:].sum()), float(stopped[provinces[0], place, gate]))

    every = len(Channel) * LEVEL * SCALE * len(attempts)
    of_day = statistics.poisson_count(int(attempts.sum()), every, float(len(attempts)))
    yield "attempts a day of all channels, thinned by the scale", "Poisson", of_day
    yield "calls not sent", "thinning", by_gate(Fate.NOT_SENT, "call")
    yield "calls from dead cards", "thinning", by_gate(Fate.CARD_ELIMINATED, "call")
    for number, shift in enumerate(SHIFTS):
        what = f"hit rate of the filter of calls, d' {D_PRIME['call'] + shift:.1f}, threshold {LIMIT['call']}"
        yield what, GREEN_AND_SWETS, by_gate(Fate.INTERCEPTED, "call", quarter(number))
    what = f"hit rate of the filter of sms, d' {D_PRIME['sms']}, threshold {LIMIT['sms']}"
    yield what, GREEN_AND_SWETS, by_gate(Fate.INTERCEPTED, "sms")
    for channel in (Channel.CALL, Channel.SMS):
        limit, whole = LIMIT[channel.label], LEGITIMATE * SCALE * len(blocked)
        false = statistics.poisson_count(int(blocked[..., channel].sum()), whole * float(stats.norm.sf(limit)), whole)
        yield f"false-alarm rate of the filter of {channel.label}, threshold {limit}", GREEN_AND_SWETS, false
    yield "SMS whose link is down", "thinning", by_gate(Fate.SITE_BLOCKED, "sms")
    yield "online attempts whose target is down", "thinning", by_gate(Fate.SITE_BLOCKED, "online")
    yield "calls unanswered", "thinning", by_gate(Fate.UNANSWERED, "call")
    yield "answered calls ignored", "thinning", by_gate(Fate.IGNORED, "call")
    of_country = means.sum(axis=0)
    some = of_country > 0
    fates = statistics.fit(attempts.sum(axis=(0, 1))[some], len(attempts) * of_country[some])
    yield "all channels and fates at once", "thinning", fates
    # Counts of single days and provinces have the variance of Poisson counts.
    each = np.broadcast_to(means, attempts.shape)
    common = each > 20.0
    squares = (attempts - each)[common] ** 2 / each[common]
    spread = statistics.chi_square(float(squares.sum()), int(common.sum()))
    yield "all days, provinces, channels and fates at once", "thinning", spread


GATES = statistics.Study(
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
        "cards.fixed_dead_share": DEAD,
        **{f"interception.{channel}": {"d_prime": D_PRIME[channel], "threshold": LIMIT[channel]} for channel in LIMIT},
        "fraud.types.brushing.link_share": LINKS,
        "fraud.types.brushing.app_share": APPS,
        "fraud.types.brushing.engage": ENGAGE,
        **{f"engagement.answering.{channel}.{whose}": answer
           for channel, answer in ANSWER.items() for whose in ("unknown", "labelled")},
    },
    days={"vector": 4, "reference": 2},
    warmup=0,
    events=False,
    checks=gates_checks,
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
        cells = self.days * HALF_HOURS * statistics.PROVINCES
        return np.bincount(slot * statistics.PROVINCES + self.places[chosen], minlength=cells).astype(float)


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


def _rates() -> tuple[float, float, float]:
    """Return the contacts a day on which the central detector alone, the local one alone, and both raise an alert."""
    central, local = COVERAGE["central"], COVERAGE["local"]
    rates = np.zeros(3)
    for d_prime, whole in ((0.0, CONTACTS), (CONTACT, CALLS)):
        both = whole * central * local * both_above(d_prime)
        one, other = (float(stats.norm.sf(POINTS[name]["blue"] - d_prime)) for name in Detector.labels())
        rates += whole * central * one - both, whole * local * other - both, both
    return float(rates[0]), float(rates[1]), float(rates[2])


def detectors_checks(run: Run, days: int) -> statistics.Checks:
    """Judge the alerts of both detectors on attempts and on legitimate calls."""
    seen = read_alerts(run, days)
    kinds = ((0.0, CONTACTS, "false-alarm rate"), (CONTACT, CALLS, "hit rate"))
    for truth, (d_prime, whole, rate) in enumerate(kinds):
        for tier in map(Tier.of, POINTS["central"]):
            limit, covered = POINTS["central"][tier.label], whole * COVERAGE["central"] * seen.days
            found = int(seen.counts[truth, Detector.CENTRAL, : tier + 1].sum())
            judged = statistics.poisson_count(found, covered * float(stats.norm.sf(limit - d_prime)), covered)
            yield f"{rate} of the central detector, threshold {limit}", GREEN_AND_SWETS, judged
    wanted = []
    for d_prime, whole, _ in kinds:
        above = stats.norm.sf(np.array(list(POINTS["local"].values())) - d_prime)
        wanted.append(whole * COVERAGE["local"] * seen.days * np.diff(above, prepend=0.0))
    tiers = statistics.fit(seen.counts[:, Detector.LOCAL], wanted)
    yield "tiers of the local detector, both kinds of contacts", GREEN_AND_SWETS, tiers
    rates = _rates()
    whose = ("only the central detector warns of", "only the local detector warns of", "both warn of")
    for which, (who, rate_a_day) in enumerate(zip(whose, rates, strict=True), start=1):
        judged = statistics.poisson_count(
            int((seen.moments[1] == which).sum()), rate_a_day * seen.days, float(seen.days)
        )
        yield f"contacts a day that {who}", "superposition", judged
    # A contact with two alerts counts twice, so the sum spreads more.
    central, local, both = (rate * seen.days for rate in rates)
    expected, variance = central + local + 2.0 * both, central + local + 4.0 * both
    added = statistics.normal(float(seen.counts.sum()), expected, variance, float(seen.days))
    yield "central and local alerts a day, added up", "superposition", added
    gaps = statistics.exponential(np.diff(np.sort(seen.moments[0])), DAY_MS / sum(rates), SECOND)
    yield "gaps between contacts of either detector, s", "superposition", gaps
    apart = statistics.uncorrelated(seen.grid(1), seen.grid(2))
    yield "correlation of what only one or the other sees, by half hour and province", "thinning", apart


DETECTORS = statistics.Study(
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
    warmup=0,
    checks=detectors_checks,
)  # fmt: skip


Words = NDArray[np.uint32]
"""(rows, along, 4): the four lanes of draws, in rows of neighbours."""

BITS = 128
CHUNK = 1 << 16
"""Draws whose bits are processed together."""
CLASSES = np.array([59, 62, 65, 68])
"""Upper ends of the classes of Hamming weights of a draw, except the last."""
BYTES = BITS // 8


@dataclass(frozen=True)
class Bits:
    """Sums of products of bits, each bit +1 or -1.

    Attributes:
        draws: Number of draws.
        pairs: Number of pairs of neighbours.
        ones: (128,) sums of each bit.
        within: (128, 128) sums of products of two bits of one draw.
        adjacent: (128, 128) sums of products of a bit and one of the next draw.
    """

    draws: int
    pairs: int
    ones: NDArray[np.float64]
    within: NDArray[np.float64]
    adjacent: NDArray[np.float64]

    @classmethod
    def of(cls, words: Words) -> "Bits":
        """Return the sums over words (rows, along, 4)."""
        rows, along, _ = words.shape
        step = max(1, CHUNK // along)
        ones, within, adjacent = np.zeros(BITS), np.zeros((BITS, BITS)), np.zeros((BITS, BITS))
        for first in range(0, rows, step):
            some = words[first : first + step]
            signs = np.unpackbits(some.view(np.uint8), axis=-1).astype(np.float32) * 2.0 - 1.0
            flat = signs.reshape(-1, BITS)
            ones += flat.sum(axis=0)
            within += flat.T @ flat
            adjacent += signs[:, :-1].reshape(-1, BITS).T @ signs[:, 1:].reshape(-1, BITS)
        return cls(rows * along, rows * (along - 1), ones, within, adjacent)


def doubles(words: Words) -> NDArray[np.float64]:
    """Return the doubles (..., 2) of draws, made by ``uniform52`` from both halves."""
    wide = words.astype(np.uint64)
    made = ((wide[..., 0::2] << np.uint64(20)) | (wide[..., 1::2] >> np.uint64(12))).astype(np.float64)
    return (made + 0.5) * TO_UNIT


def _table(ours: NDArray[np.int64], theirs: NDArray[np.int64], shares: NDArray[np.float64]) -> statistics.Judged:
    """Judge whether pairs of classes are independent."""
    classes = len(shares)
    counts = np.bincount((ours * classes + theirs).ravel(), minlength=classes**2)
    expected = ours.size * np.outer(shares, shares).ravel()
    return statistics.chi_square(float(((counts - expected) ** 2 / expected).sum()), classes**2 - 1)


def _apart(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the second of each pair of neighbours, (rows, along) values; pairs do not overlap."""
    even = values[:, : values.shape[1] // 2 * 2]
    return even[:, 0::2], even[:, 1::2]


def _squares(sums: NDArray[np.float64], number: int) -> statistics.Judged:
    """Judge sums of ``number`` fair, uncorrelated signs."""
    return statistics.chi_square(float((sums**2).sum() / number), sums.size)


EVEN = np.full(16, 1 / 16)


def judged(words: Words) -> statistics.Checks:
    """Judge words (rows, along, 4): the name of each test, the property that it tests, and its judgement."""
    bits = Bits.of(words)
    yield "bits", "each of the 128 bits is 0 as often as 1", _squares(bits.ones, bits.draws)
    flat = words.reshape(-1, 4).view(np.uint8)
    counts, expected = np.array([np.bincount(flat[:, k], minlength=256) for k in range(BYTES)]), len(flat) / 256
    even = statistics.chi_square(float(((counts - expected) ** 2 / expected).sum()), BYTES * 255)
    yield "bytes", "each of the 16 bytes has all values equally often", even
    found = stats.kstest(doubles(words).ravel(), "uniform", method="asymp")
    uniform = statistics.Judged(0.0, float(found.statistic), float(found.pvalue), "Kolmogorov-Smirnov")
    yield "doubles", "both doubles of all draws are uniform", uniform
    within = _squares(bits.within[np.triu_indices(BITS, 1)], bits.draws)
    yield "bits of a draw", "no two of its 128 bits are correlated", within
    top = (words[..., 0::2] >> np.uint32(28)).astype(np.int64)  # the top four bits of both doubles
    halves = _table(top[..., 0], top[..., 1], EVEN)
    yield "both halves", "the two doubles of a draw are independent, by sixteenths", halves
    same = _squares(np.diag(bits.adjacent), bits.pairs)
    yield "same bit", "a bit is uncorrelated with the same bit of the next draw", same
    pairs = _squares(bits.adjacent, bits.pairs)
    yield "all pairs", "no bit is correlated with any of the 128 bits of the next draw", pairs
    yield "weights", "the numbers of 1 bits in a draw and in the next are independent", _weights(words)
    serial = _table(*_apart(top[..., 0]), EVEN)
    yield "serial", "the doubles of neighbours, by sixteenths, are independent", serial


def _weights(words: Words) -> statistics.Judged:
    ones = np.unpackbits(np.arange(1 << 16, dtype=np.uint16).view(np.uint8).reshape(-1, 2), axis=1).sum(axis=1)
    weight = ones[words.view(np.uint16)].sum(axis=-1)
    ours, theirs = _apart(np.searchsorted(CLASSES, weight).astype(np.int64))
    shares = np.diff([0.0, *stats.binom.cdf(CLASSES, BITS, 0.5), 1.0])
    return _table(ours, theirs, shares)


def drawn(run: Run) -> Words:
    """Repeat the draws of the services in the log of a run: one row, one draw for each service."""
    columns = ["event", "origin", "detector", "stage", "number", "channel"]
    events = pq.read_table(run.path / EVENTS.file, columns=columns).to_pandas()
    services = events[events["event"] == "service_start"]
    origin, detector, stage, number = (
        services[name].to_numpy(dtype=np.int64) for name in ("origin", "detector", "stage", "number")
    )
    channel = services["channel"].map({one.label: int(one) for one in ContactChannel}).to_numpy(dtype=np.int64)
    alerts = origin | detector << DETECTOR_SHIFT | stage
    return each(run.scenario.spec.seed, alerts, channel * TRIES_A_CHANNEL + number, CONTACT_TRY)


def each(seed: int, identities: NDArray[np.int64], numbers: NDArray[np.int64], purpose: int) -> Words:
    """Return the lanes of draws of one purpose, each with its own number, (1, n, 4)."""
    lanes = np.empty((4, len(identities)), dtype=np.uint32)
    draw4_each(seed, identities, numbers, len(identities), purpose, lanes)
    return np.ascontiguousarray(lanes.T)[None]


USED = statistics.Study(
    name="Draws of a run",
    about=(
        "The desks of M/M/c again: for each service of the log, in the order in which they began, the draw behind it, "
        "by its counter. Neighbours are consecutive services anywhere in the country."
    ),
    values=MMC.values,
    days={"vector": 6},
    checks=lambda run, days: judged(drawn(run)),
)
