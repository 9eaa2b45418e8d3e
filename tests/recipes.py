"""The recipes of docs/architecture.md, as edits: what somebody changes by hand for a gate, a measure, a key and so on.

Each recipe is a table of edits by file. ``tests/test_recipes.py`` carries them out on a scratch copy of the sources and
compares the files with those that the document lists.
"""

import re
from collections.abc import Callable

from tests.test_added import with_member

Edit = Callable[[str], str]
"""Changes the text of a file; that of a new file is empty before."""


def put(before: str, text: str) -> Edit:
    """Return an edit that inserts text in front of other text, which stands there once."""
    return instead(before, text + before)


def instead(before: str, text: str) -> Edit:
    """Return an edit that puts text in the place of other text, which stands there once."""

    def edit(source: str) -> str:
        assert source.count(before) == 1, f"{before!r} stands there {source.count(before)} times"
        return source.replace(before, text)

    return edit


def written(text: str) -> Edit:
    """Return the edit that writes a new file."""
    return lambda source: source + text


def all_of(*edits: Edit) -> Edit:
    """Return several edits as one."""

    def edit(source: str) -> str:
        for one in edits:
            source = one(source)
        return source

    return edit


def with_channel(source: str) -> str:
    """Return a scenario with values of a channel ``video`` next to those of online attempts, which they equal.

    Retries and classes of a channel may be missing, and are.
    """
    source = re.sub(r"(\{call: [^{}]*, sms: [^{}]*, online: ([^{},]+))\}", r"\1, video: \2}", source)
    lines: list[str] = []
    copied: list[str] = []
    indent, above = 0, ""
    for line in [*source.splitlines(), "end: of file"]:
        deep = len(line) - len(line.lstrip())
        if copied and line.strip() and deep <= indent:
            lines += copied
            copied = []
        above = line.strip() if deep == 2 else above
        if re.match(r" +online:", line) and not above.startswith(("retry:", "classes:")):
            indent = deep
            copied = [line.replace("online:", "video:", 1)]
        elif copied:
            copied.append(line)
        lines.append(line)
    return "\n".join(lines[:-1]) + "\n"


SCREENING = '''"""Gate 6: attempts that a service screens out before they ring."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.base.words import Channel
from sim.country.calendar import Days
from sim.country.measures import Measures
from sim.draws.distributions import threshold
from sim.scenario.schema import ScenarioModel


def thresholds(spec: ScenarioModel, measures: Measures, days: Days, codes: Sequence[int]) -> NDArray[np.int64]:
    """Return the thresholds of each day, (D, P)."""
    return np.full((len(days), len(codes)), threshold(spec.sites.screened), dtype=np.int64)


def theory(spec: ScenarioModel, channel: Channel, code: int) -> float:
    """Return the share that theory expects the gate to stop, see ``sim.shield.gate``."""
    return spec.sites.screened


def off(_: ScenarioModel) -> dict[str, float]:
    """Return the values by dotted key with which nothing is screened out."""
    return {"sites.screened": 0.0}
'''

SCREENED_ROW = """    Gate(Fate.SCREENED, "screening", "brown", marked("by screening"), "screening"),
"""

SCREENED_KEY = '''    screened: Probability = 0.0
    """Share of attempts that a service screens out. More: more attempts stopped. Example: `0.1`"""


'''

SCREENED_VALUE = """  screened: {value: 0.1, origin: assumed, range: [0.0, 0.2], basis: "no data"}
"""

GATE: dict[str, Edit] = {
    "sim/base/words.py": all_of(
        lambda source: with_member(source, "Fate", "SCREENED", "SITE_BLOCKED"),
        put('    Gate(Fate.UNANSWERED, "answering"', SCREENED_ROW),
    ),
    "sim/shield/screening.py": written(SCREENING),
    "sim/scenario/schema/gates.py": put("class ChannelAnswering(Part):", SCREENED_KEY),
    "scenarios/china-2022.yaml": put("  account: {value: 0.05", SCREENED_VALUE),
    "sim/told/costs.py": put('    "awareness": marked(', '    "screening": marked("screening"),\n'),
    "docs/model.md": written("\nScreening stops the share `screened` of the attempts: their fate is `screened`.\n"),
}

CURFEW = '''class Curfew(Gradual):
    """A curfew for calls: a share of them is not made."""

    row: ClassVar = Row("sites", NETWORK)
    kind: Literal["curfew"]
    """That it is a curfew for calls. Example: `curfew`"""
    intensity: Probability
    """Share of calls that are not made. More: fewer calls. Example: `0.3`"""


'''

CURFEW_ASKED = """        for curfew, ramp in measures.over(days, Curfew, code):
            of_province[Channel.CALL] *= 1.0 - curfew.intensity * ramp
"""

MEASURE: dict[str, Edit] = {
    "sim/scenario/schema/measures.py": all_of(
        put("Measure = Annotated[", CURFEW),
        lambda source: source.replace("    | Outage,\n", "    | Outage\n    | Curfew,\n"),
    ),
    "sim/shield/not_sent.py": all_of(
        put("        for law, ramp in", CURFEW_ASKED),
        lambda source: source.replace("measures import Law,", "measures import Curfew, Law,"),
    ),
    "scenarios/curfew.yaml": written(
        "schema: 1\nname: curfew\ntitle: What would a curfew for calls do?\nextends: tiny\nmeasures:\n"
        "  curfew:\n    kind: curfew\n    window: [2022-01-01, null]\n"
        "    intensity: {value: 0.3, origin: assumed, range: [0.1, 0.5], basis: no data}\n"
    ),
    "docs/model.md": put("| `card_purge` |", "| `curfew` | keeps a share of calls from being made | share |\n"),
}

