"""The folder of an experiment that goes on where it was interrupted: its request, its tables once they are whole.

``simulations`` keeps the journal of the runs in the same folder; which tables there are is up to each experiment.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.results.folder import SCENARIO_YAML, FolderError, demand_free, replace_json, sync
from sim.scenario.load import digest

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario


def claim(kind: str, scenario: "Scenario", request: Mapping[str, Any], folder: Path | None) -> Path:
    """Make the folder of an experiment, or find the one where it goes on.

    It holds ``KIND.json``, which says what was asked for of which scenario, and ``scenario.yaml``.

    Args:
        kind: The kind of experiment, such as ``sweep``.
        scenario: The scenario that it starts from.
        request: What was asked for, as JSON has it.
        folder: Where it is kept; if None, ``results/KINDs/NAME-HASH`` (``sensitivities``), the same for the same
            experiment.

    Returns:
        The folder.

    Raises:
        FolderError: If the folder holds anything else.
    """
    spec = scenario.spec
    start = {"name": spec.name, "seed": spec.seed, "scale": spec.scale, "scenario_sha256": scenario.sha256}
    document = {**start, "engine": spec.engine, **request}
    kinds = f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"
    path = folder or Path("results") / kinds / f"{scenario.name}-{digest(document)[:8]}"
    file = path / f"{kind}.json"
    if not file.is_file():
        demand_free(path)
        path.mkdir(parents=True, exist_ok=True)
        (path / SCENARIO_YAML).write_text(scenario.yaml(), encoding="utf-8", newline="\n")
        replace_json(file, document)
    elif json.loads(file.read_text(encoding="utf-8")) != document:
        raise FolderError(f"{path}: holds another {kind}; a folder that does not exist or is empty")
    return path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Let a file appear under its name once it is whole and durable, or not at all.

    Args:
        path: The name under which it appears.

    Yields:
        The name under which it is to be written.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    yield unfinished
    sync(unfinished)
    os.replace(unfinished, path)


def write_frame(path: Path, frame: "pd.DataFrame") -> None:
    """Write a table as Parquet; it appears whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with whole(path) as unfinished:
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(), unfinished)


def read_frame(path: Path) -> "pd.DataFrame":
    """Read a table of an experiment; missing values are NA."""
    import pandas as pd

    return pd.read_parquet(path, dtype_backend="numpy_nullable")
