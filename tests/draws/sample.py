"""A sample of every compiled function of ``sim.draws``, as lines of exact values.

Run as a program it prints them, so that the same source can be run in an interpreter without a compiler.
"""

import math
import warnings
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from sim.base.words import DistributionKind
from sim.draws import distributions, functions, identity, philox

WORDS = (0, 1, 0x12345678, 0x80000000, 0xFFFFFFFF)
UNIFORMS = tuple((k + 0.5) * 2.0**-52 for k in (0, 1, 2**30, 2**50, 2**51 - 1, 2**51, 3 * 2**50 + 7, 2**52 - 1))
REALS = (0.0, *(sign * 1.37**i for sign in (-1.0, 1.0) for i in range(-40, 24)))
RATES = (0.0, 1e-9, 0.3, 7.0, 63.5, 64.0, 64.2, 90.0, 1e4, 1e9)
TRIALS = (0, 1, 7, 255, 256, 257, 300, 12_345, 16_000_000, 2**31)
LIMITS = (0, 1, 977, 2**20, 2**31 - 1, 2**31, 2**31 + 1, 2**32 - 977, 2**32 - 1, 2**32)


IDENTITIES = np.array([0, 1, 5 << 40 | 77, (1 << 62) + 12345, (1 << 63) - 1], dtype=np.int64)


def rounds() -> tuple[int, ...]:
    """The rounds alone, over unsigned integers."""
    return tuple(int(word) for word in philox.rounds(*(np.uint64(word) for word in (*WORDS, 7))))


def words(identity: int) -> tuple[int, ...]:
    """The draws of an entity, as the loops over many make them."""
    drawn = philox.words(identity, 1 << 62 | 17, 80, 3)
    return tuple(int(word) for word in drawn)


def draw4_many() -> tuple[int, ...]:
    """The lanes of some entities, one entity after the other."""
    lanes = np.zeros((4, 5), dtype=np.uint32)
    philox.draw4_many(1 << 62 | 17, IDENTITIES, 5, 80, 3, lanes)
    return tuple(lanes.T.ravel().tolist())


def draw4_each() -> tuple[int, ...]:
    """The lanes of some entities, each with a number of its own."""
    lanes = np.zeros((4, 5), dtype=np.uint32)
    philox.draw4_each(1 << 62 | 17, IDENTITIES, np.arange(5) << 20, 5, 80, lanes)
    return tuple(lanes.T.ravel().tolist())


def draw4_run() -> tuple[int, ...]:
    """The lanes of entities that follow each other."""
    lanes = np.zeros((4, 5), dtype=np.uint32)
    philox.draw4_run(17, 3 << 40, 32, 5, 80, lanes)
    return tuple(lanes.T.ravel().tolist())


def lanes_of_uniforms() -> NDArray[np.uint32]:
    """The uniforms as the two lanes of which they are made, (2, n)."""
    lanes = np.zeros((2, len(UNIFORMS)), dtype=np.uint32)
    for k, u in enumerate(UNIFORMS):
        bits = int(u * 2.0**52)
        lanes[:, k] = bits >> 20, (bits & 0xFFFFF) << 12
    return lanes


def quantiles(kind: int) -> tuple[float, ...]:
    """Quantiles in the middle, in both near tails and in the far ones."""
    out, tails = np.zeros(len(UNIFORMS)), np.zeros(len(UNIFORMS))
    distributions.quantiles(
        kind, 3.7, 1.3, lanes_of_uniforms(), len(UNIFORMS), out, np.zeros(len(UNIFORMS), dtype=np.int64), tails
    )
    return tuple(out.tolist())


def normal_scores() -> tuple[float, ...]:
    """Normal quantiles in the middle and in both tails, many at once."""
    out, tails = np.zeros(len(UNIFORMS)), np.zeros(len(UNIFORMS))
    distributions.normal_scores(lanes_of_uniforms(), len(UNIFORMS), out, np.zeros(len(UNIFORMS), dtype=np.int64), tails)
    return tuple(out.tolist())


def round_to_ticks() -> tuple[float, ...]:
    """Durations from none to endless, rounded many at once."""
    durations = np.array([*(abs(x) for x in REALS), *(1e17 * u for u in UNIFORMS)])
    distributions.round_to_ticks(durations, len(durations), 7)
    return tuple(durations.tolist())


def uniform_pairs() -> tuple[float, ...]:
    """Both uniforms of some entities."""
    return tuple(philox.uniform_pairs(1 << 62 | 17, IDENTITIES, 80, 3).ravel().tolist())


def traffic_ids() -> tuple[int, ...]:
    """The identities of two cells of a day."""
    return tuple(identity.traffic_ids(7974, np.array([0, 18]), np.array([1, 2]), np.array([5, 31])).tolist())


def binomials() -> tuple[int, ...]:
    """Counts of all trials, each with a threshold and a uniform of its own."""
    uniforms = np.resize(UNIFORMS, len(TRIALS))
    return tuple(distributions.binomials(np.array(TRIALS), np.array(LIMITS), uniforms).tolist())