KEY: dict[str, Edit] = {
    "sim/store/tables.py": put(
        '        Column("end", "label", "How it ended;',
        '        Column("about", "label", "Channel of what it was about.", labels=Channel.labels()),\n',
    ),
    "sim/engines/reference/alerts.py": all_of(
        instead("identity import alert_id", "identity import alert_id, channel_of"),
        instead("self.tier, finding.truth, how)", "self.tier, finding.truth, channel_of(finding.origin), how)"),
    ),
    "sim/engines/vector/counts.py": all_of(
        instead("identity import detector_of", "identity import channel_of, detector_of"),
        instead("alert.truth, end)", "alert.truth, channel_of(alert.identity), end)"),
    ),
}

VIDEO_FIELD = """    video: Value
    \"\"\"What holds of video calls.\"\"\"
"""

VIDEO_NAME = """    video: ChannelWord | None = None
    \"\"\"What video calls are called. Example: `video chat`\"\"\"
"""

VIDEO_QUANTITIES = """    "effort_video": marked("effort in video calls"),
    "yield_video": marked("yield of video calls"),
"""

CHANNEL: dict[str, Edit] = {
    "sim/base/words.py": lambda source: with_member(source, "Channel", "VIDEO", "ONLINE"),
    "sim/scenario/schema/base.py": put("\n\nPath = tuple[", VIDEO_FIELD),
    "sim/scenario/schema/names.py": put("    app: ChannelWord", VIDEO_NAME),
    "scenarios/china-2022.yaml": with_channel,
    "scenarios/tiny.yaml": with_channel,
    "scenarios/example-country.yaml": with_channel,
    "scenarios/singapore.yaml": with_channel,
    "sim/verify/quiet.yaml": with_channel,
    "sim/told/vocabulary.py": put('    "law_in_force":', VIDEO_QUANTITIES),
    "docs/model.md": written("\nVideo calls come over the internet: no card is needed and no filter sees them.\n"),
}

FATES = '''"""Fates: how many attempts ended how."""

from typing import TYPE_CHECKING

from sim.language.spoken import marked, said
from sim.report.looks import colours, words
from sim.report.tally import tally

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

TITLE = marked("Attempts by fate")


def fates(run: "Run") -> "go.Figure":
    """Draw the attempts of a run by fate."""
    import plotly.graph_objects as go

    counts = fates_table(run)
    figure = go.Figure(go.Bar(x=counts["count"], y=[words(fate) for fate in counts["fate"]], orientation="h"))
    return figure.update_traces(marker_color=[colours("fate")[fate] for fate in counts["fate"]]).update_layout(
        title=said(TITLE)
    )


def fates_table(run: "Run") -> "pd.DataFrame":
    """Return the attempts of a run by fate."""
    return tally(run, "attempts", ["fate"])


def fates_words(run: "Run") -> str:
    """Return what the picture shows of a run."""
    counts = fates_table(run)
    most = counts.loc[counts["count"].idxmax()]
    return said("The most frequent fate: {fate}.", fate=words(most["fate"]))
'''

FATES_SHOWN = """            Picture(fates.fates, fates.fates_table, fates.fates_words, marked("A bar for each fate.")),
"""

PICTURE: dict[str, Edit] = {
    "sim/report/pictures/fates.py": written(FATES),
    "sim/report/gallery.py": all_of(
        put("    waits,\n)", "    fates,\n"), put("            Picture(\n                money.money,", FATES_SHOWN)
    ),
}

COUNT = '''"""The command that counts the victims of a run."""

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.application import command


@command(("tocsin count results/runs/NAME", "the number of victims"))
def count(run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")]) -> None:
    """Count the victims of a run."""
    from sim.runs.run import load_run

    typer.echo(load_run(run).totals["victims"])
'''

COMMAND: dict[str, Edit] = {
    "sim/cli/count.py": written(COUNT),
    "sim/cli/__init__.py": all_of(
        instead("    beginning,\n", "    beginning,\n    count,\n"),
        instead("runs.findings, ", "runs.findings, count.count, "),
    ),
}

RECIPES = {
    "A gate": GATE,
    "A kind of measure": MEASURE,
    "A key": KEY,
    "A channel of attempts": CHANNEL,
    "A picture": PICTURE,
    "A command": COMMAND,
}
"""By the heading of each recipe in docs/architecture.md: the edits by hand, by file."""

TESTS: dict[str, Edit] = {
    "tests/test_complete.py": all_of(
        put('        dict.fromkeys(("call", "sms"), "reaches', '        {"video": "reaches whoever has a phone"} |\n'),
        instead(
            "labels(REGULATED.values()), Channel.labels",
            'labels(REGULATED.values()), Channel.labels, {"video": "nobody regulates it"}',
        ),
        instead('{"online": "needs no phone card"}', '{"online": "needs no phone card", "video": "needs none"}'),
        instead('posts and advertisements"}', 'posts and advertisements", "video": "no filter sees it"}'),
    )
}
"""What ``test_complete.py`` has to be told of the channel: why some gates do not stop its attempts."""
