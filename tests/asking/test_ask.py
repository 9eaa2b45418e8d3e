"""Questions in words: what they become is valid, is what they say, and what cannot be asked names the nearest."""

from pathlib import Path

import pytest

import sim
from sim.asking.beyond import BEYOND
from sim.asking.details import details
from sim.asking.question import Asked, ask
from sim.asking.subjects import SUBJECTS, Fixed, Kind, Level, Policy
from sim.asking.words import folded
from sim.base.failures import UsageError
from sim.language.spoken import ENGLISH
from sim.scenario import ScenarioError, load_scenario
from sim.scenario.bundled import FLAGSHIP, bundled_names
from sim.scenario.keys import keys_at
from sim.scenario.load import value_at
from sim.scenario.resolved import plain
from sim.scenario.schema.measures import KINDS
from sim.scenario.shapes import fields

NAMES = load_scenario(FLAGSHIP).spec.population.names

ASKED = {
    "twice the officers in Guangdong and delays of large transfers": {
        "desks.visit.by_province.44.staff": 341.8275,
        "measures.delayed-transfers.kind": "payment_delay",
        "measures.delayed-transfers.above": 50000,
    },
    "What would twice the officers for visits have saved?": {"desks.visit.staff": 3400},
    "30 % more officers": {"desks.visit.staff": 2210},
    "fewer officers": {"desks.visit.staff": 850},
    "half as many officers again": {"desks.visit.staff": 2550},
    "9,600 officers": {"desks.visit.staff": 9600},
    "100 more officers in Beijing": {"desks.visit.by_province.11.staff": 132.018},
    "twice the staff for calls and visits": {"desks.call.staff": 7800, "desks.visit.staff": 3400},
    "three times the call staff in Henan and Sichuan": {
        "desks.call.by_province.41.staff": 806.5628,
        "desks.call.by_province.51.staff": 679.1997,
    },
    "in Guangdong, twice the officers and a delay of large transfers": {
        "desks.visit.by_province.44.staff": 341.8275,
        "measures.delayed-transfers.provinces": [44],
    },
    "a deadline of 2 hours for red alerts": {"warning.tiers.red.deadline": "2 h"},
    "close the desks at night": {"desks.visit.shifts.0.end": "22:30"},
    "serve the newest alert first": {"desks.call.discipline": "last_issued"},
    "the most money at stake first": {"desks.visit.discipline": "most_at_stake"},
    "phone first, visit only whom no call reached": {"warning.tiers.red.first": "call"},
    "visit again and tell the family": {"warning.dissuasion.family.share": 0.3},
    "phone people over 70 instead of sending a message": {"warning.tiers.blue.by_age.0.ages": [70, None]},
    "a second alert within 12 hours does not ring twice": {"warning.quiet": "12 h"},
    "no warnings at all": {"measures.warning-local": None, "measures.warning-central": None},
    "without local warnings": {"measures.warning-local": None},
    "no campaigns against dens and suppliers": {"measures.cluster-campaigns": None},
    "the national centre down for two weeks in September 2022": {
        "measures.outage.window": ["2022-09-01", "2022-09-14"]
    },
    "delay first transfers above 10,000 yuan by 48 hours in Zhejiang from January 2022": {
        "measures.delayed-transfers.above": 10000,
        "measures.delayed-transfers.wait": "2 d",
        "measures.delayed-transfers.provinces": [33],
        "measures.delayed-transfers.window": ["2022-01-01", None],
    },
    "delay transfers of over-60s by 24 hours": {"measures.delayed-transfers.ages": [60, None]},
    "banks hold 1 payment in 100 from 1 March 2022 until September 2022": {
        "measures.bank-holds.intensity": 0.01,
        "measures.bank-holds.window": ["2022-03-01", "2022-09-30"],
    },
    "what if banks froze half of the mule accounts within 30 minutes?": {"measures.account-freezes.share": 0.5},
    "better SMS filters": {"measures.sms-filter.intensity": 0.3},
    "block all calls from abroad from January 2022": {"measures.no-calls-from-abroad.window": ["2022-01-01", None]},
    "twice the videos": {"measures.videos-2022.count": 18660, "measures.videos-2022.views": 1e10},
    "twice the activities of 2022 for over-60s": {"measures.activities.ages": [60, None]},
    "the law eleven months earlier": {"measures.law.window": ["2022-01-01", None]},
    "victims report ten times faster": {"aftermath.report.delay.lognormal.median": "30 min"},
    "victims report twice as fast": {"aftermath.report.delay.lognormal.median": "150 min"},
    "half the scam calls": {"fraud.volumes.call.level": "3169515 per day"},
    "filters retrain twice as fast": {"interception.retraining": "14 d"},
    "people answer unknown calls half as often": {"engagement.answering.call.unknown": 0.12},
    "desks.visit.met 0.9": {"desks.visit.met": 0.9},
    "ten times the idle cards purged": {"measures.card-purge.intensity": 1},
    "deux fois plus d'agents au Guangdong": {"desks.visit.by_province.44.staff": 341.8275},
    "retarder les virements de 12 heures": {"measures.delayed-transfers.wait": "12 h"},
    "sans alertes locales": {"measures.warning-local": None},
    "geler un tiers des comptes de mules en une heure": {"measures.account-freezes.share": 0.33},
    "广东警员加倍": {"desks.visit.by_province.44.staff": 341.8275},
    "大额转账延迟24小时": {"measures.delayed-transfers.wait": "1 d"},
    "从2022年6月起拦截境外来电": {"measures.no-calls-from-abroad.window": ["2022-06-01", None]},
    "诈骗电话减半": {"fraud.volumes.call.level": "3169515 per day"},
    "反诈法提前11个月": {"measures.law.window": ["2022-01-01", None]},
}
"""Questions, and values of their policies; None where a measure is gone."""