def calls() -> Iterator[tuple[Callable[..., object], tuple[object, ...]]]:
    """Each function of the room with the arguments to try it on."""
    for w in WORDS:
        for v in WORDS:
            yield philox.philox4x32, (w, v, w ^ 5, 7, v ^ 9, w)
            yield philox.draw4, (w << 31 | v, v << 30 | w, 17, 3)
            yield philox.uniform52, (w, v)
            yield distributions.is_kept, (w << 31 | v, v << 30 | w, w)
        yield philox.uniform32, (w,)
    for fields in ((0, 7974, 18, 1, 5, 1234), (1, 32767, 31, 2, 1023, 2**24 - 1), (0, 0, 0, 0, 0, 0)):
        yield identity.origin_id, fields
        alert = identity.alert_id(identity.origin_id(*fields), 1, 11)
        for reader in (identity.origin_of, identity.kind_of, identity.day_of, identity.province_of,
                       identity.channel_of, identity.cell_of, identity.index_of, identity.detector_of,
                       identity.stage_of, identity.fraud_type_of):  # fmt: skip
            yield reader, (alert,)
        yield identity.alert_id, (identity.origin_id(*fields), 1, 11)
        yield identity.province_day_id, fields[1:4]
        yield identity.traffic_id, fields[1:5]
        yield identity.attempt_id, (*fields[1:4], 7, 11, fields[5])
    for pair in (identity.cell_id, identity.person_id, identity.slot_id, identity.slot_day_id,
                 identity.backlog_id, identity.quantity_id):  # fmt: skip
        yield pair, (21, 30)
    for reader in (identity.cell_central, identity.cell_local, identity.person_province, identity.person_number):
        yield reader, (identity.person_id(21, 1000) | 999,)
    for k in (-1022, -1, 0, 1023):
        yield functions.power_of_two, (k,)
    for x in REALS:
        for function in (functions.exp, functions.exp_less_1, functions.normal_cdf):
            yield function, (x,)
        yield functions.log, (abs(x),)
        yield distributions.threshold, (x,)
        yield distributions.to_ticks, (x, 7)
        yield distributions.distinct, (abs(x), 40.0)
        yield distributions.no_event, (abs(x),)
        yield distributions.power, (abs(x) % 1.0, 37)
        if abs(x) < 600.0:
            yield functions.exp_of_moderate, (x,)
        if x > 1e-300:
            yield functions.log_of_normal, (x, 3)
    for function in (functions.fsum, functions.exact_fsum):
        yield function, (np.array(REALS),)
    for identity_ in IDENTITIES.tolist():
        yield words, (identity_,)
    yield rounds, ()
    yield uniform_pairs, ()
    yield traffic_ids, ()
    yield binomials, ()
    yield draw4_each, ()
    yield normal_scores, ()
    yield round_to_ticks, ()
    yield draw4_many, ()
    yield draw4_run, ()
    yield distributions.uniform_at, (np.array([[7], [1 << 31]], dtype=np.uint32), 0)
    for kind in map(int, DistributionKind):
        yield quantiles, (kind,)
    for q in (-0.425, -0.1, 0.0, 1e-9, 0.3, 0.425):
        yield functions.middle_quantile, (q,)
    for root in (1.6, 2.0, 3.3, 5.0):
        yield functions.tail_quantile, (root,)
    for x in (0.3, -0.2, 0.1):
        yield functions.exp_less_1_near_0, (x,)
        yield functions.left_after, (x, 2.0)
    profile = np.cumsum(np.array([0.0, *(1.0 + math.sqrt(i) for i in range(48))]))
    for u in UNIFORMS:
        yield functions.normal_quantile, (u,)
        yield distributions.piecewise_moment, (u, profile, 1)
        for rate in RATES:
            yield distributions.poisson, (rate, u)
            yield distributions.is_no_event, (u, *distributions.no_event(rate))
        yield distributions.poisson_by_search, (12.5, u)
        for count in TRIALS:
            for limit in LIMITS:
                yield distributions.binomial, (count, limit, u)
        yield distributions.binomial_by_search, (300, 0.2, u)
        for kind in map(int, DistributionKind):
            yield distributions.quantile, (kind, 3.7, 1.3, u)
            yield distributions.distribution_function, (kind, 3.7, 1.3, 10.0 * u)
    cumulative = distributions.cumulative_thresholds([0.1, 0.0, 0.6, 0.3])
    for w in WORDS:
        yield distributions.pick, (w, cumulative)
        for limit in LIMITS:
            yield distributions.below, (w, limit)
    for target in (0.0, 18.08, 100.0, float(profile[-1])):
        yield distributions.half_hour_of, (target, profile)
    yield distributions.moment_in_half_hour, (profile[7] + 0.25, 7, profile, 1000)


def lines() -> list[str]:
    """One line a call: the function, what it was given, the bits of what it gave."""
    out = []
    for function, arguments in calls():
        value = function(*arguments)
        values = value if isinstance(value, tuple) else (value,)
        bits = " ".join(float(v).hex() if isinstance(v, float) else str(int(v)) for v in values)
        shown = " ".join(str(a) for a in arguments if not isinstance(a, np.ndarray))
        out.append(f"{function.__name__}({shown}) = {bits}")
    return out


if __name__ == "__main__":
    warnings.simplefilter("error")
    print("\n".join(lines()))
