"""Twenty questions, answered: ``python -m benchmarks.gallery --write [WORDS]`` runs what has no answer yet.

WORDS choose questions. ``--pages`` instead of ``--write`` runs nothing, and writes the pages again.

``docs/questions.yaml`` names bundled policies, whose titles are the questions. Each is run beside its base, and
``docs/questions/`` gets a picture of the differences and the answer. ``docs/questions.md`` and the cards of
``docs/index.md`` are written from these. ``tests/test_gallery.py`` notices answers that are out of date.
"""

import hashlib
import json
import os
import shlex
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

import sim
from benchmarks.documents import write_into
from sim.base.rounding import percent
from sim.base.version import __version__
from sim.experiments.compare import not_drawn, set_in_draws
from sim.experiments.paired import PAIRS
from sim.experiments.run_size import RunSize
from sim.language.spoken import telling_in
from sim.reading.stored_answers import stored_answers
from sim.scenario import Scenario, load_scenario
from sim.scenario.bundled import FLAGSHIP, bundled_folder
from sim.scenario.load import changed
from sim.scenario.reading import read_plain
from sim.store.folder import to_json, whole
from sim.studio.policies import entries
from sim.studio.questions import provinces_of
from sim.told.effect import effect_lines, interval_said
from sim.told.vocabulary import quantity_named

DOCS = Path(__file__).resolve().parents[1] / "docs"
FOLDER = DOCS / "questions"
ANSWERS = FOLDER / "answers.json"
DRAWN = ("victims", "loss_money", "cases_filed", "averted", "recovered_money")
"""Totals of a picture, from the top down."""

ACROSS, HIGH = 4.6, 1.9
"""Width and height of a picture in inches."""

FEWER, OPEN, INK = "#0072B2", "#8A8A8A", "#757575"
"""Colours of a difference beyond chance, of one within it, and of text, which is seen on white and on black."""

SECONDS = 60.0
UNANSWERED, NO_ANSWER = "No answer is stored yet.", "no answer"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    """A bundled policy beside its base: its name, its title, and how large the runs of an answer are."""

    name: str
    title: str
    size: RunSize

    def command(self) -> str:
        """Return the command that compares the policy with its base."""
        words = ["tocsin", "compare", FLAGSHIP, self.name, *self.size.options, "--replicates", str(PAIRS)]
        return shlex.join(words)

    def settled(self) -> tuple[Scenario, Scenario]:
        """Return the base and the policy as they are run."""
        return _loaded(FLAGSHIP, self.size), _loaded(self.name, self.size)


@cache
def _loaded(name: str, size: RunSize) -> Scenario:
    return load_scenario(name, **size.arguments)


@cache
def questions() -> dict[str, list[Question]]:
    """Return the questions by who asks them; a province that a policy names is simulated by itself."""
    found: dict[str, list[Question]] = {}
    base = load_scenario(FLAGSHIP)
    for who, names in YAML(typ="safe").load(DOCS / "questions.yaml").items():
        found[who] = []
        for name in names:
            content = read_plain((bundled_folder() / f"{name}.yaml").read_text(encoding="utf-8"))
            size = RunSize.quick(base, provinces_of(entries(content)))
            found[who].append(Question(name, content["title"], size))
    return found


def answers() -> dict[str, Any]:
    """Return the stored answers by the name of the policy."""
    if not ANSWERS.exists():
        return {}
    found: dict[str, Any] = json.loads(ANSWERS.read_text(encoding="utf-8"))
    return found


