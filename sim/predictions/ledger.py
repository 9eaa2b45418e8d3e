"""The ledger: each predicted figure, what was reported later, its score, and those of rivals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sim.predictions.rivals import RIVALS, usable
from sim.predictions.scores import crps
from sim.predictions.stored import ENDS, LedgerError, Prediction, Report, read_predictions, read_reports
from sim.reading.figures import CHANGE, Days
from sim.store.json_files import reading


@dataclass(frozen=True)
class Entry:
    """A predicted figure, and its scores once it is reported.

    Attributes:
        interval: Its 90 % interval, None if the prediction has only a point.
        score: The CRPS, in the unit of the figure; None while nothing is reported.
        held: Whether the interval holds what was reported; None without either.
        said: What each rival says, by its name; None where it has no data.
        rivals: The CRPS of each rival by its name, None where it has no data or nothing is reported.
    """

    prediction: Prediction
    name: str
    window: Days
    point: float
    interval: tuple[float, float] | None
    report: Report | None
    score: float | None
    held: bool | None
    said: Mapping[str, float | None]
    rivals: Mapping[str, float | None]

    def share(self, score: float | None) -> float | None:
        """Return a score as a share of the reported value; that of a change is one of its level already."""
        if score is None or self.report is None or self.name.endswith(CHANGE):
            return score
        return score / abs(self.report.value) if self.report.value else None


@dataclass(frozen=True)
class Ledger:
    """All predictions of a folder, the oldest first, with an entry for each of their figures."""

    predictions: tuple[Prediction, ...]
    entries: tuple[Entry, ...]

    @property
    def scored(self) -> list[Entry]:
        """The entries whose figure was reported."""
        return [one for one in self.entries if one.score is not None]

    @property
    def coverage(self) -> tuple[int, int]:
        """How many 90 % intervals held, and how many there are of reported figures."""
        held = [one.held for one in self.entries if one.held is not None]
        return sum(held), len(held)

    def compared(self, prediction: Prediction, rival: str) -> tuple[int, float, float] | None:
        """Return how many figures of a prediction a rival has data for, and the mean scores of both there.

        Scores are shares of the reported values, the model's first. None where the rival has data for no figure.
        """
        scored = [one for one in self.scored if one.prediction is prediction]
        pairs = [(one.share(one.score), one.share(one.rivals[rival])) for one in scored]
        both = [(own, other) for own, other in pairs if own is not None and other is not None]
        if not both:
            return None
        own, other = (sum(column) / len(both) for column in zip(*both, strict=True))
        return len(both), own, other


def read_ledger(folder: Path) -> Ledger:
    """Read the predictions and reports of a folder and the folders in it, and score them.

    Args:
        folder: Where they lie. Each of the folders is one country: a report belongs to the predictions next to it.

    Returns:
        The ledger. Raises LedgerError for a changed or unusable file, and for a prediction that is not older than the
        day on which the report that scores it was looked up: it would not be blind.
    """
    predictions = read_predictions(folder)
    reports = {home: read_reports(home) for home in {one.path.parent for one in predictions}}
    with reading(folder):  # scores and rivals of absurd numbers
        rows = [row for one in predictions for row in entries(one, reports[one.path.parent])]
    return Ledger(tuple(predictions), tuple(rows))


def entries(prediction: Prediction, reports: Sequence[Report]) -> list[Entry]:
    """Return the entries of a prediction, scored where there is a report; raises LedgerError if it was not blind."""
    return [_entry(prediction, figure, reports) for figure in prediction.document["figures"]]


def _entry(prediction: Prediction, figure: Mapping[str, Any], reports: Sequence[Report]) -> Entry:
    name, (start, end) = figure["name"], map(date.fromisoformat, figure["window"])
    report = next((one for one in reports if (one.name, one.start, one.end) == (name, start, end)), None)
    interval = (figure["quantiles"][ENDS[0]], figure["quantiles"][ENDS[1]]) if prediction.has_interval else None
    days = start, end
    known = usable(reports, prediction)
    said = {rival: say(name, days, prediction.data_end, known) for rival, say in RIVALS.items()}
    rivals: dict[str, float | None] = dict.fromkeys(RIVALS)
    score = held = None
    if report is not None:
        if report.looked_up <= prediction.day:
            raise LedgerError(
                f"{prediction.path}: {name} of {start} to {end} was looked up on {report.looked_up}, and the "
                f"prediction is of {prediction.day}; a prediction must be older"
            )
        score = crps(figure["values"] if prediction.has_interval else figure["point"], report.value)
        held = None if interval is None else interval[0] <= report.value <= interval[1]
        rivals = {rival: None if one is None else crps(one, report.value) for rival, one in said.items()}
    return Entry(prediction, name, days, figure["point"], interval, report, score, held, said, rivals)
