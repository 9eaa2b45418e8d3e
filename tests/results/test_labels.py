"""Codes of labels."""

from sim import labels
from sim.engines import codes


def test_codes_are_the_positions_of_their_names() -> None:
    names = {
        labels.OUTCOMES: "EPISODES SAVED DROPPED_OUT VICTIMS FILED LOSS FILED_LOSS PREVENTED RECOVERED HELD HELD_FEN",
        labels.TRUTHS: "EPISODE_TRUTH IGNORED_TRUTH UNANSWERED_TRUTH LEGITIMATE_TRUTH",
        labels.ENDS: "REACHED UNREAD_END UNANSWERED EXPIRED SUPERSEDED MOOT OPEN",
        labels.CONTACT_RESULTS: "DELIVERED WAS_READ WAS_UNREAD ANSWERED NO_ANSWER MET NOT_MET",
    }
    listed = [constant for constants in names.values() for constant in constants.split()]
    assert sorted(listed) == sorted(name for name in vars(codes) if name.isupper())
    for of, constants in names.items():
        assert [getattr(codes, constant) for constant in constants.split()] == list(range(len(of)))
        for label, constant in zip(of, constants.split(), strict=True):
            assert constant.lower().removeprefix("was_").removesuffix("_truth").removesuffix("_end") in label