class Runs:
    """Makes the replicates of a scenario, each scenario once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: dict[str, list[sim.Run]] = {}

    def of(self, scenario: Scenario) -> list[sim.Run]:
        """Return the replicates of a scenario."""
        if scenario.sha256 not in self.made:
            seeds = [scenario.spec.seed + replicate for replicate in range(PAIRS)]
            place = self.folder / scenario.sha256
            self.made[scenario.sha256] = [
                sim.run(changed(scenario, {"seed": seed}), place / str(seed)) for seed in seeds
            ]
        return self.made[scenario.sha256]


def answered(question: Question, runs: Runs) -> dict[str, Any]:
    """Run a question and return its answer, with the hashes of what was run."""
    base, policy = question.settled()
    pairs = runs.of(base), runs.of(policy)
    frame = sim.compare(list(pairs))
    rows = json.loads(frame.to_json(orient="records"))
    rows = [{**row, "posterior_draws": row["posterior_draws"] and round(row["posterior_draws"])} for row in rows]
    with telling_in(base.spec.terms):
        lines, kind = effect_lines(rows), interval_said(rows)
    # One kind of interval for sentences, picture and numbers.
    low, high = ("posterior_low", "posterior_high") if any(row["posterior_draws"] for row in rows) else ("low", "high")
    kept = {"quantity": "quantity", "base": "base", "difference": "difference", "low": low, "high": high}
    return {
        "sha256": hashes(question),
        "version": __version__,
        "seconds": round(sum(run.manifest["performance"]["wall_s"] for group in pairs for run in group), 1),
        "cores": len(os.sched_getaffinity(0)),
        "intervals": kind,
        "lines": lines,
        "rows": [{key: row[own] for key, own in kept.items()} for row in rows if row["quantity"] in DRAWN],
    }


def picture(answer: Mapping[str, Any], file: Path) -> None:
    """Draw the differences of an answer in per cent of the base, with their intervals, as an SVG file."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows = [row for name in DRAWN for row in answer["rows"] if row["quantity"] == name and row["base"]]
    # What a policy takes to zero would be all that is seen.
    rows = [row for row in rows if row["base"] + row["difference"]]
    with (
        mpl.rc_context({"svg.hashsalt": "tocsin", "svg.fonttype": "none", "font.size": 8.0}),
        whole(file) as unfinished,
    ):
        figure = Figure(figsize=(ACROSS, HIGH), layout="constrained")
        axes = figure.subplots()
        axes.axvline(0.0, color=INK, linewidth=0.8)
        for place, row in enumerate(reversed(rows)):
            ends = (row["difference"] if row[key] is None else row[key] for key in ("difference", "low", "high"))
            middle, low, high = (100.0 * end / row["base"] for end in ends)
            unknown = row["low"] is None
            colour = OPEN if unknown or low <= 0.0 <= high else FEWER
            axes.plot([low, high], [place, place], color=colour, linewidth=2.0)
            axes.plot([middle], [place], "o", color=colour, markersize=5)
        names = [quantity_named(row["quantity"]).partition(",")[0] for row in reversed(rows)]
        axes.set_yticks(range(len(rows)), names)
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.set_xlabel("difference in per cent of the baseline", color=INK)
        axes.tick_params(colors=INK)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color(INK)
        figure.savefig(unfinished, format="svg", metadata={"Date": None}, transparent=True)


def first_line(answer: Mapping[str, Any]) -> str:
    """Return the answer in one sentence: the changes in victims, losses and recovered money that there are."""
    parts = []
    over_draws = "posterior" in answer["intervals"].partition(",")[0]
    unsure = ", the direction is uncertain" if over_draws else ", within run-to-run noise"
    for name, what in (("victims", "victims"), ("loss_money", "losses"), ("recovered_money", "recovered money")):
        row = next(row for row in answer["rows"] if row["quantity"] == name)
        if not row["difference"] and row["low"] == row["high"]:
            parts.append(f"{what} unchanged")
            continue
        middle = row["difference"] / row["base"]
        if row["low"] is None:
            parts.append(f"{what} {_signed(middle)} (no interval)")
            continue
        low, high = (row[key] / row["base"] for key in ("low", "high"))
        sign = unsure if low <= 0.0 <= high else ""
        parts.append(f"{what} {_signed(middle)} ({_signed(low)} to {_signed(high)}{sign})")
    return f"{'; '.join(parts)}.".capitalize()


def _signed(share: float) -> str:
    return f"{'+' if share > 0 else ''}{percent(share)}"


def warnings(question: Question) -> list[str]:
    """Return what the interval of an answer over stored draws leaves out, or mixes in."""
    both = question.settled()
    return [*not_drawn(question.name, *both), *set_in_draws(question.name, *both)]


