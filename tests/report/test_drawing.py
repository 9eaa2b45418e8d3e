"""How far an axis reaches: to the largest value that is not far out."""

from sim.report.drawing import OUTLYING, reach


def test_one_value_far_out_does_not_set_the_axis() -> None:
    assert reach([1.0, -2.0, 3.0, 300.0]) == 3.0
    assert reach([-100.0, 1.0, 1.0]) == 1.0
    assert reach([1.0, 2.0, 3.0, 3.0 * OUTLYING]) == 3.0 * OUTLYING
    # One that is hardly larger than those in their place stands in its own too, and so on.
    assert reach([1.0, 1.0, 1.0, 1.0, 4.0, 5.0, 7.0, 70.0]) == 7.0


def test_many_large_values_or_few_of_any_size_are_not_far_out() -> None:
    assert reach([1.0, 100.0, 90.0]) == 100.0
    assert reach([1.0, -100.0]) == 100.0
    assert reach([0.0, 0.0, 0.0, 5.0]) == 5.0
    assert reach([]) == reach([0.0]) == 0.0