BEYOND_IT = {
    "what if victims were smarter": "measures[activities]",
    "bitcoin mixers": "measures[account_freeze]",
    "AI voice cloning": "red-by-evidence",
    "longer prison sentences": "measures[law]",
    "what if banks paid compensation to victims": "measures[bank_hold]",
    "twice the officers and bitcoin mixers": "measures[account_freeze]",
    "twice the campaigns": "no-campaigns",
    "officers with body cameras in blue uniforms": "warning.tiers.blue",
    "the law": "measures[law]",
    "比特币混币": "measures[account_freeze]",
    "et si les victimes étaient plus intelligentes": "measures[activities]",
}
"""Questions that cannot be asked, and what must be among the nearest."""


def value(scenario: sim.Scenario, key: str) -> object:
    try:
        return plain(value_at(scenario.levers, key))
    except KeyError:
        return None


@pytest.mark.parametrize("question", ASKED)
def test_a_policy_says_what_the_question_says(question: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ask(question)
    assert asked.yaml is not None, asked.text
    assert asked.scenario is not None
    for key, wanted in ASKED[question].items():
        expected = plain(value_at(load_scenario(FLAGSHIP, **{key: wanted}).levers, key)) if known(key) else wanted
        found = value(asked.scenario, key)
        assert found == (pytest.approx(expected, rel=1e-6) if isinstance(expected, float) else expected), key
    monkeypatch.chdir(tmp_path)
    file = Path(f"{asked.name}.yaml")
    asked.write(file)
    loaded = load_scenario(str(file))
    assert loaded.sha256 == asked.scenario.sha256, "the file is another scenario"
    assert loaded.spec.title == question
    assert loaded.sha256 != load_scenario(FLAGSHIP).sha256


def known(key: str) -> bool:
    """Return whether a value can be set and read back by itself: not in a new measure."""
    return not key.startswith(
        ("measures.", "warning.quiet", "warning.tiers.blue.by", "warning.dissuasion.fam", "desks")
    )


@pytest.mark.parametrize("question", BEYOND_IT)
def test_what_cannot_be_asked_names_the_nearest(question: str) -> None:
    asked = ask(question)
    assert asked.yaml is None
    assert asked.scenario is None
    assert BEYOND_IT[question] in [match.name for one in asked.unasked for match in one.nearest]
    assert all(line.startswith("tocsin ask: '") and "cannot be asked" in line for line in asked.text.splitlines())
    with pytest.raises(UsageError, match="cannot be asked"):
        asked.write(Path("never.yaml"))


@pytest.mark.parametrize(
    ("base", "question"),
    [
        ("singapore", "delay transfers above 10,000 dollars by 24 hours"),
        ("singapore", "banks send SMS earlier"),
        ("singapore", "close more local lines"),
        ("example-country", "twice the officers in Port Ansel"),
        ("example-country", "delay large transfers"),
        ("tiny", "twice the officers and no videos"),
    ],
)
def test_other_bases_are_asked_too(base: str, question: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    asked = ask(question, base)
    assert asked.yaml is not None, asked.text
    asked.write(Path("asked.yaml"))
    loaded = load_scenario("asked.yaml")
    assert asked.scenario is not None
    assert loaded.sha256 == asked.scenario.sha256
    assert loaded.spec.policy_of == base


def test_a_place_that_is_no_province_is_refused() -> None:
    (line,) = ask("twice the officers in North Coast", "example-country").text.splitlines()
    assert "example-country has no province 'north coast'; list them: tocsin provinces example-country" in line
    assert ask("delay large transfers in 2022").yaml is not None


def test_the_example_of_the_help_has_the_command_to_run_next() -> None:
    asked = ask("twice the officers in Guangdong and delays of large transfers")
    options = "--scale 0.005 --pool country --apart Guangdong --replicates 4"
    assert asked.command("FILE") == f"tocsin compare china-2022 FILE {options}"
    assert f"# Next: {asked.command()}" in str(asked.yaml).splitlines()


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("twice the officers from June 2022", "desks.visit.staff: cannot be limited to some days; ask for the whole"),
        ("no videos from June 2022", "measures.videos-2022: cannot be limited to some days; ask for the whole period"),
        ("half the scam calls in Guangdong", "fraud.volumes.call.level: cannot be limited to a province; ask for the"),
    ],
)
def test_what_a_lever_does_not_take_is_refused(question: str, why: str) -> None:
    assert ask(question).yaml is None
    assert why in ask(question).text


