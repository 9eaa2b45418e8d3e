"""Identities: what is packed comes back, order follows the fields, kinds of entity do not meet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.days import day_number
from sim.base.words import OriginKind
from sim.draws import identity as ids
from sim.scenario.schema.base import FIRST_DAY


def field(name):
    return st.integers(0, ids.LIMITS[name] - 1)


origins = st.tuples(*(field(name) for name in ("kind", "day", "province", "channel", "cell", "index")))
alerts = st.tuples(origins, field("detector"), field("stage"))


@given(alerts)
def test_what_is_packed_comes_back(fields):
    origin_fields, detector, stage = fields
    origin = ids.origin_id(*origin_fields)
    alert = ids.alert_id(origin, detector, stage)
    assert 0 <= origin <= alert < 2**63
    assert ids.unpack(alert) == ids.Identity(*origin_fields, detector, stage)
    assert ids.origin_of(alert) == origin == ids.origin_of(origin)


@given(alerts, alerts)
def test_order_is_that_of_the_fields(one, two):
    def pack(fields):
        return ids.alert_id(ids.origin_id(*fields[0]), *fields[1:])

    assert (pack(one) < pack(two)) == (one < two)


def test_layout_written_out():
    written = f"{1:02b}{7974:015b}{18:05b}{2:02b}{5:010b}{1234:024b}{1:01b}{9:04b}"
    assert len(written) == 63
    assert ids.alert_id(ids.origin_id(1, 7974, 18, 2, 5, 1234), 1, 9) == int(written, 2)
    attempt = f"{0:02b}{7974:015b}{18:05b}{2:02b}{7:05b}{11:05b}{1234:024b}{0:05b}"
    assert len(attempt) == 63
    assert ids.attempt_id(7974, 18, 2, 7, 11, 1234) == int(attempt, 2)


attempts = st.tuples(*(field(name) for name in ("day", "province", "channel", "fraud_type", "prospect", "index")))


@given(attempts, field("detector"), field("stage"))
def test_an_attempt_has_a_fraud_type_and_a_prospect(fields, detector, stage):
    day, province, channel, fraud_type, prospect, index = fields
    attempt = ids.attempt_id(*fields)
    cell = fraud_type * ids.LIMITS["prospect"] + prospect
    assert ids.unpack(attempt) == ids.Identity(OriginKind.ATTEMPT, day, province, channel, cell, index, 0, 0)
    assert ids.fraud_type_of(attempt) == fraud_type == ids.fraud_type_of(ids.alert_id(attempt, detector, stage))


@given(attempts, attempts)
def test_attempts_of_a_type_are_together_whatever_their_prospect(one, two):
    assert (ids.attempt_id(*one) < ids.attempt_id(*two)) == (one < two)


@given(field("province"), field("index"))
def test_a_backlog_case_is_no_attempt(province, number):
    assert ids.day_of(ids.backlog_id(province, number)) < day_number(FIRST_DAY)
    assert ids.kind_of(ids.backlog_id(province, number)) == OriginKind.BACKLOG
    assert ids.province_of(ids.backlog_id(province, number)) == province


@given(field("province"), field("person"))
def test_person(province, number):
    person = ids.person_id(province, number)
    assert (ids.person_province(person), ids.person_number(person)) == (province, number)


@given(field("cell_side"), field("cell_side"))
def test_score_cell(central, local):
    cell = ids.cell_id(central, local)
    assert 0 <= cell < ids.LIMITS["cell"]
    assert (ids.cell_central(cell), ids.cell_local(cell)) == (central, local)


@pytest.mark.parametrize(
    ("pack", "first", "second"),
    [(ids.slot_id, "slot", "generation"), (ids.slot_day_id, "slot", "day"), (ids.quantity_id, "province", "quantity")],
)
def test_pairs_do_not_meet(pack, first, second):
    corners = {pack(a, b) for a in (0, 1, ids.LIMITS[first] - 1) for b in (0, 1, ids.LIMITS[second] - 1)}
    assert len(corners) == 9
    assert all(0 <= corner < 2**63 for corner in corners)
