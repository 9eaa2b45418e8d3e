"""The page of a studio, filled in on the server: forms, provinces and texts in the language that is spoken."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sim.experiments.paired import PAIRS
from sim.experiments.run_size import WHOLE, RunSize
from sim.language.spoken import LANGUAGES, said, spoken
from sim.report.charts import in_script
from sim.report.filled import filled
from sim.studio.forms import forms, provinces
from sim.studio.policies import DRAFT, Policies
from sim.studio.questions import MOST_PAIRS, MOST_POLICIES, POOLS, draws_of
from sim.studio.texts import FURTHER, POOL_NAMES, words

FOLDER = Path(__file__).parent
TEMPLATE = "studio.html.jinja"


def _further(size: RunSize, draws: int) -> Iterator[dict[str, str]]:
    """Yield what can be asked further: not draws where none are stored, nor everybody where quick runs have them."""
    for ask, (name, text) in FURTHER.items():
        if (ask != "draws" or draws > 1) and (ask != "whole" or size != WHOLE):
            yield {"ask": ask, "name": said(name, draws=str(draws)), "text": said(text)}


def page(policies: Policies) -> str:
    """Return the HTML of the page."""
    scenario = policies.scenario
    rows = provinces(scenario)
    size, draws = RunSize.quick(scenario), draws_of(policies)
    data: dict[str, Any] = {
        "words": words(),
        "base": policies.base,
        "folder": f"{policies.folder}/",
        "fingerprint": policies.fingerprint(),
        "draft": DRAFT,
        "size": {"scale": size.scale, "pool": size.pool, "apart": [], "replicates": PAIRS},
        "whole": {"scale": WHOLE.scale, "pool": WHOLE.pool, "apart": []},
        "most": MOST_POLICIES,
        "draws": draws,
        "language": spoken(),
        "staff": {row["name"]: row["staff"] for row in rows},
    }
    return filled(
        TEMPLATE,
        FOLDER,
        languages=LANGUAGES,
        base=policies.base,
        question=scenario.spec.title,
        bundled=policies.bundled,
        groups=forms(scenario),
        provinces=rows,
        size=size,
        pools={pool: said(POOL_NAMES[pool]) for pool in POOLS},
        pairs=PAIRS,
        most_pairs=MOST_PAIRS,
        most_others=str(MOST_POLICIES - 1),
        draft=DRAFT,
        further=list(_further(size, draws)),
        data=in_script(data),
    )
