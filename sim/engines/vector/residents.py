"""The people of one province, as contacts find them and as kernels derive their traits."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.country.people import PeopleTables
from sim.draws.compiled import inlined


class Crowd(NamedTuple):
    """Inputs of ``target``: number of people, number of them in the high exposure class, and its share of contacts."""

    persons: int
    high: int
    high_share: float


class Residents(NamedTuple):
    """The people of a province: the rows of ``PeopleTables`` for it, and guides.

    ``band_guide`` and ``stage_guide`` (4096,) age band and stage of life by the top bits of the uniform of age,
    ``AMBIGUOUS`` if these do not determine it; ``age`` (100,) thresholds by year of age, ``band``, ``stage`` and
    ``group`` (100,) of ``groups`` by year of age; ``women`` and ``urban`` thresholds; ``internet`` (2, bands) and
    ``occupation`` (2, 4, 4) thresholds by home.
    """

    crowd: Crowd
    band_guide: NDArray[np.uint8]
    stage_guide: NDArray[np.uint8]
    age: NDArray[np.int64]
    band: NDArray[np.int64]
    stage: NDArray[np.int64]
    group: NDArray[np.int64]
    groups: int
    women: int
    urban: int
    internet: NDArray[np.int64]
    occupation: NDArray[np.int64]


class People(NamedTuple):
    """The people of all provinces, in addition to ``PeopleTables``.

    ``persons`` (P,) their number, of whom ``high`` (P,) are the high exposure class, which receives ``high_share`` of
    all contacts; ``first`` (P + 1,) places of each province's bytes; ``band_guide`` and ``stage_guide`` (P, 4096) of
    ``Residents``.
    """

    persons: NDArray[np.int64]
    high: NDArray[np.int64]
    high_share: float
    first: NDArray[np.int64]
    band_guide: NDArray[np.uint8]
    stage_guide: NDArray[np.uint8]


# Inlined, because a call would copy the tuples of arrays.


@inlined
def crowd_of(p: int, people: People) -> Crowd:
    """Return the people of province ``p`` for ``target``."""
    return Crowd(people.persons[p], people.high[p], people.high_share)


@inlined
def residents_of(p: int, people: People, tables: PeopleTables) -> Residents:
    """Return the people of province ``p``."""
    return Residents(
        crowd=crowd_of(p, people),
        band_guide=people.band_guide[p],
        stage_guide=people.stage_guide[p],
        age=tables.age[p],
        band=tables.band,
        stage=tables.stage,
        group=tables.group,
        groups=tables.groups,
        women=tables.women[p],
        urban=tables.urban[p],
        internet=tables.internet[p],
        occupation=tables.occupation,
    )
