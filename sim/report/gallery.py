"""The contents of a report, in order: sections, their pictures, and the choices that readers have in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.language import marked, telling_in
from sim.report import alerts, attempts, desks, figures, money, place
from sim.report.drawing import Drawn
from sim.report.parts import months
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
    """A picture: ``draw`` draws a run (or what else it is of), ``caption`` says how to read it.

    ``first`` gives the choices to show first, if they depend on the runs. ``settle`` adapts a figure whose scale of
    colours was widened for another run.
    """

    draw: Callable[[Any], Drawn]
    caption: str
    choices: tuple[Choice, ...] = ()
    first: "Callable[[Sequence[Run]], dict[str, str]] | None" = None
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


def only(options: Options) -> Callable[["Run"], Options]:
    """Return the options of a choice that are the same for all runs."""
    return lambda run: options


FIGURES = Picture(
    figures.ratios,
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
                attempts.cascade,
                marked(
                    "The width of a band is its number of attempts. Next to all attempts, victims are too few to see: "
                    "choose delivered attempts, or people drawn in, to look closer. Ends of episodes are not recorded "
                    "by channel."
                ),
                (
                    Choice("channel", marked("Channel"), only(attempts.CHANNEL)),
                    Choice("part", marked("Look at"), only(attempts.PARTS)),
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
            Picture(money.money, marked("In {currency}, for the country. A month counts only its days in the period.")),
            Picture(
                money.costs,
                marked(
                    "Bars are counts times the scenario's prices. Whiskers reach from all prices at their lowest to "
                    "all at their highest. A desk is paid for its seats, busy or not; a false alarm costs its "
                    "recipient time and worry. Raids, filters and blocking have no price."
                ),
            ),
            Picture(money.ages, marked("Per 100,000 people of the same age and sex, over the period.")),
            Picture(money.types, marked("Victims, and victims averted by warnings, by type of fraud.")),
        ),
    ),
    Section(
        "outcomes",
        "time",
        marked("Time"),
        marked("Attempts and alerts by day, and measures in force."),
        (
            Picture(
                attempts.daily,
                marked(
                    "The bars below are measures that begin, end or grow within the period. A dotted line marks each "
                    "beginning."
                ),
                (
                    Choice("by", marked("Show"), only(attempts.BY)),
                    Choice("smooth", marked("Smoothing"), only(attempts.SMOOTH)),
                ),
                first=attempts.daily_first,
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
                marked(
                    "Darker is more per 100,000 people of the province. Colours run from zero to the highest rate, so "
                    "provinces that differ little look alike. All months of an outcome share one scale. An arrow marks "
                    "a rate far beyond all others."
                ),
                (Choice("outcome", marked("Outcome"), only(place.OUTCOME)), Choice("month", marked("Month"), months)),
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
                alerts.waits,
                marked(
                    "A wait for a call or visit lasts from joining the queue to the start of the service, for each "
                    "try. A wait for an app message or SMS lasts from issue to reading. The deadline counts from "
                    "issue. Waits are counted in bins, each twice as long as the one before; a step stands at the "
                    "longest wait of its bin. The bar at the deadline is the share that waited for a desk and was "
                    "never served."
                ),
            ),
            Picture(alerts.ends, marked("Shares of the alerts of each tier, by how they ended.")),
            Picture(
                alerts.expired,
                marked(
                    "An alert expires if it has reached nobody by its deadline. The picture leaves out days or months "
                    "with many alerts still open when the run ended."
                ),
            ),
            Picture(
                desks.load,
                marked(
                    "Utilisation is busy time over staffed time, here by month for all desks of the country. At 100% "
                    "every new alert waits for a free officer, or until its deadline. Services that outlast their "
                    "shift can raise it above 100%."
                ),
            ),
            Picture(
                desks.utilisation,
                marked(
                    "Busy time over staffed time; the picture begins with the month of highest utilisation. Cells "
                    "without staff are empty. A service that outlasts its shift adds busy time without staffed time, "
                    "so a value can exceed 100%; it is as dark as 100%. The table covers the whole period."
                ),
                (Choice("month", marked("Month"), months),),
                first=desks.busiest,
            ),
            Picture(desks.queues, marked("Alerts of the country in the queues of the desks, as daily means.")),
            Picture(
                alerts.detection,
                marked(
                    "Computed from the scenario, for contacts that a detector sees. Bars are divided by the gravest "
                    "tier that a score reaches; points are the false alarms of a tier or a graver one."
                ),
            ),
            Picture(
                alerts.precision,
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

        def figure(**choices: str) -> "go.Figure":
            with telling_in(self._run.scenario.spec.terms):
                return self._pictures[name].draw(self._run).view(**choices)

        return figure

    def table(self, name: str) -> "pd.DataFrame":
        """Return the numbers of a picture; raises KeyError for unknown names."""
        with telling_in(self._run.scenario.spec.terms):
            return self._pictures[name].draw(self._run).table

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
