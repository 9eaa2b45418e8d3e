"""Detectors against their closed forms: normal tails, the bivariate normal of both scores, the grid of cells."""

import itertools

import numpy as np
import pytest
from scipy import stats

from sim.base.days import day_number
from sim.base.words import OriginKind, Tier
from sim.country.calendar import Measures
from sim.country.provinces import Provinces
from sim.country.traffic import cell_masses, drawn_cells, edges, legitimate_counts, none_at
from sim.draws.distributions import CERTAIN, threshold
from sim.draws.identity import attempt_id, cell_id, origin_id
from sim.draws.philox import draw4
from sim.draws.purposes import ATTEMPT_MEETING, LEGITIMATE_CONTACT
from sim.scenario import ScenarioModel
from sim.warning import detectors as warning_detectors
from tests.chi_square import HOPELESS, LIKELY, fit

ATTEMPTS = 30_000
CONTACTS = 3.0e7


def tier_bounds(spec: ScenarioModel, detector: str) -> list[tuple[float, float]]:
    """Return the intervals of scores of the four tiers, and of no alert as the fifth."""
    thresholds = [getattr(getattr(spec.warning.detectors, detector).thresholds, tier) for tier in Tier.labels()]
    highs = [np.inf, *thresholds]
    return list(zip([*thresholds, -np.inf], highs, strict=True))


def rectangle(x: tuple[float, float], y: tuple[float, float], correlation: float) -> float:
    """Return the probability that two standard normal scores fall into a rectangle, precise in the upper tails."""
    normal = stats.multivariate_normal(cov=[[1.0, correlation], [correlation, 1.0]])

    def above(a: float, b: float) -> float:
        if np.inf in (a, b):
            return 0.0
        if a == -np.inf or b == -np.inf:
            return float(stats.norm.sf(max(a, b)))
        return float(normal.cdf([-a, -b]))

    return above(x[0], y[0]) - above(x[1], y[0]) - above(x[0], y[1]) + above(x[1], y[1])


def joint(spec: ScenarioModel, d_prime: tuple[float, float], correlation: float) -> np.ndarray:
    """Return the probabilities of the pairs of tiers (4 is no alert), (5, 5)."""
    central, local = tier_bounds(spec, "central"), tier_bounds(spec, "local")
    return np.array(
        [
            [
                rectangle((a - d_prime[0], b - d_prime[0]), (c - d_prime[1], d - d_prime[1]), correlation)
                for c, d in local
            ]
            for a, b in central
        ]
    )


def test_scores_of_attempts_are_bivariate_normal(tiny: ScenarioModel) -> None:
    d_prime = 1.9
    tables = warning_detectors.detector_tables(tiny)._replace(shift=np.array([0.0, 0.3]))
    counts = np.zeros((5, 5))
    for index in range(ATTEMPTS):
        _, _, u_central, u_local = draw4(11, attempt_id(8000, 0, 1, 2, 0, index), ATTEMPT_MEETING, 0)
        central, local = warning_detectors.attempt_tiers(u_central, u_local, d_prime, tables)
        counts[central, local] += 1
    shifted = (d_prime, d_prime + 0.3)
    assert fit(counts, ATTEMPTS * joint(tiny, shifted, tiny.warning.detectors.correlation)) > LIKELY
    assert fit(counts, ATTEMPTS * joint(tiny, shifted, 0.35)) < HOPELESS
    assert fit(counts, ATTEMPTS * joint(tiny, (d_prime, d_prime), 0.5)) < HOPELESS
    # The margins are the tails of the detector's curve: a share of hits at each threshold.
    for tier, name in enumerate(Tier.labels()):
        at_least = counts[: tier + 1, :].sum()
        limit = getattr(tiny.warning.detectors.central.thresholds, name)
        assert stats.binomtest(int(at_least), ATTEMPTS, stats.norm.sf(limit - d_prime)).pvalue > LIKELY


def test_scores_of_different_stages_are_independent(tiny: ScenarioModel) -> None:
    tables = warning_detectors.detector_tables(tiny)
    seen = np.zeros((2, 2))
    for index in range(ATTEMPTS):
        attempt = attempt_id(8000, 0, 1, 2, 0, index)
        first, later = (warning_detectors.stage_tiers(11, attempt, stage, 2.5, tables)[0] >= 0 for stage in (1, 2))
        seen[int(first), int(later)] += 1
    assert stats.chi2_contingency(seen).pvalue > LIKELY


