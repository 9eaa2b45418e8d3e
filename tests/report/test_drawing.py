"""How far an axis reaches: to the largest value that is not far out."""

from sim.report.drawing import OUTLYING, reach_of


def test_one_value_far_out_does_not_set_the_axis() -> None:
    assert reach_of([1.0, -2.0, 3.0, 300.0]) == 3.0
    assert reach_of([-100.0, 1.0, 1.0]) == 1.0
    assert reach_of([1.0, 2.0, 3.0, 3.0 * OUTLYING]) == 3.0 * OUTLYING
    # One that is hardly larger than those in their place stands in its own too, and so on.
    assert reach_of([1.0, 1.0, 1.0, 1.0, 4.0, 5.0, 7.0, 70.0]) == 7.0


def test_many_large_values_or_few_of_any_size_are_not_far_out() -> None:
    assert reach_of([1.0, 100.0, 90.0]) == 100.0
    assert reach_of([1.0, -100.0]) == 100.0
    assert reach_of([0.0, 0.0, 0.0, 5.0]) == 5.0
    assert reach_of([]) == reach_of([0.0]) == 0.0
