"""Bands of scores: their shares, the law of both scores over all of them, and that no alert is missed by a bound."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

import sim
from sim.base.words import Channel, Fate
from sim.draws.compiled import compiled_with_arrays
from sim.draws.distributions import CERTAIN
from sim.draws.identity import attempt_id
from sim.draws.philox import draw4
from sim.draws.purposes import ATTEMPT_SCORES
from sim.warning import detectors as warning_detectors
from tests.chi_square import HOPELESS, LIKELY, fit
from tests.warning.test_detectors import rectangle

CONTACTS = 60_000
CUTS = (-math.inf, -1.5, -0.5, 0.3, 0.6, 0.9, 1.2, 1.35, 1.5, 1.8, 2.0, 2.25, 2.7, math.inf)
CORRELATIONS = (-0.9, 0.5)
TABLES = warning_detectors.detector_tables(sim.load_scenario("tiny").spec)

words = st.integers(0, CERTAIN - 1)
bands = st.integers(0, warning_detectors.REST)
scores = st.one_of(
    st.floats(-6.0, 6.0),
    st.sampled_from(
        [edge + step for edge in warning_detectors.EDGES[1:-1] for step in (-1e-8, -1e-12, 0.0, 1e-12, 1e-8)]
    ),
)


def masses() -> np.ndarray:
    """Return how often each band is looked at, (bands,): contacts with both scores in one count twice."""
    tails = stats.norm.sf(warning_detectors.EDGES)
    twice = 2.0 * np.diff(tails[: warning_detectors.BANDS])
    return np.append(twice, 1.0 - twice.sum())


def test_bands_share_all_contacts_by_their_normal_tails() -> None:
    assert warning_detectors.EDGES[0] == math.inf
    assert warning_detectors.EDGES[-1] == -math.inf
    assert list(warning_detectors.EDGES) == sorted(warning_detectors.EDGES, reverse=True)
    left = 1.0
    for band, mass in enumerate(masses()[: warning_detectors.REST]):
        # What remains for a band is drawn from those that lie in none above it.
        share = warning_detectors.SHARE[band] / CERTAIN
        assert left * share == pytest.approx(mass, rel=1e-8)
        left *= 1.0 - share
    assert len(warning_detectors.SHARE) == warning_detectors.REST
    assert left == pytest.approx(masses()[warning_detectors.REST], rel=1e-8)
    assert 0.0 < left < stats.norm.cdf(warning_detectors.LOWEST)


def test_every_band_and_fate_has_a_prospect_of_its_own() -> None:
    found = {
        warning_detectors.prospect_of(band, fate): (band, fate)
        for band in range(warning_detectors.BANDS)
        for fate in (Fate.UNANSWERED, Fate.IGNORED)
    }
    assert set(found) == set(range(warning_detectors.PROSPECTS)) - {warning_detectors.ENGAGING}
    assert {prospect: warning_detectors.band_and_fate(prospect) for prospect in found} == found


# The law of both scores


@compiled_with_arrays
def pairs_of(seed, band, count, first, correlation, least, out):
    """Fill ``out`` (count, 2) with the scores of as many contacts of a band."""
    for k in range(count):
        attempt = attempt_id(8000, 1, 1, 2, 1 + 2 * band, first + k)
        _, _, u_level, u_other = draw4(seed, attempt, ATTEMPT_SCORES, 0)
        larger = warning_detectors.height(u_level, band)
        out[k, 0], out[k, 1] = warning_detectors.scores_in_band(
            seed, attempt, larger, u_level, u_other, least, correlation
        )


def pairs(seed: int, correlation: float, least: float = -math.inf) -> np.ndarray:
    """Return the scores of contacts of all bands together, as many of each as fall into it, (n, 2)."""
    counts = np.random.default_rng(seed).multinomial(CONTACTS, masses())
    found = []
    for band, count in enumerate(counts.tolist()):
        found.append(np.empty((count, 2)))
        pairs_of(seed, band, count, 0, correlation, least, found[-1])
    return np.concatenate(found)


def on_grid(correlation: float, cuts: tuple[float, ...] = CUTS) -> np.ndarray:
    """Return the probabilities of the rectangles of a grid for a correlated normal pair."""
    sides = list(itertools.pairwise(cuts))
    return np.array([[rectangle(x, y, correlation) for y in sides] for x in sides])


@pytest.mark.parametrize("correlation", CORRELATIONS)
def test_over_all_bands_scores_are_the_correlated_normal_pair(correlation: float) -> None:
    found = pairs(31, correlation)
    cuts = [*CUTS[1:-1]]
    cells = np.searchsorted(cuts, found, side="right")
    counts = np.zeros((len(CUTS) - 1, len(CUTS) - 1))
    np.add.at(counts, (cells[:, 0], cells[:, 1]), 1)
    assert fit(counts, CONTACTS * on_grid(correlation)) > LIKELY
    assert fit(counts, CONTACTS * on_grid(correlation - 0.06)) < HOPELESS
    # Each score by itself is standard normal, finely.
    for column in found.T:
        assert stats.kstest(column, "norm").pvalue > LIKELY
    # Neither detector is served before the other.
    assert fit([(found[:, 0] > found[:, 1]).sum()], [CONTACTS / 2]) > LIKELY


@pytest.mark.parametrize("correlation", CORRELATIONS)
def test_void_contacts_are_as_many_as_have_both_scores_in_one_band(correlation: float) -> None:
    for band in range(warning_detectors.REST):
        found = np.empty((4000, 2))
        # Nothing below is of interest: what is void has no scores.
        pairs_of(32, band, 4000, 0, correlation, warning_detectors.LOWEST, found)
        void = np.isinf(found).all(axis=1)
        low, high = warning_detectors.EDGES[band + 1], warning_detectors.EDGES[band]
        both = rectangle((low, high), (low, high), correlation)
        # Counted twice, or as one of those whose other score lies in a higher band.
        above = 2.0 * (rectangle((low, high), (high, math.inf), correlation) if high < math.inf else 0.0)
        mass = 2.0 * (stats.norm.sf(low) - stats.norm.sf(high))
        share = (both + above) / mass
        counts = [void.sum(), (~void).sum()]
        assert fit(counts, [4000 * share, 4000 * (1.0 - share)]) > LIKELY
        kept = found[~void].max(axis=1)
        assert (kept >= low - 1e-12).all()
        assert (kept <= high + 1e-12).all()


@pytest.mark.parametrize("correlation", [-0.999, 0.5])
def test_scores_of_the_rest_lie_below_every_band(correlation: float) -> None:
    found = np.array(
        [warning_detectors.low_scores(33, attempt_id(8000, 1, 1, 2, 13, k), correlation) for k in range(3000)]
    )
    assert (found < warning_detectors.LOWEST).all()
    cuts = [-math.inf, -1.0, -0.3, 0.2, warning_detectors.LOWEST]
    sides = list(itertools.pairwise(cuts))
    wanted = np.array([[max(rectangle(x, y, correlation), 0.0) for y in sides] for x in sides])
    cells = np.searchsorted(cuts[1:-1], found, side="right")
    counts = np.zeros((4, 4))
    np.add.at(counts, (cells[:, 0], cells[:, 1]), 1)
    assert fit(counts, 3000 * wanted / wanted.sum()) > LIKELY


# Bounds leave nothing out


def detectors(
    central: float, local: float, shifts: tuple[float, float], correlation: float = 0.5
) -> warning_detectors.DetectorTables:
    """Return tables with these lowest thresholds and shifts."""
    steps = np.array([0.8, 0.4, 0.2, 0.0])
    return TABLES._replace(
        thresholds=np.array([central + steps, local + steps]), shift=np.array(shifts), correlation=correlation
    )


shifts = st.sampled_from([(0.0, 0.0), (0.3, -0.4), (-1.1, 0.7)])
seeing = st.sampled_from([(True, True), (True, False), (False, True), (False, False)])
places = st.tuples(st.sampled_from(list(Channel)), st.sampled_from([Fate.UNANSWERED, Fate.IGNORED]))


@given(
    places, st.sampled_from([0.0, 0.25, -0.6]), seeing, shifts, st.floats(-2.0, 6.0), st.floats(-2.0, 6.0), words, bands
)
@example((Channel.CALL, Fate.IGNORED), 0.0, (True, True), (0.0, 0.0), 2.5, 2.6, 0, 0)
def test_no_contact_of_a_band_that_is_left_out_could_raise_an_alert(
    place, sharing, sees, shift, central, local, u, band
):
    channel, fate = place
    tables = detectors(central, local, shift)
    least = warning_detectors.least_score(channel, fate, sharing, *sees, tables)
    d_prime = float(tables.contact[channel, fate - Fate.UNANSWERED]) + sharing
    if band < warning_detectors.bands_above(least) or band == warning_detectors.REST:
        return
    # The highest score of the band, and any.
    for u_level in (0, u):
        score = warning_detectors.height(u_level, band)
        assert score < least
        tiers = warning_detectors.tiers_of(score, score, d_prime, tables)
        assert all(tier == -1 or not seen for tier, seen in zip(tiers, sees, strict=True))


@given(places, st.sampled_from([0.0, 0.25, -0.6]), seeing, shifts, st.floats(-2.0, 6.0), st.floats(-2.0, 6.0))
def test_the_least_score_is_where_alerts_begin(place, sharing, sees, shift, central, local):
    channel, fate = place
    tables = detectors(central, local, shift)
    least = warning_detectors.least_score(channel, fate, sharing, *sees, tables)
    if sees == (False, False):
        assert least == math.inf
        assert warning_detectors.bands_above(least) == 0
        return
    d_prime = float(tables.contact[channel, fate - Fate.UNANSWERED]) + sharing

    def alarms(score: float) -> bool:
        tiers = warning_detectors.tiers_of(score, score, d_prime, tables)
        return any(tier != -1 and seen for tier, seen in zip(tiers, sees, strict=True))

    assert not alarms(least)
    assert alarms(least + 3e-9)
    # No band is looked at for nothing: the lowest of them reaches above the least score.
    assert warning_detectors.EDGES[warning_detectors.bands_above(least) - 1] > least
    assert (
        warning_detectors.bands_above(least) == warning_detectors.BANDS
        or warning_detectors.EDGES[warning_detectors.bands_above(least)] <= least
    )
