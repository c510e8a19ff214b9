"""Numerals: money and numbers as people write them."""

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.intake.values import numerals
from analysis.intake.values.cells import from_strings


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
    assert values(text) == [number]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.234,56", 1234.56), ("1,234.56", 1234.56), ("1 234,56", 1234.56), ("1\u00a0234,56", 1234.56), ("1\u202f234,56", 1234.56),
        ("1\u2009234.56", 1234.56), ("1'234.50", 1234.5), ("1’234’567,5", 1234567.5), ("1234,5", 1234.5), ("0,123", 0.123),
        ("200.000.000", 2e8), ("12,34,567.00", 1234567), ("1,2345,6789", 123456789), (",5", 0.5), ("5,", 5), ("5.", 5), ("-.25", -0.25),
    ],
)  # fmt: skip
def test_thousands_and_decimals_of_either_kind(text, number):
    assert values(text) == [number]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("１２３．５", 123.5),
        ("１，２３４．５", 1234.5),
        ("￥１，０００", 1000),
        ("３％", 0.03),
        ("（１２）", -12),
        ("－３", -3),
    ],
)
def test_full_width_digits_and_marks(text, number):
    assert values(text) == [number]


@pytest.mark.parametrize(
    "text",
    [
        "¥5", "￥5", "$5", "€5", "£5", "₩5", "₹5", "US$5", "US$ 5", "HK$5", "NT$5", "RMB 5", "rmb5", "CNY5", "5 USD", "5usd", "5EUR",
        "5元", "5 元", "5块", "5块钱", "5圆", "人民币5元", "¥5元", "5 美元", "CHF 5", "5 kr", "Rs. 5", "5 zł",
    ],
)  # fmt: skip
def test_currencies_before_and_behind(text):
    assert values(text) == [5]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3千", 3e3), ("1.2万元", 12000), ("1.2 万", 12000), ("1.5亿", 1.5e8), ("2亿元", 2e8), ("3百万", 3e6), ("1.2万亿", 1.2e12),
        ("1.2k", 1200), ("1.2K", 1200), ("3M", 3e6), ("¥1.2万", 12000), ("$1.2M", 1.2e6), ("1.2M USD", 1.2e6), ("-2k", -2000),
        ("12.5％", 0.125), ("12 %", 0.12), ("5‰", 0.005), ("-3%", -0.03),
    ],
)  # fmt: skip
def test_units_and_shares(text, number):
    assert values(text) == [number]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12.50-", -12.5), ("−3", -3), ("–3", -3), ("- 5", -5), ("-$5", -5), ("$-5", -5), ("($1,234.00)", -1234), ("(5元)", -5),
        ("1.5E+10", 1.5e10), ("1,53e4", 15300), ("-1e-300", -1e-300), ("1,234.50 USD-", -1234.5),
    ],
)  # fmt: skip
def test_signs_and_exponents(text, number):
    assert values(text) == [number]


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05", "01.02.2026", "2026.01.05", "2026/01/05", "10:30", "20260105T103000", "192.168.1.1", "1.2.3", "1/2", "3-4",
        "+8613800138000", "+86 138 0013 8000", "+49 170 123 456", "138 0013 8000", "(555) 123-4567",
        "1,23,4", "1,234,56", "1.234.56", "0,123,456", "1,234.567.890", "1,234 567", "1 23", "12'34",
        "x", "12a", "12kg", "5Kg", "1.2m", "k", "$", "元", "%", ".", ",", "()", "--5", "5--", "(-5)", "(5", "5)", "+5-", "5+", "$5%", "5%%", "5万万",
        "1e400", "1e", "0x10", "1_000", "inf", "5²", "٥",
    ],
)  # fmt: skip
def test_what_is_no_number(text):
    assert values(text) == [None]


def test_words_are_no_numbers_and_not_given_is_nan():
    assert values("x", "12a", "1,23,4") == [None, None, None]
    assert np.isnan(values("", "NA", "N/A", "null", "-", "nan")).all()


def test_the_column_decides_on_the_decimal_mark():
    assert values("1,7", "200.000.000", "1.500,00") == [1.7, 200_000_000, 1500]
    assert values("1,700", "2.5") == [1700, 2.5]
    assert values("1.700", "2,5") == [1700, 2.5]
    assert values("1 700", "1,234", "2,5") == [1700, 1.234, 2.5]