@pytest.mark.parametrize(("correlation", "error"), [(-0.3, 2e-6), (0.9, 5e-5)])
def test_masses_of_cells_are_those_of_the_bivariate_normal(
    tiny: ScenarioModel, correlation: float, error: float
) -> None:
    detectors = tiny.warning.detectors.model_copy(update={"correlation": correlation})
    masses = cell_masses(detectors)
    bounds = list(itertools.pairwise([*edges(detectors.grid), np.inf]))
    expected = np.array([[rectangle(row, column, correlation) for column in bounds] for row in bounds])
    np.testing.assert_allclose(masses, expected, rtol=error, atol=1e-13)
    assert masses.sum() == pytest.approx(1.0, abs=1e-9)


def test_drawn_cells_are_those_that_reach_above_a_lowest_threshold(tiny: ScenarioModel) -> None:
    detectors = tiny.warning.detectors
    bounds = list(itertools.pairwise([*edges(detectors.grid), np.inf]))
    both = {tuple(cell) for cell in drawn_cells(detectors, (True, True)).tolist()}
    for i, j in itertools.product(range(len(bounds)), repeat=2):
        reaches = bounds[i][1] > detectors.central.thresholds.blue or bounds[j][1] > detectors.local.thresholds.blue
        assert ((i, j) in both) == reaches
    central = {tuple(cell) for cell in drawn_cells(detectors, (True, False)).tolist()}
    assert central < both
    assert all(bounds[i][1] > detectors.central.thresholds.blue for i, _ in central)
    assert len(drawn_cells(detectors, (False, False))) == 0


def legitimate_pairs(spec: ScenarioModel, seed: int) -> dict[int, tuple[int, int]]:
    """Return the tiers of the legitimate contacts of a day that raise an alert, by identity."""
    tables = warning_detectors.detector_tables(spec)
    masses = cell_masses(spec.warning.detectors)
    cells = drawn_cells(spec.warning.detectors, (True, True))
    rates = np.array([[CONTACTS, 0.0, 0.0]])
    counts = legitimate_counts(seed, 8000, rates, masses, cells, none_at(rates, masses, cells))
    found = {}
    for (row, column), count in zip(cells.tolist(), counts[0, 0].tolist(), strict=True):
        for index in range(count):
            contact = origin_id(OriginKind.LEGITIMATE, 8000, 0, 0, cell_id(row, column), index)
            _, u_central, u_local, _ = draw4(seed, contact, LEGITIMATE_CONTACT, 0)
            tiers = warning_detectors.legitimate_tiers(u_central, u_local, row, column, tables)
            if tiers != (-1, -1):
                found[contact] = tiers
    return found


def with_thresholds(spec: ScenarioModel, lower: float) -> ScenarioModel:
    """Return a scenario whose thresholds are high enough for a rare false alarm, and ``lower`` than that."""
    high = {"red": 4.3 - lower, "orange": 3.9 - lower, "yellow": 3.7 - lower, "blue": 3.5 - lower}
    detectors = spec.warning.detectors
    limits = type(detectors.central.thresholds).model_validate(high)
    both = {name: getattr(detectors, name).model_copy(update={"thresholds": limits}) for name in ("central", "local")}
    warning = spec.warning.model_copy(update={"detectors": detectors.model_copy(update=both)})
    return spec.model_copy(update={"warning": warning})


def test_false_alarms_come_in_the_shares_of_the_normal_tails(tiny: ScenarioModel) -> None:
    spec = with_thresholds(tiny, 0.0)
    counts = np.zeros((5, 5))
    for central, local in legitimate_pairs(spec, 12).values():
        counts[central, local] += 1
    expected = CONTACTS * joint(spec, (0.0, 0.0), spec.warning.detectors.correlation)
    expected[4, 4] = counts[4, 4] = 0.0
    alarms = expected.sum()
    assert alarms > 10_000
    for margin in (0, 1):
        assert fit(counts.sum(axis=margin)[:4], expected.sum(axis=margin)[:4]) > LIKELY
    assert fit(counts.ravel()[:-1], expected.ravel()[:-1]) > LIKELY
    independent = CONTACTS * joint(spec, (0.0, 0.0), 0.4)
    assert fit(counts.ravel()[:-1], independent.ravel()[:-1]) < HOPELESS


def test_looser_thresholds_find_the_same_contacts_and_more(tiny: ScenarioModel) -> None:
    tight, loose = legitimate_pairs(with_thresholds(tiny, 0.0), 12), legitimate_pairs(with_thresholds(tiny, 0.1), 12)
    assert tight.keys() < loose.keys()
    tail = stats.norm.sf(3.4) / stats.norm.sf(3.5)
    assert len(loose) / len(tight) == pytest.approx(tail, rel=0.05)
    for contact, tiers in tight.items():
        for before, after in zip(tiers, loose[contact], strict=True):
            # No tier becomes less urgent.
            assert before == -1 or 0 <= after <= before


