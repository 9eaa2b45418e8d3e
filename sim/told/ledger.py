"""The ledger of predictions in text tables, for the terminal, and as Markdown, for its page."""

from collections.abc import Iterator, Sequence

from sim.base.rounding import percent
from sim.language import ENGLISH, Terms, said, speaking, telling_in
from sim.predictions import FOLDER, RIVALS, Entry, Ledger, Prediction
from sim.store.folder import SEAL
from sim.told.tables import TextTable
from sim.told.words import interval_said, off_said, quantity_named, value_said, window_said, yes_said

DIGITS = 12
"""Digits of a hash that are shown."""

NOTHING = "-"


def tables(ledger: Ledger) -> Iterator[TextTable]:
    """Yield the tables of a ledger: each prediction's figures, the scores of reported ones, and the sums of scores."""
    for one in ledger.predictions:
        yield predicted_table(one, [row for row in ledger.entries if row.prediction is one])
    if ledger.scored:
        yield _scores(ledger)
        yield _sums(ledger)


def summary(ledger: Ledger) -> str:
    """Say how many figures were predicted and reported, and how many 90 % intervals held."""
    held, intervals = ledger.coverage
    counts = {"predicted": len(ledger.entries), "reported": len(ledger.scored)}
    if not ledger.scored:
        return said("{predicted} figures were predicted; none of them has been reported yet.", **counts)
    if not intervals:
        return said(
            "{predicted} figures were predicted and {reported} of them reported since; none of these has an interval.",
            **counts,
        )
    return said(
        "{predicted} figures were predicted and {reported} of them reported since; {held} of {intervals} 90% intervals "
        "held.",
        **counts,
        held=held,
        intervals=intervals,
    )


def markdown(ledger: Ledger) -> list[str]:
    """Return the lines of the page: of each prediction its facts and its table, then scores and sums, in English."""
    with speaking(ENGLISH):
        lines = [summary(ledger), ""]
        shown = list(tables(ledger))
        for one, table in zip(ledger.predictions, shown, strict=False):
            lines += [f"### {_title(one)}", "", *_facts(one), "", *_lines(table), ""]
            sources = {row.report.source for row in ledger.entries if row.prediction is one and row.report}
            lines += [f"Reported by: {'; '.join(sorted(sources))}.", ""] if sources else []
        for title, table in zip(("Scores", "All scores"), shown[len(ledger.predictions) :], strict=False):
            lines += [f"### {title}", "", *_lines(table), ""]
    return lines[:-1]


def document(ledger: Ledger) -> dict[str, object]:
    """Return a ledger for scripts."""
    held, intervals = ledger.coverage
    return {
        "predictions": [{"file": str(one.path), **one.document} for one in ledger.predictions],
        "entries": [
            {
                "file": str(row.prediction.path),
                "name": row.name,
                "window": [day.isoformat() for day in row.window],
                "point": row.point,
                "interval": row.interval,
                "reported": None if row.report is None else row.report.value,
                "crps": row.score,
                "held": row.held,
                "rivals": dict(row.rivals),
            }
            for row in ledger.entries
        ],
        "coverage": {"held": held, "intervals": intervals},
    }


def _title(prediction: Prediction) -> str:
    document = prediction.document
    return f"{document['scenario']}, {document['date']}"


def _facts(prediction: Prediction) -> Iterator[str]:
    """Yield what the page says of a prediction above its table."""
    one = prediction.document
    draws = "" if one["draws_sha256"] is None else f", draws `{one['draws_sha256'][:DIGITS]}`"
    number = f"{one['draws']} draws: " if one.get("draws") else ""
    yield (
        f"Version {one['version']}; {number}{one['interval']}; data to {one['data_end']}. File "
        f"`{_place(prediction)}`, sealed `{one[SEAL][:DIGITS]}`; scenario "
        f"`{one['scenario_sha256'][:DIGITS]}`{draws}."
    )
    if one.get("own"):
        yield f"Its key `own` lists {len(one['own'])} values that no posterior knows, drawn from their ranges."
    if one.get("note"):
        yield one["note"]


def _place(prediction: Prediction) -> str:
    """Return the path of a prediction from the folder of all predictions on."""
    *_, above, name = ("", *prediction.path.parts)
    return f"{FOLDER}/{name}" if above in ("", FOLDER.name) else f"{FOLDER}/{above}/{name}"


def predicted_table(prediction: Prediction, rows: Sequence[Entry]) -> TextTable:
    """Return the figures of a prediction, next to later reports if there are any."""
    heads = [said("figure"), said("window"), said("predicted"), "90%"]
    scored = any(row.report for row in rows)
    later = [said("reported"), said("deviation"), said("held")] if scored else []
    rivals = [] if scored else [name for name in RIVALS if any(row.said[name] is not None for row in rows)]
    table = TextTable([*heads, *later, *(said(name) for name in rivals)], (0, 1, 6), caption=_title(prediction))
    for row in rows:
        ends = interval_said(row.name, *(row.interval or (None, None))) or said("point only")
        cells = (_named(row), _window(row), value_said(row.name, row.point), ends)
        table.add_row(*cells, *(_reported(row) if later else ()), *(_said(row, name) for name in rivals))
    return table


def _said(row: Entry, rival: str) -> str:
    """Return what a rival says of a figure."""
    found = row.said[rival]
    return NOTHING if found is None else value_said(row.name, found)


def _reported(row: Entry) -> tuple[str, str, str]:
    """Return the reported value of a figure, how far the prediction is off, and whether its interval held."""
    if row.report is None:
        return said("not yet"), NOTHING, NOTHING
    value = row.report.value
    return value_said(row.name, value), off_said(row.name, row.point, value), yes_said(row.held) or NOTHING


def _scores(ledger: Ledger) -> TextTable:
    heads = [said("figure"), said("predicted on"), said("model"), *(said(name) for name in RIVALS)]
    table = TextTable(heads, (0, 1), caption=said("CRPS, as a share of the reported value: smaller is better"))
    for row in ledger.scored:
        scores = [row.share(row.score), *(row.share(row.rivals[name]) for name in RIVALS)]
        table.add_row(f"{_named(row)}, {_window(row)}", f"{row.prediction.day}", *(_share(one) for one in scores))
    return table


def _sums(ledger: Ledger) -> TextTable:
    heads = [said("prediction"), said("rival"), said("figures"), said("model"), said("rival's score")]
    table = TextTable(heads, (0, 1), caption=said("Mean CRPS over the figures that the rival has data for"))
    for one in ledger.predictions:
        for name in RIVALS:
            if (found := ledger.compared(one, name)) is not None:
                figures, own, other = found
                table.add_row(_title(one), said(name), str(figures), _share(own), _share(other))
    return table


def _share(score: float | None) -> str:
    return said("no data") if score is None else percent(score)


def _named(row: Entry) -> str:
    """Return the name of a figure in the terms of its scenario."""
    with telling_in(Terms(**row.prediction.document.get("terms", {}))):
        return quantity_named(row.name)


def _window(row: Entry) -> str:
    """Return a window, a calendar year by its number."""
    start, end = row.window
    whole = (start.month, start.day, end.month, end.day) == (1, 1, 12, 31) and start.year == end.year
    return str(start.year) if whole else window_said([start.isoformat(), end.isoformat()])


def _lines(table: TextTable) -> Iterator[str]:
    """Yield a table as Markdown."""
    yield f"| {' | '.join(table.names)} |"
    yield f"|{' --- |' * len(table.names)}"
    for row in table.rows:
        yield f"| {' | '.join(row)} |"