def test_a_column_that_proves_nothing_follows_the_file():
    assert values("1,234") == [1234]
    assert values("1.234") == [1.234]
    assert values("1,234", decimal=",") == [1.234]
    assert values("1.234", decimal=",") == [1234]
    assert values("1.234", decimal=".") == [1.234]


def test_a_column_that_proves_its_mark_does_not_follow_the_file():
    assert values("1,5", "1,234", decimal=".") == [1.5, 1.234]
    assert values("1.5", "1,234", decimal=",") == [1.5, 1234]


def test_contradicting_cells_are_decided_by_the_larger_number_and_the_rest_is_unreadable():
    assert values("1,5", "2,5", "3.5", "1,234") == [1.5, 2.5, None, 1.234]
    assert values("1.5", "2.5", "3,5", "1,234") == [1.5, 2.5, None, 1234]
    assert values("1,5", "3.5") == [None, 3.5]
    assert values("1,5", "3.5", decimal=",") == [1.5, None]
    found, bad = numerals.numbers_of(from_strings(["1,5", "2,5", "3.5", "", "1,5"]))
    assert bad.tolist() == [False, False, True, False, False] and np.isnan(found[2:4]).all()


def test_fours_only_where_cells_prove_them():
    assert values("1,2345", "5") == [1.2345, 5]
    assert values("1,2345", "1,2345,6789", "5", "1,234") == [12345, 123456789, 5, None]


def test_units_count_only_where_most_cells_are_numbers():
    assert values("5K", "12", "13", "large") == [5000, 12, 13, None]
    assert values("5K", "small", "large", "12") == [None, None, None, 12]
    assert values("3万", "", "", "NA") == pytest.approx([30_000, np.nan, np.nan, np.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (("1,5",), ","), (("1.5",), "."), (("1.234.567",), ","), (("1,234,567",), "."), (("1,234", "1.234", "12", "x"), ""),
        (("1,5", "1.5"), ""), (("1 234,5", "¥1,50"), ","), ((), ""),
    ],
)  # fmt: skip
def test_the_mark_that_is_proved(texts, mark):
    assert numerals.decimal_of(pa.array(texts, pa.string())) == mark


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_what_a_program_writes_reads_back_to_the_bit(numbers):
    assert values(*map(repr, numbers)) == numbers


MARKS = [
    (",", "."),
    (".", ","),
    (" ", ","),
    ("\u00a0", ","),
    ("\u202f", "."),
    ("'", "."),
    ("’", ","),
    ("", "."),
    ("", ","),
]
AROUND = [
    ("", ""),
    ("¥", ""),
    ("", "元"),
    ("US$ ", ""),
    ("", " EUR"),
    ("", "万"),
    ("", "%"),
    ("(", ")"),
    ("-", ""),
    ("", "-"),
    ("−", ""),
]


def grouped(whole, mark, india):
    head, tail = (whole[:-3], whole[-3:]) if len(whole) > 3 else ("", whole)
    size, parts = 2 if india else 3, [tail]
    while head:
        head, part = head[:-size], head[-size:]
        parts.insert(0, part)
    return mark.join(parts)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 10**11), st.integers(0, 99), st.sampled_from(AROUND)), min_size=20, max_size=40),
    st.sampled_from(MARKS), st.booleans(), st.booleans(),
)  # fmt: skip
def test_any_convention_reads_back(numbers, marks, wide, india):
    parting, decimal = marks
    texts, meant = [], []
    for whole, cents, (before, behind) in numbers:
        text = f"{grouped(str(whole), parting, india and parting == ',')}{decimal}{cents:02d}"
        if wide:
            text = text.translate(str.maketrans("0123456789,.", "０１２３４５６７８９，．"))
        texts.append(before + text + behind)
        power = {"万": 4, "%": -2}.get(behind, 0)
        sign = "-" if before in ("(", "-", "−") or behind == "-" else ""
        meant.append(float(f"{sign}{whole}.{cents:02d}e{power}"))
    assert values(*texts) == meant


@settings(deadline=None)
@given(
    st.randoms(use_true_random=False),
    st.sampled_from(["1,5", "1.5", "1,234", "1.234", "7", "x", "1.234,5", "12,34,567"]),
)
def test_the_order_of_cells_does_not_matter(chance: random.Random, more):
    texts = ["1,5", "2,75", "1,234", "1.234", "3.5", "12", more]
    shuffled = chance.sample(texts, len(texts))
    found = dict(zip(shuffled, values(*shuffled), strict=True))
    assert [found[t] for t in texts] == values(*texts)
