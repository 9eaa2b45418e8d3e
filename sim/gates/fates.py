"""The eight fates of an attempt, in the order of the gates; the last one is no end but the start of an episode."""

NOT_SENT, DEN_DESTROYED, CARD_ELIMINATED, INTERCEPTED, SITE_BLOCKED, UNANSWERED, IGNORED, ENGAGED = range(8)

CALL, SMS, ONLINE = range(3)
