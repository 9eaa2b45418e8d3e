"""Inputs of the event kernels: the tables of a run, the values of a day, and the current event."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.aftermath.reports import ReportTables
from sim.country.people import PeopleTables
from sim.engines.tables import Tables
from sim.engines.vector.records import Integers
from sim.engines.vector.rules import Rules
from sim.episode.stages import EpisodeTables
from sim.episode.waiting import WaitTables
from sim.warning.delays import DelayTables
from sim.warning.detectors import DetectorTables
from sim.warning.discipline import LineTables
from sim.warning.dissuasion import DissuasionTables
from sim.warning.service import ServiceTables
from sim.warning.signs import SignTables


class RunTables(NamedTuple):
    """The fixed inputs of a run: its rules, and the tables for episodes and alerts."""

    rules: Rules
    people: PeopleTables
    detectors: DetectorTables
    delays: DelayTables
    signs: SignTables
    lines: LineTables
    service: ServiceTables
    episodes: EpisodeTables
    waits: WaitTables
    dissuasion: DissuasionTables
    reports: ReportTables


class ProvinceDay(NamedTuple):
    """The values of a day for a province.

    ``number`` is the day number, ``offset`` counts days from the start of the period, ``midnight`` is the moment at
    which the day begins. ``app``, ``held``, ``delayed`` (M,), ``reach``, ``searches`` (M, 4), ``known`` (S,),
    ``coverage`` (2,), ``data_sharing``, ``outage`` (2,), ``awareness`` (G,) and ``loss_factor`` are those of ``Today``;
    ``people_bytes`` (people,); ``staffed`` (2, 48) ms on duty by desk and half hour.
    """

    province: int
    number: int
    offset: int
    midnight: int
    app: int
    held: int
    delayed: Integers
    reach: float
    searches: NDArray[np.float64]
    known: NDArray[np.float64]
    data_sharing: float
    loss_factor: float
    coverage: Integers
    outage: Integers
    awareness: NDArray[np.float64]
    people_bytes: NDArray[np.uint8]
    staffed: Integers


class Now(NamedTuple):
    """The current event: its moment, and its order within the tick as in ``events``."""

    moment: int
    order: int


def run_tables(tables: Tables, rules: Rules) -> RunTables:
    """Return the fixed inputs of a run."""
    return RunTables(
        rules=rules,
        people=tables.people,
        detectors=tables.detectors,
        delays=tables.delays,
        signs=tables.signs,
        lines=tables.lines,
        service=tables.service,
        episodes=tables.episodes,
        waits=tables.waits,
        dissuasion=tables.dissuasion,
        reports=tables.reports,
    )
