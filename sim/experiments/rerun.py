"""Make a finished run again from its own folder, to check that this machine and these versions give the same bytes."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sim.reading.check import Checked
from sim.reading.run import Run
from sim.store.folder import SCENARIO_YAML
from sim.store.provenance import versions

if TYPE_CHECKING:
    from sim.scenario import Scenario

COMPUTED = ("figures", "evidence", "findings", "totals", "warnings")
"""Parts of ``run.json`` that a run computes; the others describe its machine and its time."""


def rerun(
    before: Run,
    scenario: "Scenario | None" = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    verbose: bool = False,
) -> Iterator[Checked]:
    """Repeat a run in a temporary folder, or its ``scenario`` with another engine, and compare every byte.

    Yields:
        Whether each file has the same bytes, and whether each computed part of ``run.json`` is equal. With another
        engine ``scenario.yaml``, which names it, is left out.
    """
    from sim.midnight.visiting import given_again, with_components
    from sim.running import run

    chosen = scenario or before.scenario
    if before.manifest.get("components") and not any(one.contents for one in chosen.components):
        chosen = with_components(chosen, given_again(before.manifest["components"]))
    left_out = () if chosen.spec.engine == before.scenario.spec.engine else (SCENARIO_YAML,)
    with tempfile.TemporaryDirectory(prefix="tocsin-rerun-", ignore_cleanup_errors=True) as place:
        again = run(chosen, Path(place) / "run", workers=workers, progress=progress, verbose=verbose)
        ours, theirs = again.manifest["files"], before.manifest["files"]
        for name in sorted({*ours, *theirs} - {*left_out}):
            same = ours.get(name) == theirs.get(name)
            yield Checked(f"{name}: the same bytes", same, "" if same else _difference(ours, theirs, name))
        for part in (part for part in COMPUTED if part in before.manifest):
            yield Checked(f"run.json: the same {part}", again.manifest[part] == before.manifest[part])


def _difference(ours: dict[str, str], theirs: dict[str, str], name: str) -> str:
    if name not in ours or name not in theirs:
        return "is missing in the new run" if name in theirs else "is missing in the stored run"
    return f"SHA-256 was {theirs[name]}, is {ours[name]}"


def other_versions(before: Run) -> dict[str, tuple[str | None, str | None]]:
    """Return the versions that differ from those of a run: then and now, by name."""
    then, now = before.manifest["versions"], versions()
    return {name: (then.get(name), now.get(name)) for name in {**then, **now} if then.get(name) != now.get(name)}
