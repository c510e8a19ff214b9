"""Numerals: money and numbers as people write them."""

import numpy as np
import pyarrow as pa
import pytest

from analysis.intake import numerals


def values(*texts, decimal=""):
    found, bad = numerals.parse(pa.array(texts), decimal)
    return [None if b else float(v) for v, b in zip(found, bad, strict=True)]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.50元", 1234.5), ("¥88", 88), ("￥1,000", 1000), ("$1,234", 1234), ("€ 5", 5), ("£2.50", 2.5), ("(12.5)", -12.5),
        ("1.2万", 12000), ("12%", 0.12), (".5", 0.5), ("-3", -3), ("+3", 3), ("1e3", 1000), ("1,234,567", 1234567), (" 7 ", 7),
    ],
)  # fmt: skip
def test_ways_of_writing_a_number(text, number):
    assert values(text) == [pytest.approx(number)]


def test_words_are_no_numbers_and_not_given_is_nan():
    assert values("x", "12a", "1,23,4") == [None, None, None]
    assert np.isnan(values("", "NA", "N/A", "null", "-", "nan")).all()


def test_the_column_decides_on_the_decimal_mark():
    assert values("1,7", "200.000.000", "1.500,00") == [1.7, 200_000_000, 1500]
    assert values("1,700", "2.5") == [1700, 2.5]
    assert values("1,234") == [1234]
    assert values("1,234", decimal=",") == [1.234]
    assert values("1.234", decimal=",") == [1234]
    assert values("1.234", decimal=".") == [1.234]
