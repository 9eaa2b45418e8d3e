"""What a report shows, in order: sections, the pictures of each, and the choices that a reader has in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.language.spoken import marked, telling_in
from sim.report.pictures import (
    cascade,
    costs,
    daily,
    desks,
    detectors,
    figures,
    film,
    money,
    people,
    place,
    provenance,
    waits,
)
from sim.report.tally import months

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

Options = dict[str, str]
"""Values of a choice and how each is called."""


@dataclass(frozen=True)
class Choice:
    """A choice that readers have: the argument of the picture, its label, and its options for a run."""

    key: str
    label: str
    options: Callable[["Run"], Options]


@dataclass(frozen=True)
class Picture:
    """A picture with the table of its numbers.

    ``caption`` says what to look for; ``say`` says the numbers in words; ``first`` gives the choices that are shown
    first where they depend on the runs. ``views`` draws all combinations at once, where that is quicker.
    ``settle`` mends a figure whose scale of colours was widened for another run's.
    """

    draw: "Callable[..., go.Figure]"
    table: "Callable[[Run], pd.DataFrame]"
    caption: str
    choices: tuple[Choice, ...] = ()
    say: "Callable[[Run], str] | None" = None
    first: "Callable[[Sequence[Run]], dict[str, str]] | None" = None
    views: "Callable[[Run, list[str], list[str]], dict[tuple[str, str], go.Figure]] | None" = None
    settle: "Callable[[go.Figure], None] | None" = None

    @property
    def name(self) -> str:
        """The name of the function that draws it."""
        return self.draw.__name__


@dataclass(frozen=True)
class Section:
    """A section of the page: its anchor, heading, what it is about, and its pictures."""

    anchor: str
    heading: str
    lead: str
    pictures: tuple[Picture, ...]


def _fixed(options: Options) -> Callable[["Run"], Options]:
    return lambda run: options


FIGURES = Picture(
    figures.ratios,
    figures.ratios_table,
    marked(
        "A dot at 1 is as reported. What was put in must lie there, what was fitted should; what was predicted is a "
        "test. A bar with ends holds 90% of what the calibrated scenario predicts. For a change, the levels that it "
        "leads to are compared."
    ),
)

SECTIONS: tuple[Section, ...] = (
    Section(
        "cascade",
        marked("The cascade"),
        marked("Where potential attempts end, from the first gate to the last payment."),
        (
            Picture(
                cascade.cascade,
                cascade.cascade_table,
                marked(
                    "The width of each band is its number of attempts. Victims cannot be seen beside all attempts: "
                    "choose what was delivered, or those drawn in, to look closer. How episodes end is not known by "
                    "channel."
                ),
                (
                    Choice("channel", marked("Channel"), _fixed(cascade.CHANNEL)),
                    Choice("part", marked("Look at"), _fixed(cascade.PARTS)),
                ),
                say=cascade.cascade_words,
            ),
        ),
    ),
    Section(
        "time",
        marked("Time"),
        marked("Attempts and alerts by day, what was in force, and the rhythm of week and day."),
        (
            Picture(
                daily.daily,
                daily.daily_table,
                marked(
                    "Bars below are the measures that begin, end or grow within the period; a dotted line marks each "
                    "beginning."
                ),
                (
                    Choice("by", marked("Show"), _fixed(daily.BY)),
                    Choice("smooth", marked("Smoothing"), _fixed(daily.SMOOTH)),
                ),
                say=daily.daily_words,
                first=daily.daily_first,
            ),
            Picture(
                daily.rhythm,
                daily.rhythm_table,
                marked(
                    "Weekdays are as simulated, means over the period. The profile of the day is the scenario's, times "
                    "a mean day."
                ),
            ),
        ),
    ),
    Section(
        "place",
        marked("Place"),
        marked("Every province is a tile of the same size; neighbours stay neighbours as far as squares allow."),
        (
            Picture(
                place.place,
                place.place_table,
                marked(
                    "Darker is more per 100,000 people of the province. Colours run from zero to the highest rate, so "
                    "that provinces which differ little look alike, and all months of an outcome share one scale. An "
                    "arrow is a rate far beyond all others."
                ),
                (Choice("outcome", marked("Outcome"), _fixed(place.OUTCOME)), Choice("month", marked("Month"), months)),
                views=place.place_views,
                settle=place.settle,
            ),
        ),
    ),
    Section(
        "mechanism",
        marked("The mechanism"),
        marked("How warnings reach people, or do not, before they pay."),
        (
            Picture(
                waits.waits,
                waits.waits_table,
                marked(
                    "A wait for a call or visit is from joining the line to the start of the service, each try by "
                    "itself, one for an app message or SMS from issue to reading. The deadline counts from issue. "
                    "Waits are counted in bins, each twice as long as the one before: steps stand at the latest at "
                    "which a share was served. The bar at the deadline is of those who waited for a desk and were "
                    "never served."
                ),
            ),
            Picture(waits.ends, waits.ends_table, marked("Shares of the alerts of each tier, by how they ended.")),
            Picture(
                waits.expired,
                waits.expired_table,
                marked(
                    "An alert expires when its deadline comes before it has reached anybody. Days or months of which "
                    "many were still open when the run ended are left out: they had not come to their deadline."
                ),
            ),
            Picture(
                desks.load,
                desks.load_table,
                marked(
                    "Busy time over staffed time of each month, all desks of the country together. At 100% whoever "
                    "comes waits until somebody else is served, or the deadline comes. Services that outlast their "
                    "shift can make it more."
                ),
                say=desks.load_words,
            ),
            Picture(
                desks.utilisation,
                desks.utilisation_table,
                marked(
                    "Busy time over staffed time, first of the month in which a desk was busiest. Cells without staff "
                    "are empty; a service that outlasts its shift is busy time without staffed time, so that a share "
                    "can come out above 100%: as dark as 100%. The table is of the whole period."
                ),
                (Choice("month", marked("Month"), months),),
                first=desks.busiest,
            ),
            Picture(
                desks.queues,
                desks.queues_table,
                marked("Alerts of the country that wait at the desks, mean of each day."),
            ),
            Picture(
                detectors.detection,
                detectors.roc_table,
                marked(
                    "In closed form from the scenario, of contacts that a detector sees: bars are divided by the "
                    "gravest tier that a score reaches; points are the false alarms of a tier or a graver one."
                ),
                say=detectors.detection_words,
            ),
            Picture(
                detectors.precision,
                detectors.precision_table,
                marked("What the alerts of each tier were about: only an episode is somebody who may still pay."),
            ),
            Picture(
                detectors.fatigue,
                detectors.fatigue_table,
                marked("In closed form from the scenario: people who have heard many alerts listen less."),
            ),
            Picture(
                detectors.heard,
                detectors.heard_table,
                marked("How many alerts people hear, by tier: what makes them tired."),
            ),
        ),
    ),
    Section(
        "money",
        marked("Money and people"),
        marked("What was lost, prevented and recovered, what it cost, and who the victims are."),
        (
            Picture(
                money.money,
                money.money_table,
                marked("In {currency}, of the country. A month holds the days of it in the period."),
            ),
            Picture(
                costs.costs,
                costs.costs_table,
                marked(
                    "Bars are what the scenario's prices make of what was counted, whiskers reach from all prices at "
                    "their lowest to all at their highest. A desk is paid for its seats, busy or not; a false alarm "
                    "costs who gets it time and worry. Raids, filters and blocking have no price."
                ),
                say=costs.costs_words,
            ),
            Picture(
                people.ages, people.ages_table, marked("Per 100,000 people of the same age and sex, over the period.")
            ),
            Picture(
                people.types, people.types_table, marked("Victims, and victims averted by warnings, by type of fraud.")
            ),
        ),
    ),
)

IN_NOTEBOOKS = (Picture(detectors.roc, detectors.roc_table, ""),)
"""Pictures that no page shows, for those who want to look closer."""

FILM = Picture(film.film, film.film_table, "")
SECONDS = Picture(
    provenance.seconds, provenance.seconds_table, marked("Seconds of wall-clock time by phase of the run.")
)


class Gallery:
    """The pictures of a run, for notebooks: ``run.pictures.cascade(channel="call")`` gives a plotly figure.

    ``run.pictures.table("cascade")`` gives the numbers that are drawn.
    """

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._pictures = {
            one.name: one
            for one in (FIGURES, *(one for part in SECTIONS for one in part.pictures), *IN_NOTEBOOKS, FILM, SECONDS)
        }

    def __getattr__(self, name: str) -> "Callable[..., go.Figure]":
        try:
            picture = self._pictures[name]
        except KeyError:
            raise AttributeError(f"no picture '{name}'; one of {', '.join(self._pictures)}") from None
        return lambda **choices: self._drawn(picture, choices)

    def table(self, name: str) -> "pd.DataFrame":
        """Return the numbers of a picture; raises KeyError for unknown names."""
        with telling_in(self._run.scenario.spec.terms):
            return self._pictures[name].table(self._run)

    def _drawn(self, picture: Picture, choices: dict[str, Any]) -> "go.Figure":
        with telling_in(self._run.scenario.spec.terms):
            return picture.draw(self._run, **choices)

    def __dir__(self) -> list[str]:
        return ["table", *self._pictures]

    def __repr__(self) -> str:
        return f"<pictures of {self._run!r}: {', '.join(self._pictures)}>"


def combinations(picture: Picture, runs: "Sequence[Run]") -> list[dict[str, str]]:
    """Return every combination of a picture's choices, beginning with the one that is shown first of all runs."""
    found: list[dict[str, str]] = [{}]
    for choice in picture.choices:
        found = [{**one, choice.key: value} for one in found for value in choice.options(runs[0])]
    first = picture.first(runs) if picture.first is not None else {}
    return sorted(found, key=lambda one: any(one[key] != value for key, value in first.items()))


def drawn(picture: Picture, run: "Run", chosen: list[dict[str, str]]) -> list[tuple[dict[str, str], Any]]:
    """Draw combinations of a picture's choices; return each with its figure."""
    if picture.views is None:
        return [(one, picture.draw(run, **one)) for one in chosen]
    one, two = picture.choices
    figures = picture.views(run, list(one.options(run)), list(two.options(run)))
    return [(each, figures[each[one.key], each[two.key]]) for each in chosen]
