"""How much is measured: a smoke test of seconds, a quick look of minutes, or the whole table."""

import os
from dataclasses import dataclass, replace

SIZE = "TOCSIN_BENCH_SIZE"
SCALE = "TOCSIN_BENCH_SCALE"
WORKERS = "TOCSIN_BENCH_WORKERS"
"""Environment variables that choose the size, the largest scale of the engine ``vector``, and its workers."""

Settings = tuple[str, ...]
"""Values of ``tocsin run --set``, such as ``period.warmup=0 d``."""


@dataclass(frozen=True)
class Sizes:
    """The amounts of one size.

    ``customers`` pass the plain queue in each of ``rounds`` rounds. ``scenario`` with ``settings`` is run by the
    reference engine at ``reference_scale`` and by the vector engine there and at ``vector_scale``;
    ``vanishing_scale`` leaves of a run hardly more than its fixed cost. ``shares`` are the fractions of the largest
    scale, and of the days of the period (first and last in ``days``), at which cost is measured; the last is 1.
    ``starts`` is how often the command line is started. ``compiles`` says whether everything is compiled anew once,
    and also before the runs of an engine, so that none of them compiles.
    ``workers`` are those of the vector engine. Small runs are one at ``thin_scale``, and one at ``pooled_scale`` whose
    provinces are one; with three times the attempts the scenario runs at ``dense_scale``. Each is measured in ``pairs``
    that run in turn. ``emulated`` runs are what emulators are fitted to. ``first`` says whether the README's first
    command is measured, which runs the whole country.
    """

    name: str
    customers: int
    rounds: int
    scenario: str
    reference_scale: float
    vector_scale: float
    vanishing_scale: float
    shares: tuple[float, ...]
    starts: int
    days: tuple[str, str]
    settings: Settings
    compiles: bool
    workers: int
    thin_scale: float
    pooled_scale: float
    dense_scale: float
    pairs: int
    emulated: int
    first: bool


FULL = Sizes(
    name="full",
    customers=400_000,
    rounds=5,
    scenario="china-2022",
    reference_scale=2e-5,
    vector_scale=0.02,
    vanishing_scale=1e-6,
    shares=(0.125, 0.25, 0.5, 1.0),
    starts=9,
    days=("2021-01-01", "2022-11-30"),
    settings=(),
    compiles=True,
    workers=os.cpu_count() or 1,
    thin_scale=0.001,
    pooled_scale=0.005,
    dense_scale=0.1,
    pairs=5,
    emulated=2_000,
    first=True,
)
QUICK = replace(
    FULL,
    name="quick",
    customers=200_000,
    rounds=3,
    vector_scale=0.002,
    shares=(0.25, 0.5, 1.0),
    dense_scale=0.02,
    pairs=1,
    emulated=1_000,
    first=False,
)
SMOKE = replace(
    FULL,
    name="smoke",
    customers=2_000,
    rounds=1,
    scenario="tiny",
    reference_scale=0.2,
    vector_scale=0.2,
    vanishing_scale=0.01,
    shares=(0.5, 1.0),
    starts=1,
    days=("2022-01-24", "2022-01-25"),
    settings=("period.warmup=0 d",),
    compiles=False,
    thin_scale=0.2,
    pooled_scale=0.2,
    dense_scale=0.2,
    pairs=1,
    emulated=60,
    first=False,
)
"""Shows that every piece works; its numbers mean nothing."""


def sizes() -> Sizes:
    """Return the size that the environment asks for, the full one by default.

    Raises:
        SystemExit: If it asks for one that is not there.
    """
    known = {size.name: size for size in (FULL, QUICK, SMOKE)}
    name = os.environ.get(SIZE, FULL.name)
    if name not in known:
        raise SystemExit(f"{SIZE}={name} must be one of {', '.join(known)}")
    chosen = known[name]
    scale, workers = os.environ.get(SCALE), os.environ.get(WORKERS)
    return replace(
        chosen,
        vector_scale=float(scale) if scale else chosen.vector_scale,
        workers=int(workers) if workers else chosen.workers,
    )
