"""A policy as its report begins: its question, what was changed, what that did, and which findings come and go."""

from typing import TYPE_CHECKING

from sim.experiments.compare import caveats
from sim.experiments.sparing import unpriced_said
from sim.language.spoken import said
from sim.reading.findings import apart, shortened
from sim.reading.priced import not_priced
from sim.report.sections import Policy
from sim.report.side_by_side import Compared, did, how_known
from sim.scenario.levers import levers, run_as
from sim.store.withheld import change_withheld

if TYPE_CHECKING:
    pass


def policies(compared: Compared) -> list[Policy]:
    """Return what the page says of each run but the first, beside the first."""
    base, *others = compared.runs
    found = []
    for label, run in zip(compared.labels[1:], others, strict=True):
        changed = levers(base.scenario, run.scenario)
        unpriced = not_priced(base.scenario, run.scenario, changed)
        without = (
            change_withheld(base.scenario.spec, run.scenario.spec),
            unpriced_said([lever.name for lever in unpriced]),
        )
        held = base.manifest.get("policy_of") is None and run.manifest.get("policy_of") is None
        found.append(
            Policy(
                label=label,
                question=run.scenario.spec.title,
                changed=[lever.told for lever in changed] or [said("Nothing: this is the base under another name.")],
                run_as=[lever.told for lever in run_as(base.scenario, run.scenario)],
                did=[*did(compared, label), *filter(None, without)],
                note=how_known(compared),
                fresh=shortened(apart(run.found, base.found, held)),
                gone=shortened(apart(base.found, run.found, held)),
            )
        )
    return found


def warned(compared: Compared) -> list[str]:
    """Return what runs of this size cannot say, and what else they warn of."""
    return [str(line) for line in caveats(compared.labels, compared.runs, compared.replicates == 1)["warnings"]]


def title_of_all(shown: list[Policy], base: str) -> str:
    """Return the title of a report of policies: the question of a single one, else that they are compared."""
    if len(shown) == 1:
        return shown[0].question
    return said("{count} policies beside {base}", count=str(len(shown)), base=base)
