"""What the model does not have, in everyday words: why it cannot be asked, and the subjects that come nearest."""

from dataclasses import dataclass

from sim.language.spoken import marked


@dataclass(frozen=True)
class Beyond:
    """Something that no scenario can say.

    Attributes:
        words: Its terms, as those of a subject.
        why: The reason, in one sentence without a full stop.
        nearest: Names of the subjects that come nearest.
    """

    words: str
    why: str
    nearest: tuple[str, ...]


BEYOND = (
    Beyond(
        marked(
            "smarter, cleverer, wiser, intelligent, intelligence, educated people, gullible, naive, victims careful"
        ),
        "people differ by age, sex, place and exposure, not by cleverness",
        ("activities", "videos", "memory-of-warnings"),
    ),
    Beyond(
        marked("bitcoin, cryptocurrency, crypto, mixers, blockchain, stablecoin, virtual currency, wallet"),
        "money is followed to the accounts of mules and no further",
        ("account-freezes", "laundering-speed", "cluster-campaigns"),
    ),
    Beyond(
        marked(
            "deepfake, deepfakes, artificial intelligence, AI, voice cloning, cloned voices, chatbots, language model"
        ),
        "no key says how convincing an attempt is",
        ("attempts", "by-signs", "activities"),
    ),
    Beyond(
        marked(
            "reimburse, reimbursement, compensate, compensation, refund victims, insurance, insured, liability, liable"
        ),
        "who bears a loss is not simulated",
        ("bank-holds", "delayed-transfers", "account-freezes"),
    ),
    Beyond(
        marked("prison, sentence, sentences, punishment, penalties, fines, death penalty, court, courts"),
        "sentences are not simulated; a law deters a share of attempts",
        ("law", "den-campaigns", "investigators"),
    ),
    Beyond(
        marked("unemployment, inflation, economy, recession, poverty, wages, income, lockdown, pandemic, COVID"),
        "the economy is not simulated; the volume of attempts can be changed",
        ("attempts", "recruiting", "law"),
    ),
    Beyond(
        marked("loneliness, lonely, happiness, trust in police, suicide, mental health, psychological, trauma, shame"),
        "feelings are not simulated",
        ("answered-warnings", "reporting", "persuasion-at-the-door"),
    ),
    Beyond(
        marked(
            "biometric, face recognition, two factor, password, passwords, "
            "passkeys, hardware token, phishing of passwords"
        ),
        "frauds are payments that people make themselves, so logins play no part",
        ("delayed-transfers", "bank-holds", "by-signs"),
    ),
    Beyond(
        marked("ransomware, hacking, hackers, data leak, data leaks, data breach, identity theft, malware, tax fraud"),
        "only fraud in which people are talked into paying is simulated",
        ("blocked-apps", "blocked-sites", "attempts"),
    ),
    Beyond(
        marked("election, politics, war, corruption, bribery, bribes, diplomacy, sanctions"),
        "politics is not simulated; raids and returns from abroad can be changed",
        ("repatriation", "returns", "den-campaigns"),
    ),
    Beyond(
        marked("cash couriers, gift cards, gold, parcels of cash, couriers, cash on delivery"),
        "all losses are transfers to accounts",
        ("account-freezes", "delayed-transfers", "bank-holds"),
    ),
    Beyond(
        marked("weather, temperature, earthquake, climate, football, holiday season"),
        "only dated surges of attempts are simulated",
        ("attempts", "recruiting"),
    ),
)
"""Everything that is known to be beyond the model."""
