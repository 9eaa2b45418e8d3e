"""The folder of an experiment: what it is about, its journal while it goes on, its tables once it is done."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.results.folder import SCENARIO_YAML, FolderError, demand_free, replace_json, sync
from sim.scenario.load import digest

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario


def claim(kind: str, scenario: "Scenario", asked: Mapping[str, Any], folder: Path | None) -> Path:
    """Make the folder of an experiment, or find the one where it goes on.

    It holds ``KIND.json``, what the experiment is about, and ``scenario.yaml``. Without a ``folder`` it is
    ``results/KINDs/NAME-HASH`` (``sensitivities``), the same for the same experiment. Raises FolderError where it holds
    anything else.
    """
    spec = scenario.spec
    own = {"name": spec.name, "seed": spec.seed, "scale": spec.scale, "scenario_sha256": scenario.sha256}
    about = {**own, "engine": spec.engine, **asked}
    kinds = f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"
    place = folder or Path("results") / kinds / f"{scenario.name}-{digest(about)[:8]}"
    file = place / f"{kind}.json"
    if not file.is_file():
        demand_free(place)
        place.mkdir(parents=True, exist_ok=True)
        (place / SCENARIO_YAML).write_text(scenario.yaml(), encoding="utf-8", newline="\n")
        replace_json(file, about)
    elif json.loads(file.read_text(encoding="utf-8")) != about:
        raise FolderError(f"{place}: holds another {kind}; a folder that does not exist or is empty")
    return place


def write_frame(path: Path, frame: "pd.DataFrame") -> None:
    """Write a table as Parquet; it appears whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    unfinished = unfinished_name(path)
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(), unfinished)
    publish(unfinished, path)


def read_frame(path: Path) -> "pd.DataFrame":
    """Read a table of an experiment; what is missing is NA."""
    import pandas as pd

    return pd.read_parquet(path, dtype_backend="numpy_nullable")


def unfinished_name(path: Path) -> Path:
    """Give the name that a file has until it is whole."""
    return path.with_name(f".{path.name}.unfinished")


def publish(unfinished: Path, path: Path) -> None:
    """Make a whole file durable and let it appear under its name."""
    sync(unfinished)
    os.replace(unfinished, path)
