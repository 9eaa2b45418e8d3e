"""The people of one province, as contacts find them and as the kernels derive their traits."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.country.provinces import Provinces
from sim.engines.tables import Tables


class Crowd(NamedTuple):
    """What ``target`` needs to find a person: number of people, of whom in the high exposure class, and its share."""

    persons: int
    high: int
    high_share: float


class Residents(NamedTuple):
    """The people of a province: the rows of ``PeopleTables`` for it, and guides.

    ``band_guide`` and ``stage_guide`` (4096,) age band and stage of life by the top bits of the uniform of age,
    ``AMBIGUOUS`` where these do not determine it; ``age`` (100,) thresholds by year of age, ``band`` and ``stage``
    (100,) by year of age; ``women`` and ``urban`` thresholds; ``internet`` (2, bands) and ``occupation`` (2, 4, 4)
    thresholds by home.
    """

    crowd: Crowd
    band_guide: NDArray[np.uint8]
    stage_guide: NDArray[np.uint8]
    age: NDArray[np.int64]
    band: NDArray[np.int64]
    stage: NDArray[np.int64]
    women: int
    urban: int
    internet: NDArray[np.int64]
    occupation: NDArray[np.int64]


def crowd_of(p: int, provinces: Provinces, high_share: float) -> Crowd:
    """Return the people of province ``p`` for ``target``."""
    return Crowd(int(provinces.people[p]), int(provinces.high[p]), high_share)


def residents_of(p: int, tables: Tables, band_guide: NDArray[np.uint8], stage_guide: NDArray[np.uint8]) -> Residents:
    """Return the people of province ``p``."""
    people = tables.people
    return Residents(
        crowd=crowd_of(p, tables.provinces, tables.high_share),
        band_guide=band_guide,
        stage_guide=stage_guide,
        age=people.age[p],
        band=people.band,
        stage=people.stage,
        women=int(people.women[p]),
        urban=int(people.urban[p]),
        internet=people.internet[p],
        occupation=people.occupation,
    )
