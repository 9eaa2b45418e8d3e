"""What runs of a copy of the sources show after the recipes: ``tests/test_recipes.py`` runs this file there."""

import hashlib
import json
from pathlib import Path
from typing import Any

import sim
from sim.base.words import Channel, Fate, Word
from sim.experiments.layers import LAYERS, layers_of, values_without
from sim.report.gallery import SECTIONS
from sim.verify.streams import GATES, shares_stopped

SHORT: dict[str, Any] = {"period": {"start": "2022-01-24", "end": "2022-01-25", "warmup": "1 d"}, "scale": 0.5}


def by_both(name: str, folder: Path) -> tuple[sim.Run, bool]:
    """Return a short run of a scenario, and whether the other engine stores the same bytes."""
    made = [
        sim.run(sim.load_scenario(name, engine=engine, **SHORT), folder / engine, events="all", workers=1)
        for engine in ("reference", "vector")
    ]
    one, other = (
        {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in run.path.glob("*.parquet")}
        for run in made
    )
    return made[0], one == other


def counts(table: Any, key: str, words: type[Word]) -> dict[str, int]:
    """Return the counts of a table by the words of a key, in their order."""
    found = table.groupby(key, observed=True)["count"].sum()
    return {word: int(found.get(word, 0)) for word in words.labels()}


def main() -> None:
    """Print what was found as JSON."""
    for path in sorted(Path("scenarios").glob("*.yaml")):
        sim.load_scenario(str(path))
    run, equal = by_both("tiny", Path("tiny"))
    curfew, equal_with_measure = by_both("scenarios/curfew.yaml", Path("curfew"))
    picture = next(one for section in SECTIONS for one in section.pictures if one.name == "fates")
    found = {
        "equal": equal and equal_with_measure,
        "fates": counts(run.attempts, "fate", Fate),
        "theory": shares_stopped(GATES.scenario("vector", 1, 2).spec)[0, 0].tolist(),
        "layers": [LAYERS, layers_of(run.scenario)],
        "without": values_without(curfew.scenario, ["sites", "screening"]),
        "channels": counts(run.attempts, "channel", Channel),
        "about": counts(run.alerts, "about", Channel),
        "calls": [counts(one.attempts.query("channel == 'call'"), "fate", Fate) for one in (run, curfew)],
        "drawn": len(picture.draw(run).data),
        "table": len(picture.table(run)),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
