"""The contents of a report, in order: sections, their pictures, and the choices that readers have in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.language.spoken import marked, telling_in
from sim.report.pictures import (
    cascade,
    daily,
    desks,
    figures,
    money,
    people,
    place,
    waits,
)
from sim.report.tables import months
from sim.scenario.errors import choices

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

Options = dict[str, str]
"""Values of a choice, and their names."""


@dataclass(frozen=True)
class Choice:
    """A choice of readers: the argument of the picture, its label, and its options for a run."""

    key: str
    label: str
    options: Callable[["Run"], Options]


@dataclass(frozen=True)
class Picture:
    """A picture with the table of its numbers.

    ``say`` says what to see in it for a run, computed from its numbers (empty if nothing is drawn); ``caption`` how to
    read it. ``first`` gives the choices to show first, if they depend on the runs. ``views`` draws all combinations at
    once, if that is quicker: it takes the run, and the options of each choice, those shown first at the beginning.
    ``settle`` adapts a figure whose scale of colours was widened for another run.
    """

    draw: "Callable[..., go.Figure]"
    table: "Callable[[Run], pd.DataFrame]"
    say: "Callable[[Run], str]"
    caption: str
    choices: tuple[Choice, ...] = ()
    first: "Callable[[Sequence[Run]], dict[str, str]] | None" = None
    views: "Callable[..., dict[tuple[str, ...], go.Figure]] | None" = None
    settle: "Callable[[go.Figure], None] | None" = None

    @property
    def name(self) -> str:
        """The name of the function that draws it."""
        return self.draw.__name__


@dataclass(frozen=True)
class Section:
    """A section of the page: its tab, anchor, heading, introduction and pictures."""

    tab: str
    anchor: str
    heading: str
    lead: str
    pictures: tuple[Picture, ...]


def _fixed(options: Options) -> Callable[["Run"], Options]:
    return lambda run: options


FIGURES = Picture(
    figures.ratios,
    figures.ratios_table,
    figures.ratios_words,
    marked(
        "A dot at 1 agrees with the reported figure. Inputs must agree and fitted figures should; predictions are a "
        "test. A bar with ends is the 90% interval of the calibrated scenario's prediction. For a change, the picture "
        "compares the levels it leads to."
    ),
)

SECTIONS: tuple[Section, ...] = (
    Section(
        "mechanism",
        "cascade",
        marked("The cascade"),
        marked("Where potential attempts end, from the first gate to the payment."),
        (
            Picture(
                cascade.cascade,
                cascade.cascade_table,
                cascade.cascade_words,
                marked(
                    "The width of a band is its number of attempts. Next to all attempts, victims are too few to see: "
                    "choose delivered attempts, or people drawn in, to look closer. Ends of episodes are not recorded "
                    "by channel."
                ),
                (
                    Choice("channel", marked("Channel"), _fixed(cascade.CHANNEL)),
                    Choice("part", marked("Look at"), _fixed(cascade.PARTS)),
                ),
            ),
        ),
    ),
    Section(
        "outcomes",
        "money",
        marked("Money and people"),
        marked("Money lost, prevented and recovered, the costs, and who the victims are."),
        (
            Picture(
                money.money,
                money.money_table,
                money.money_words,
                marked("In {currency}, for the country. A month counts only its days in the period."),
            ),
            Picture(
                money.costs,
                money.costs_table,
                money.costs_words,
                marked(
                    "Bars are counts times the scenario's prices. Whiskers reach from all prices at their lowest to "
                    "all at their highest. A desk is paid for its seats, busy or not; a false alarm costs its "
                    "recipient time and worry. Raids, filters and blocking have no price."
                ),
            ),
            Picture(
                people.ages,
                people.ages_table,
                people.ages_words,
                marked("Per 100,000 people of the same age and sex, over the period."),
            ),
            Picture(
                people.types,
                people.types_table,
                people.types_words,
                marked("Victims, and victims averted by warnings, by type of fraud."),
            ),
        ),
    ),
    Section(
        "outcomes",
        "time",
        marked("Time"),
        marked("Attempts and alerts by day, and measures in force."),
        (
            Picture(
                daily.daily,
                daily.daily_table,
                daily.daily_words,
                marked(
                    "The bars below are measures that begin, end or grow within the period. A dotted line marks each "
                    "beginning."
                ),
                (
                    Choice("by", marked("Show"), _fixed(daily.BY)),
                    Choice("smooth", marked("Smoothing"), _fixed(daily.SMOOTH)),
                ),
                first=daily.daily_first,
            ),
        ),
    ),
    Section(
        "outcomes",
        "place",
        marked("Place"),
        marked("Each province is a tile of the same size. Neighbours stay neighbours as far as squares allow."),
        (
            Picture(
                place.place,
                place.place_table,
                place.place_words,
                marked(
                    "Darker is more per 100,000 people of the province. Colours run from zero to the highest rate, so "
                    "provinces that differ little look alike. All months of an outcome share one scale. An arrow marks "
                    "a rate far beyond all others."
                ),
                (Choice("outcome", marked("Outcome"), _fixed(place.OUTCOME)), Choice("month", marked("Month"), months)),
                views=place.place_views,
                settle=place.settle,
            ),
        ),
    ),
    Section(
        "mechanism",
        "warnings",
        marked("Warnings and desks"),
        marked("How warnings reach people before they pay, or fail to."),
        (
            Picture(
                waits.waits,
                waits.waits_table,
                waits.waits_words,
                marked(
                    "A wait for a call or visit lasts from joining the queue to the start of the service, for each "
                    "try. A wait for an app message or SMS lasts from issue to reading. The deadline counts from "
                    "issue. Waits are counted in bins, each twice as long as the one before; a step stands at the "
                    "longest wait of its bin. The bar at the deadline is the share that waited for a desk and was "
                    "never served."
                ),
            ),
            Picture(
                waits.ends,
                waits.ends_table,
                waits.ends_words,
                marked("Shares of the alerts of each tier, by how they ended."),
            ),
            Picture(
                waits.expired,
                waits.expired_table,
                waits.expired_words,
                marked(
                    "An alert expires if it has reached nobody by its deadline. The picture leaves out days or months "
                    "with many alerts still open when the run ended."
                ),
            ),
            Picture(
                desks.load,
                desks.load_table,
                desks.load_words,
                marked(
                    "Utilisation is busy time over staffed time, here by month for all desks of the country. At 100% "
                    "every new alert waits for a free officer, or until its deadline. Services that outlast their "
                    "shift can raise it above 100%."
                ),
            ),
            Picture(
                desks.utilisation,
                desks.utilisation_table,
                desks.utilisation_words,
                marked(
                    "Busy time over staffed time; the picture begins with the month of highest utilisation. Cells "
                    "without staff are empty. A service that outlasts its shift adds busy time without staffed time, "
                    "so a value can exceed 100%; it is as dark as 100%. The table covers the whole period."
                ),
                (Choice("month", marked("Month"), months),),
                first=desks.busiest,
                views=desks.utilisation_views,
            ),
            Picture(
                desks.queues,
                desks.queues_table,
                desks.queues_words,
                marked("Alerts of the country in the queues of the desks, as daily means."),
            ),
            Picture(
                waits.detection,
                waits.detection_table,
                waits.detection_words,
                marked(
                    "Computed from the scenario, for contacts that a detector sees. Bars are divided by the gravest "
                    "tier that a score reaches; points are the false alarms of a tier or a graver one."
                ),
            ),
            Picture(
                waits.precision,
                waits.precision_table,
                waits.precision_words,
                marked("What the alerts of each tier were about. Only in an episode can somebody still pay."),
            ),
        ),
    ),
)


class Gallery:
    """The pictures of a run, for notebooks: ``run.pictures.cascade(channel="call")`` gives a plotly figure.

    ``run.pictures.table("cascade")`` gives the numbers that are drawn.
    """

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._pictures = {one.name: one for one in (FIGURES, *(one for part in SECTIONS for one in part.pictures))}

    def __getattr__(self, name: str) -> "Callable[..., go.Figure]":
        if name not in self._pictures:
            raise AttributeError(f"no picture '{name}'; {choices(name, self._pictures, len(self._pictures))}")
        return lambda **choices: self._drawn(self._pictures[name], choices)

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
    """Return every combination of a picture's choices, beginning with the one that the page shows first."""
    found: list[dict[str, str]] = [{}]
    for choice in picture.choices:
        found = [{**one, choice.key: value} for one in found for value in choice.options(runs[0])]
    first = picture.first(runs) if picture.first is not None else {}
    return sorted(found, key=lambda one: any(one[key] != value for key, value in first.items()))


def drawn(picture: Picture, run: "Run", chosen: list[dict[str, str]]) -> list[tuple[dict[str, str], Any]]:
    """Draw combinations of a picture's choices; return each with its figure."""
    if picture.views is None:
        return [(one, picture.draw(run, **one)) for one in chosen]
    options = (list(dict.fromkeys(one[choice.key] for one in chosen)) for choice in picture.choices)
    figures = picture.views(run, *options)
    return [(one, figures[tuple(one[choice.key] for choice in picture.choices)]) for one in chosen]
