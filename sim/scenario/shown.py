"""What a notebook shows of a scenario by its bare name: its question, and what it changes from its base."""

from html import escape

from sim.language.spoken import counted, said, telling_in
from sim.scenario.levers import levers
from sim.scenario.load import Scenario, base_of


def scenario_html(scenario: Scenario) -> str:
    """Return the question of a scenario, each lever of a policy, and how it is run, as HTML."""
    spec = scenario.spec
    with telling_in(spec.terms):
        base = base_of(scenario)
        changed = [] if base is None else levers(base, scenario)
        if changed and spec.name == spec.policy_of:
            lead = said("A policy for {base}:", base=spec.policy_of)
        elif changed:
            lead = said("{name} changes {base}:", name=spec.name, base=spec.policy_of)
        elif spec.policy_of is not None:
            lead = said("{name} is a policy for {base}.", name=spec.name, base=spec.policy_of)
        else:
            lead = said("{name} is not a policy for another scenario.", name=spec.name)
        run_as = said(
            "{start} to {end}, scale {scale}, seed {seed}, engine {engine}",
            start=spec.period.start,
            end=spec.period.end,
            scale=f"{spec.scale:g}",
            seed=str(spec.seed),
            engine=spec.engine,
        )
        size = counted("{count} province", "{count} provinces", count=len(spec.population.provinces))
    return "".join(
        [
            f"<h4>{escape(spec.title)}</h4><p>{escape(lead)}</p>",
            *(["<ul>", *(f"<li>{escape(lever.told)}</li>" for lever in changed), "</ul>"] if changed else []),
            f"<p><small>{escape(run_as)}; {escape(size)}</small></p>",
        ]
    )
