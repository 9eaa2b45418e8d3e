"""Texts of the page of a studio that its script shows, in the language that is spoken."""

from sim.language.spoken import marked, said

POOL_NAMES = {
    "country": marked("the whole country as one"),
    "regions": marked("each region as one"),
    "none": marked("every province by itself"),
}
"""What the values of ``--pool`` mean."""


FURTHER = {
    "draws": (
        marked("Over {draws} posterior draws"),
        marked(
            "Their intervals include parameter uncertainty. The baseline is another one then: the mean of the draws."
        ),
    ),
    "people": (
        marked("Watch one person"),
        marked(
            "One pair of runs that records every event: what happens to a person whom the policy saved, and to one it "
            "harmed."
        ),
    ),
    "whole": (
        marked("The whole country, one to one"),
        marked("One pair of runs with the whole population, each province by itself."),
    ),
}
"""What a page can ask further about a policy: the text of its button, and what it adds."""


def words() -> dict[str, str]:
    """Return every text of the script, by use; the script fills in the ``{fields}``."""
    return {
        "running": said("{done} of {of} pairs of runs are there", done="{done}", of="{of}"),
        "starting": said("The first pair of runs is being made"),
        "done": said("All pairs of runs are there: {of}", of="{of}"),
        "stopped": said("Stopped. Finished runs are kept; press Run to continue"),
        "failed": said("Failed: {why}", why="{why}"),
        "lost": said("No connection to the studio. If it was closed, start it again: tocsin studio"),
        "saved": said("Saved: {file}", file="{file}"),
        "copied": said("Copied"),
        "checking": said("The policy is being checked."),
        "busy": said("Wait for the runs in progress, or stop them."),
        "gone": said("This answer is no longer kept. Run it again."),
        "part": said("{percent}% of all days", percent="{percent}"),
        "left": said("about {time} left", time="{time}"),
        "cleaned": said("Kept as {file}", file="{file}"),
        "choose": said("Choose a province and a number of officers."),
        "remove": said("Remove: {what}", what="{what}"),
        "removed": said("taken out"),
        "apart": said("Simulate {province} by itself", province="{province}"),
        "now": said("now {value}", value="{value}"),
        "power": said("Known after two pairs of runs."),
        "nothing": said("Nothing is changed yet. Open a group and change a lever, or add a measure."),
        "differs": said("This link was made for another baseline or version: {base}", base="{base}"),
        "picture": said(
            "Differences from the baseline in percent, with their intervals. The table below has the numbers."
        ),
        "figure": said("Figure"),
        "baseline": said("Baseline"),
        "policy": said("Policy"),
        "difference": said("Difference and interval"),
        "numbers": said("Numbers: {policy}", policy="{policy}"),
        "people": said("One person, from the attempt to the end"),
        "nobody": said(
            "The policy saved and harmed nobody in this sample. A larger share of the population shows more."
        ),
    }
