"""What a notebook shows of a run or a comparison by its bare name: the answer in sentences, then a table."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from sim.base.rounding import amount, percent
from sim.language.spoken import said, telling_in
from sim.reading.chance import LEVEL
from sim.reading.draw_intervals import TWENTIETHS
from sim.reading.headline import HEADLINE
from sim.told.answer import answer_lines, by_chance, estimates, interval_said, level_lines

if TYPE_CHECKING:
    import pandas as pd

    from sim.reading.run import Run


def summary_of(run: "Run") -> "pd.DataFrame":
    """Return the numbers of the answer of a run; see ``Run.summary``."""
    import pandas as pd

    found, noise = estimates([run]), by_chance([run])
    by_seed = said("{level}, run-to-run noise", level=percent(LEVEL))
    by_draw = said("{level}, parameter uncertainty and run-to-run noise", level=percent(1 - 2 / TWENTIETHS))
    with telling_in(run.scenario.spec.terms):
        rows = {
            name: (said(text), one.value, one.low, one.high, by_seed if one == noise[name] else by_draw)
            for name, text in HEADLINE.items()
            if (one := found.get(name)) is not None and one.low is not None
        }
    columns = ["meaning", "value", "low", "high", "interval"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("quantity")


def run_html(run: "Run") -> str:
    """Return the answer of a run, its numbers, and its warnings as HTML."""
    with telling_in(run.scenario.spec.terms):
        found = estimates([run])
        numbers = [
            {
                said("quantity"): said(text),
                said("value"): amount(found[name].value),
                said("interval"): found[name].ends(),
            }
            for name, text in HEADLINE.items()
            if name in found and found[name].low is not None
        ]
        lines = answer_lines(run)
        kind = interval_said(run) if len(lines) > 1 else ""
        return shown(run.scenario.spec.title, [*lines, *level_lines([run])], numbers, kind, run.manifest["warnings"])


def shown(
    title: str,
    lines: Sequence[str],
    numbers: "Sequence[dict[str, str]] | pd.DataFrame",
    kind: str,
    warnings: Sequence[str],
) -> str:
    """Return a title, sentences, a table, the kind of its intervals, and warnings as HTML; all texts are plain."""
    import pandas as pd

    table = pd.DataFrame(numbers).to_html(index=False, border=0) if len(numbers) else ""
    told = [said("warning: {line}", line=line) for line in dict.fromkeys(warnings)]
    parts = [f"<h4>{escape(title)}</h4>", *(f"<p>{escape(line)}</p>" for line in lines), table]
    return "".join([*parts, *(f"<p><small>{escape(line)}</small></p>" for line in [kind, *told] if line)])