def time(answer: Mapping[str, Any]) -> str:
    """Return how long the runs of an answer took, in minutes."""
    minutes = max(1, round(answer["seconds"] / SECONDS))
    return f"{minutes} {'minute' if minutes == 1 else 'minutes'} on {answer['cores']} cores"


def page() -> str:
    """Return the twenty questions with their answers, as they stand in ``docs/questions.md``."""
    stored = answers()
    return "\n".join(line for who, some in questions().items() for line in _group(who, some, stored))


def _group(who: str, some: Sequence[Question], stored: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"## {who}", "")
    for one in some:
        answer = stored.get(one.name)
        yield from (f"(question-{one.name})=", f"### {one.title}", "")
        yield from (UNANSWERED if answer is None else first_line(answer), "")
        if answer is not None:
            yield from (f"![{one.title} Differences with intervals](questions/{one.name}.svg)", "")
            yield from (f"- {line}" for line in answer["lines"])
            yield f"- {answer['intervals']}; {time(answer)}."
            yield from (f"- {line}" for line in warnings(one))
            yield ""
        yield from (f"`{one.command()}`:", "")
        yield from (f":::{{literalinclude}} ../scenarios/{one.name}.yaml", ":language: yaml", ":::", "")


def cards() -> str:
    """Return the questions as cards in groups, as they stand on the site's home page."""
    stored = answers()
    lines: list[str] = []
    for who, some in questions().items():
        lines += [f"**{who}**", "", "::::{grid} 1 2 2 4", ":gutter: 2", ""]
        for one in some:
            answer = stored.get(one.name)
            lines += [f":::{{grid-item-card}} {one.title}", f":link: question-{one.name}", ":link-type: ref"]
            if answer is not None:
                lines += [f":img-bottom: questions/{one.name}.svg", f":img-alt: {one.title} Differences"]
            lines += ["", UNANSWERED if answer is None else first_line(answer), ":::", ""]
        lines += ["::::", ""]
    return "\n".join(lines).rstrip()


def stale(question: Question) -> list[str]:
    """Return what is out of date of a question: the scenarios or stored draws of its answer."""
    answer = answers().get(question.name)
    if answer is None:
        return [NO_ANSWER]
    now = hashes(question).items()
    return [f"the answer: its {key} changed" for key, one in now if answer["sha256"].get(key) != one]


def hashes(question: Question) -> dict[str, str]:
    """Return the hashes of the base and the policy of a question, as they are run, and of their stored answers."""
    both = question.settled()
    stored = repr([stored_answers(one) for one in both])
    return {
        **dict(zip(("base", "policy"), (one.sha256 for one in both), strict=True)),
        "draws": hashlib.sha256(stored.encode()).hexdigest(),
    }


def write(words: str, run: bool = True) -> None:
    """Write page and cards, and answer the questions with some words whose scenarios have no answer yet."""
    FOLDER.mkdir(exist_ok=True)
    every = [one for some in questions().values() for one in some]
    stored = answers()
    with tempfile.TemporaryDirectory(prefix="gallery-") as folder:
        runs = Runs(Path(folder))
        for one in every:
            old = one.name not in stored or stored[one.name]["sha256"] != hashes(one)
            if run and old and words.lower() in one.title.lower():
                stored[one.name] = answered(one, runs)
                ordered = {each.name: stored[each.name] for each in every if each.name in stored}
                ANSWERS.write_text(to_json(ordered), encoding="utf-8", newline="\n")
                print(f"{one.title} {first_line(stored[one.name])}", flush=True)
            if one.name in stored:
                picture(stored[one.name], FOLDER / f"{one.name}.svg")
    write_into(DOCS / "questions.md", "questions", page())
    write_into(DOCS / "index.md", "cards", cards())


def main(arguments: list[str]) -> int:
    """List the questions whose answers are out of date, or answer them; 1 where one is out of date."""
    if {"--write", "--pages"} & set(arguments):
        write(" ".join(one for one in arguments if not one.startswith("--")), "--write" in arguments)
    wrong = [f"{one.name}: {what}" for some in questions().values() for one in some for what in stale(one)]
    print("\n".join(wrong) or "All answers are those of the scenarios as they are.")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