def test_classes_are_confused_as_the_matrix_says(tiny: ScenarioModel) -> None:
    tables = warning_detectors.detector_tables(tiny)
    types = list(tiny.fraud.types)
    for row, true in enumerate([*types, "legitimate"]):
        probabilities = {r.predicted: r.probability for r in tiny.warning.confusion if r.true == true}
        counts = np.zeros(len(types))
        for index in range(3000):
            counts[warning_detectors.predicted_type(13, attempt_id(8000, row, 1, 2, 0, index), row, tables)] += 1
        expected = np.array([probabilities.get(name, 0.0) for name in types])
        assert counts[expected == 0.0].sum() == 0
        assert fit(counts[expected > 0], 3000 * expected[expected > 0]) > LIKELY
        assert fit(counts, np.full(len(types), 3000 / len(types))) < HOPELESS


def test_coverage_adds_up_ramps_and_ends_at_one(tiny: ScenarioModel) -> None:
    provinces = Provinces.of(tiny)
    day = day_number(tiny.period.start)
    kind = type(tiny.measures["warning-central"])

    def warning(**values: object) -> object:
        return kind.model_validate({"kind": "warning", "window": ["2021-01-01", None], **values})

    measures = Measures(
        {
            "a": warning(detector="central", coverage=0.3),  # type: ignore[dict-item]
            "b": warning(detector="central", coverage=0.4, provinces=[44]),  # type: ignore[dict-item]
            "c": warning(detector="central", coverage=0.6, provinces=[65]),  # type: ignore[dict-item]
            "d": warning(detector="central", coverage=0.6, provinces=[65]),  # type: ignore[dict-item]
            "e": warning(  # type: ignore[dict-item]
                detector="local", coverage=0.8, ramp={"midpoint": tiny.period.start.isoformat(), "width": "10 d"}
            ),
        }
    )
    seen = warning_detectors.coverage(measures, (day,), provinces.codes, PEOPLE)[0]
    assert seen[0].tolist() == [threshold(0.3), threshold(0.7), threshold(1.0)]
    assert seen[1].tolist() == [threshold(0.4)] * 3
    assert warning_detectors.coverage(measures, (day - 10_000,), provinces.codes, PEOPLE).sum() == 0


PEOPLE = {11: 6000, 44: 12000, 65: 3000}


@pytest.mark.parametrize(
    ("weights", "provinces", "expected"),
    [
        ({}, None, [0.3, 0.3, 0.3]),
        # Beijing sees twice what the others do, and all people together what they did: 0.3 x 21 / (2 x 6 + 12 + 3).
        ({"11": 2.0}, None, [0.3 * 2 * 21 / 27, 0.3 * 21 / 27, 0.3 * 21 / 27]),
        ({"44": 0.0}, None, [0.3 * 21 / 9, 0.0, 0.3 * 21 / 9]),
        # Where the measure is not in force there is nothing; all others keep what they have with it everywhere.
        ({"11": 2.0}, [11, 65], [0.3 * 2 * 21 / 27, 0.0, 0.3 * 21 / 27]),
    ],
)
def test_weights_share_coverage_out_and_leave_the_country_what_it_has(
    tiny: ScenarioModel, weights: dict[str, float], provinces: list[int] | None, expected: list[float]
) -> None:
    day = day_number(tiny.period.start)
    ramp = {"midpoint": tiny.period.start.isoformat(), "width": "10 d"}
    values = {"kind": "warning", "window": ["2021-01-01", None], "detector": "central", "ramp": ramp}
    kind = type(tiny.measures["warning-central"])
    measure = kind.model_validate({**values, "coverage": 0.6, "province_weights": weights, "provinces": provinces})
    measures = Measures({"weighed": measure})
    codes = Provinces.of(tiny).codes
    seen = warning_detectors.coverage(measures, (day,), codes, PEOPLE)[0, 0] / CERTAIN
    assert seen.tolist() == pytest.approx(expected, abs=1e-9)
    if provinces is None:
        people = [PEOPLE[code] for code in codes]
        assert np.dot(seen, people) / sum(people) == pytest.approx(0.3, abs=1e-9)
    # Provinces that the weights tell apart are not computed once for all.
    examples, alike = measures.alike(codes)
    assert warning_detectors.coverage(measures, (day,), [codes[p] for p in examples], PEOPLE)[0, 0, alike].tolist() == [
        threshold(share) for share in seen
    ]
