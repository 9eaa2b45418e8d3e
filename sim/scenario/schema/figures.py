"""Reported figures, shown next to the simulated ones."""

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.bounds import Reported, StandardError, Tolerance
from sim.scenario.scalars import Day, Window
from sim.scenario.schema.base import ONE_LINE, Mistakes, Part, mistake


class Figure(Part):
    """A figure to show next to the simulated one: put in, fitted, predicted, or context.

    Only a prediction may have no value, because nothing is reported yet. ``standard_error`` is the spread between seeds
    of runs of the whole country, ``sampling_error`` the part of it that grows in sampled runs, ``interval`` the 90%
    interval of the posterior's prediction. All are in the unit of the figure.
    """

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=ONE_LINE)]
    """Quantity that is counted, such as victims, or its change: the name with _change behind it. Quantities of people
    and their money may have a fraud type or an age band behind a dot, cases also a channel, such as sms, or a channel
    and a class of fraud.classes, such as call.abroad. Example: `cases_filed.loan_credit`"""
    window: Window
    """Days over which it is counted. Example: `[2022-01-01, 2022-11-30]`"""
    base: Window | None = None
    """Earlier days with which a change compares; only for names that end in _change. Example: `[2021-01-01,
    2021-11-30]`"""
    value: Reported | Day | None = None
    """Reported value: a count, money for losses, a fraction for changes, or a date. Only a predicted figure may omit
    it. Unit: as the quantity. More: a larger reported figure; no run depends on it. Example: `391000`"""
    role: Literal["input", "fitted", "predicted", "context"]
    """How the figure was used: input (put in), fitted (parameters were fitted to it), predicted (compared afterwards)
    or context (counted by another definition, or over days that are not known: shown, and not judged). Example:
    `fitted`"""
    tolerance: Tolerance | None = None
    """Largest difference that still counts as met, as a share of the reported figure; for a change in absolute terms.
    Unit: share. More: a looser test. Example: `0.01`"""
    standard_error: StandardError | None = None
    """Spread of the figure between runs of the whole country with other seeds. Unit: as the quantity. More: run-to-run
    noise may explain more of a difference. Example: `5702000`"""
    sampling_error: StandardError | None = None
    """Part of standard_error that comes from sampling single people and grows as 1 / sqrt(scale) in a sampled run; the
    rest (which dens are raided) is the same at every scale. Without it all of standard_error. Unit: as the quantity.
    More: small runs may differ more by run-to-run noise. Example: `42700`"""
    interval: Annotated[list[Reported], Field(min_length=2, max_length=2)] | None = None
    """Lower and upper end of the prediction's 90% interval. Unit: as the quantity. More: a higher prediction. Example:
    `[1738000000, 1887000000]`"""
    source: str
    """Who reported it, where and when. Example: `"Xinhua, 17 August 2022"`"""

    def _wrong(self) -> Mistakes:
        if self.value is None and self.role != "predicted":
            allowed = "must be the reported number or date (only a predicted figure may omit it)"
            yield mistake("value", f"is missing, but the figure is {self.role}", allowed)
        elif self.role == "context" and self.tolerance is not None:
            allowed = "must be left out: nobody can say whether a figure of another definition is met"
            yield mistake("tolerance", "is given, but the figure is context", allowed)
        elif self.sampling_error is not None and self.sampling_error > (self.standard_error or 0):
            allowed = "must be at most standard_error, which must be given"
            yield mistake("sampling_error", f"is {self.sampling_error:g}", allowed)
        elif self.interval is not None and self.interval[0] > self.interval[1]:
            yield mistake("interval", "begins above its end", "low must be at most high")