def test_what_a_question_does_not_say_is_noted() -> None:
    assert ask("more officers").notes == ("the question does not say how much: a factor of 2 is assumed",)
    assert ask("weaker SMS filters").notes == (
        "the question does not say when: from 2021-12-01 on is assumed",
        "the question does not say how much: intensity -0.3 is assumed",
    )
    assert ask("twice the officers in Guangdong").notes == ()
    assert ask("twice the officers with cameras").notes == ("not used: cameras",)
    assert "# Note: not used: cameras" in ask("twice the officers with cameras").text


def test_the_same_question_has_the_same_answer_and_the_words_of_sim_ask() -> None:
    one, other = sim.ask("half the officers"), sim.ask("  half   the officers ")
    assert isinstance(one, Asked)
    assert one.yaml == other.yaml
    assert "```yaml" in one._repr_markdown_()


def test_wrong_questions_and_bases_are_refused() -> None:
    for question in ("", " ", "a" * 301, "a\x07b"):
        with pytest.raises(UsageError, match="tocsin ask: the question"):
            ask(question)
    with pytest.raises(ScenarioError, match="no such scenario"):
        ask("twice the officers", "nowhere")
    with pytest.raises(UsageError, match="outside this folder"):
        ask("twice the officers", "/nowhere.yaml")


def test_subjects_name_what_there_is() -> None:
    names = [one.name for one in SUBJECTS]
    assert len(set(names)) == len(names)
    bundled = set(bundled_names())
    for one in SUBJECTS:
        match one.way:
            case Level():
                assert all(keys_at(key) for key in one.way.keys), one.name
            case Fixed():
                assert all(keys_at(key) for key in one.way.values), one.name
            case Policy():
                assert set(one.way.names) <= bundled, one.name
            case Kind():
                allowed = fields(KINDS[one.way.kind])
                stated = {*one.way.about, *one.way.values, *one.way.amounts, *filter(None, [one.way.time])}
                assert stated <= set(allowed), one.name
                assert set(one.way.policies) <= bundled, one.name
    assert all(name in names for one in BEYOND for name in one.nearest)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda one: one.name)
def test_every_subject_is_found_by_its_own_words(subject: object) -> None:
    """A term of one subject may be a part of a longer one of another; each has some that mean only it."""
    from sim.asking.clauses import clauses

    base = load_scenario(FLAGSHIP)
    found = {
        clause.subject.name
        for term in subject.words.split(", ")  # type: ignore[attr-defined]
        for clause in clauses(f"twice {term}", ENGLISH, base)
        if clause.subject is not None
    }
    assert subject.name in found  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("half again", {"factor": 1.5}),
        ("a third more", {"factor": 1.33}),
        ("cut by 30 %", {"factor": 0.7}),
        ("2.5 times", {"factor": 2.5}),
        ("ten per cent of payments", {"share": 0.1}),
        ("from 15 March 2022", {"window": ("2022-03-15", None)}),
        ("in 2022", {"window": ("2022-01-01", "2022-12-31")}),
        ("2022-06-01", {"window": ("2022-06-01", "2022-06-01")}),
        ("until February 2022", {"window": (None, "2022-02-28")}),
        ("people aged 60 and over", {"ages": (60, None)}),
        ("under 18", {"ages": (0, 17)}),
        ("above 5,000 yuan", {"above": 5000.0}),
        ("for an hour", {"time": "1 h"}),
        ("for three weeks", {"time": "3 week"}),
        ("two years later", {"months": 24}),
        ("in Inner Mongolia", {"provinces": (15,)}),
        ("100 more", {"number": 100.0, "more": 1}),
    ],
)
def test_details_are_read(text: str, wanted: dict[str, object]) -> None:
    found = details(folded(text), ENGLISH, NAMES)
    for key, expected in wanted.items():
        one = getattr(found, key)
        if key == "window":
            one = tuple(None if day is None else day.isoformat() for day in one)
        assert one == expected, key
