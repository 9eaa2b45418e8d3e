"""Findings: what needs attention in a run, computed from its stored tables only.

docs/model.md, section 9, defines each kind.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path

from sim.base.rounding import amount, percent, written
from sim.language.dates import month_named
from sim.language.labels import evidence_named, named
from sim.language.spoken import counted, marked, said
from sim.reading.desk_findings import busy_desks, expired_tiers
from sim.reading.figures import CHANGE, STANDARD_ERRORS
from sim.reading.gang_findings import gangs_begin_late
from sim.reading.measure_findings import about_measures
from sim.reading.queue_findings import growing_lines
from sim.reading.row import Row, finding
from sim.reading.seats import Seats
from sim.reading.stretches import stretches, when
from sim.store.scope import Scope

IN_SOME = {
    "replicates": marked("In {some} of {all} replicates: {finding}"),
    "draws": marked("In {some} of {all} posterior draws: {finding}"),
}
OF_FIGURES = ("fitted_figure", "predicted_figure", "reported_outside_interval", "simulated_outside_interval")
"""Kinds of findings about figures outside their tolerance or their interval."""

COMPARED = ("input_figure", *OF_FIGURES, "evidence")
"""Kinds of findings that compare a run with reported figures or evidence; policy runs have none."""

SHOWN = 3
"""Findings of one kind in a short list; the rest is counted."""

ABOVE = 2
"""Findings above an answer; the rest is counted."""


def findings(folder: Path, scope: Scope, figures: Sequence[Row], evidence: Sequence[Row]) -> list[Row]:
    """Compute ``findings`` of ``run.json`` from the folder of a run and its figures and evidence.

    Returns:
        A row for each finding, those about desks first: ``kind``, ``subject``, ``window`` (its first and last day),
        ``month`` (the worst one, or None), ``value`` and ``limit`` (a number, or low and high), ``provinces`` (codes of
        those named), ``thinned`` (whether it is the scale that says so), ``sentence`` and ``suggestion`` (or None).
    """
    seats = Seats(folder, scope)
    desks = [
        *busy_desks(folder, scope, seats),
        *expired_tiers(folder, scope, seats),
        *growing_lines(folder, scope, seats),
    ]
    if scope.policy_of is not None:
        # Reported figures and evidence are not about this policy.
        return [*desks, *about_measures(scope), *gangs_begin_late(scope)]
    thinned = {"thinned": scope.scale < 1}
    return [
        *desks,
        *_of_figures(figures, scope.scale),
        *({**row, **thinned} for row in _of_evidence(evidence, scope.scale)),
        *about_measures(scope),
        *gangs_begin_late(scope),
    ]


def shortened(rows: Sequence[Row]) -> list[str]:
    """Return findings as few lines: at most three sentences of a kind, and the number of further ones."""
    lines = []
    for kind in dict.fromkeys(row["kind"] for row in rows):
        own = [row for row in rows if row["kind"] == kind]
        lines += [told(row) for row in own[:SHOWN]]
        if len(own) > SHOWN:
            lines.append(
                counted(
                    "One more finding of this kind.",
                    "{count} more findings of this kind.",
                    count=len(own) - SHOWN,
                )
            )
    return lines


def foremost(rows: Sequence[Row]) -> list[str]:
    """Return at most two findings for above an answer, and the number of further findings.

    They are the first of each kind. Comparisons with reported figures come last: they matter to fewer answers than
    findings about the run itself (desks, measures, gangs). If the scale is the reason for a finding, a warning says so
    already.
    """
    firsts: dict[str, Row] = {}
    for row in ranked(rows):
        firsts.setdefault(row["kind"], row)
    lines = [told(row) for row in list(firsts.values())[:ABOVE]]
    if len(rows) > len(lines):
        lines.append(
            counted(
                "One more finding. List all: tocsin findings RUN",
                "{count} more findings. List all: tocsin findings RUN",
                count=len(rows) - len(lines),
            )
        )
    return lines


def ranked(rows: Sequence[Row]) -> list[Row]:
    """Return findings with those that matter to most answers first; see ``foremost``."""
    return sorted(rows, key=lambda row: (row["thinned"], row["kind"] in COMPARED))


def apart(rows: Sequence[Row], others: Sequence[Row], held: bool) -> list[Row]:
    """Return the findings of a run that another does not have, by kind and subject.

    Comparisons with reported figures and evidence are left out unless both runs are compared with these (``held``).
    """
    known = {(row["kind"], row["subject"]) for row in others}
    return [row for row in rows if (held or row["kind"] not in COMPARED) and (row["kind"], row["subject"]) not in known]


def of_several(runs: Sequence[Sequence[Row]], kind: str) -> list[Row]:
    """Return each finding as in the first run that has it; sentences say in how many ``replicates`` or ``draws``."""
    having: dict[tuple[str, str], int] = {}
    first: dict[tuple[str, str], list[Row]] = {}
    for rows in runs:
        own: dict[tuple[str, str], list[Row]] = {}
        for row in rows:
            own.setdefault((row["kind"], row["subject"]), []).append(row)
        for key, same in own.items():
            having[key] = having.get(key, 0) + 1
            first.setdefault(key, same)
    return [
        {**row, "sentence": said(IN_SOME[kind], some=having[key], all=len(runs), finding=row["sentence"])}
        for key, rows in first.items()
        for row in rows
    ]


def told(row: Row) -> str:
    """Return a finding in a sentence, with its suggestion if there is one."""
    if not row["suggestion"]:
        return str(row["sentence"])
    return said("{finding} {suggestion}", finding=row["sentence"], suggestion=row["suggestion"])


def _of_figures(figures: Sequence[Row], scale: float) -> Iterator[Row]:
    """Find figures outside their tolerance, and reported or simulated values outside a predicted interval."""
    for row in figures:
        reported, simulated, interval = row["reported"], row["simulated"], row["interval"]
        name, window = row["name"], row["window"]
        words = {
            "figure": _figure_named(row["name"]),
            "first": row["window"][0],
            "last": row["window"][1],
            "reported": _amount(row, reported),
            "simulated": _amount(row, simulated),
        }
        if row["within"] is False:
            sentence = said(
                "The {role} figure {figure} from {first} to {last} lies outside its tolerance: {simulated} simulated, "
                "{reported} reported.",
                **words,
                role=named(row["role"]),
            )
            advice = said("Unless this run is of another policy, fit it again with tocsin calibrate.")
            suggestion = advice if row["role"] == "fitted" else None
            yield finding(f"{row['role']}_figure", name, window, simulated, _allowed(row), sentence, suggestion)
        if interval is None or simulated is None:
            continue
        low, high = interval
        words |= {"low": _amount(row, low), "high": _amount(row, high)}
        if row["role"] != "context" and isinstance(reported, int | float) and not low <= reported <= high:
            sentence = said(
                "The reported value of {figure} from {first} to {last}, {reported}, lies outside its predicted "
                "interval, {low} to {high}.",
                **words,
            )
            yield finding("reported_outside_interval", name, window, reported, [low, high], sentence)
        # At scale 1 the interval holds run-to-run noise already.
        noise = STANDARD_ERRORS * (row["standard_error"] or 0.0) if scale < 1 else 0.0
        if max(low - simulated, simulated - high) > noise:
            sentence = said(
                "The simulated value of {figure} from {first} to {last}, {simulated}, lies outside the interval that "
                "the fitted scenario predicts, {low} to {high}.",
                **words,
            )
            yield finding("simulated_outside_interval", name, window, simulated, [low, high], sentence)


def _of_evidence(evidence: Sequence[Row], scale: float) -> Iterator[Row]:
    """Find internal diagnostics outside the range that evidence gives."""
    for row in evidence:
        if row["within"] is not False:
            continue
        limits = [row["low"], row["high"]]
        range_ = {"name": evidence_named(row["name"]), "low": amount(row["low"]), "high": amount(row["high"])}
        if "months" not in row:
            sentence = said(
                "Value of {name} from {first} to {last}: {value}; evidence says {low} to {high}.",
                **range_,
                value=amount(row["simulated"]),
                first=row["window"][0],
                last=row["window"][1],
            )
            yield finding(
                "evidence", row["name"], row["window"], row["simulated"], limits, _with_scale(sentence, scale)
            )
            continue
        off = [month["within"] is False for month in row["months"]]
        for stretch in stretches(row["months"], off):
            worst = max(
                stretch, key=lambda month: max(row["low"] - month["simulated"], month["simulated"] - row["high"])
            )
            months = [date.fromisoformat(f"{month['month']}-01") for month in stretch]
            found = {**range_, "value": amount(worst["simulated"]), "when": when(months)}
            if len(stretch) > 1:
                sentence = said(
                    "Value of {name} {when}: outside its range, at worst {value} in {month}; evidence says {low} to "
                    "{high}.",
                    **found,
                    month=month_named(date.fromisoformat(f"{worst['month']}-01")),
                )
            else:
                sentence = said("Value of {name} {when}: {value}; evidence says {low} to {high}.", **found)
            window = [stretch[0]["window"][0], stretch[-1]["window"][1]]
            told = _with_scale(sentence, scale)
            yield finding("evidence", row["name"], window, worst["simulated"], limits, told, month=worst["month"])


def _with_scale(sentence: str, scale: float) -> str:
    """Return a sentence, and for a sampled run one about its scale."""
    if scale >= 1:
        return sentence
    return said(
        "{finding} At scale {scale} run-to-run noise, or desks with few seats, may be the reason.",
        finding=sentence,
        scale=written(f"{scale:g}"),
    )


def _figure_named(name: str) -> str:
    """Return the name of a figure, or of the change of one."""
    if name.endswith(CHANGE):
        return said("change of {quantity}", quantity=evidence_named(name.removesuffix(CHANGE)))
    return evidence_named(name)


def _amount(row: Row, value: float | int | str | None) -> str:
    """Return a value of a figure as people read it."""
    if value is None or isinstance(value, str):
        return value or said("nothing")
    return percent(value) if row["name"].endswith(CHANGE) else amount(value)


def _allowed(row: Row) -> list[float]:
    """Return the interval that a figure with a tolerance must be in, run-to-run noise included."""
    reported = Fraction(repr(row["reported"]))
    share = Fraction(repr(row["tolerance"]))
    tolerance = share if row["name"].endswith(CHANGE) else share * abs(reported)
    noise = STANDARD_ERRORS * Fraction(repr(row["standard_error"] or 0))
    room = max(tolerance, noise)
    return [float(reported - room), float(reported + room)]
