from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.numbers import (
    NumberError,
    half_up,
    ntd_capitals,
    parse_decimal,
    parse_int,
    percent,
    six_places,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    (
        *(
            (30, 30),
            (30.0, 30),
            ("30", 30),
            (" ３０ ", 30),
            ("　30", 30),
            ("1,234", 1234),
            ("１，２３４", 1234),
        ),
        *(("+5", 5), ("30.0", 30), ("0", 0), ("007", 7), (Decimal(4), 4), ("1,234,567", 1234567)),
    ),
)
def test_parse_int_understands(value, expected):
    parsed = parse_int(value)

    assert parsed == expected
    assert type(parsed) is int


@pytest.mark.parametrize(
    ("value", "sentence"),
    (
        (-1, "單位人數「-1」不可為負數。"),
        ("－３", "單位人數「－３」不可為負數。"),
        ("\u22123", "單位人數「\u22123」不可為負數。"),
        (3.5, "單位人數「3.5」須為整數。"),
        ("3.5", "單位人數「3.5」須為整數。"),
        ("=1+2", "單位人數「=1+2」是公式，請改填數字。"),
        ("＝1", "單位人數「＝1」是公式，請改填數字。"),
        ("約30", "單位人數「約30」不是數字。"),
        ("12,34", "單位人數「12,34」不是數字。"),
        ("1,2345", "單位人數「1,2345」不是數字。"),
        ("1 2", "單位人數「1 2」不是數字。"),
        ("1e3", "單位人數「1e3」不是數字。"),
        ("三十", "單位人數「三十」不是數字。"),
        ("٣", "單位人數「٣」不是數字。"),
        ("②", "單位人數「②」不是數字。"),
        (True, "單位人數「True」不是數字。"),
        (float("nan"), "單位人數「nan」不是數字。"),
        (float("inf"), "單位人數「inf」不是數字。"),
        ("9" * 31, f"單位人數「{'9' * 31}」不是數字。"),
        (1e300, "單位人數「1e+300」不是數字。"),
        ("1001", "單位人數「1001」不可超過 1,000。"),
        ("", "沒有填單位人數。"),
        ("　", "沒有填單位人數。"),
        (None, "沒有填單位人數。"),
    ),
)
def test_parse_int_refuses_with_the_rule(value, sentence):
    with pytest.raises(NumberError) as refusal:
        parse_int(value, maximum=1000, name="單位人數")

    assert str(refusal.value) == sentence


def test_parse_int_minimum():
    with pytest.raises(NumberError, match="須為 1 以上"):
        parse_int("0", minimum=1)


def test_parse_decimal():
    assert parse_decimal("３９．５", places=1) == Decimal("39.5")
    assert parse_decimal(0.1) == Decimal("0.1")
    assert parse_decimal("-2", minimum=None) == -2
    with pytest.raises(NumberError, match="最多 1 位小數"):
        parse_decimal("39.55", places=1)
    with pytest.raises(NumberError, match="不可超過 40。"):
        parse_decimal("40.5", maximum=40)


@given(st.integers(min_value=0, max_value=10**15))
def test_numbers_read_back_however_written(number):
    wide = str(number).translate({0x30 + digit: 0xFF10 + digit for digit in range(10)})

    assert parse_int(f"{number:,}", maximum=None) == parse_int(wide) == parse_int(str(number)) == number


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    (
        (Fraction(1, 2), 0, "1"),
        (Fraction(5, 1000), 2, "0.01"),
        (Fraction(-5, 1000), 2, "-0.01"),
        (Fraction(-4, 1000), 2, "0.00"),
        (Fraction(1, 3), 6, "0.333333"),
        (Fraction(2, 3), 6, "0.666667"),
        (Decimal("2.675"), 2, "2.68"),
        (7, 1, "7.0"),
    ),
)
def test_half_up(value, places, expected):
    assert str(half_up(value, places)) == expected


@given(st.fractions(max_denominator=10**9), st.integers(0, 8))
def test_half_up_is_exact(value, places):
    rounded = half_up(value, places)
    distance = Fraction(rounded) - value
    half = Fraction(1, 2 * 10**places)

    assert -rounded.as_tuple().exponent == places
    assert abs(distance) <= half
    if abs(distance) == half:
        assert abs(Fraction(rounded)) > abs(value)


def test_half_up_keeps_long_figures_exact():
    assert str(half_up(Fraction(10**40 + 1, 2), 0)) == str((10**40 + 2) // 2)


def test_six_places():
    assert six_places(Fraction(1)) == "1.000000"
    assert six_places(Fraction(0)) == "0.000000"
    assert six_places(Fraction(1, 10**9)) == "0.000000"
    assert six_places(None) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    (
        (Fraction(643, 1000), "64.3"),
        (Fraction(6435, 10000), "64.4"),
        (Fraction(9994, 10000), "99.9"),
        (Fraction(9996, 10000), "99.9"),
        (Fraction(10**9 - 1, 10**9), "99.9"),
        (Fraction(1), "100.0"),
        (Fraction(4, 3), "133.3"),
        (0, "0.0"),
        (Decimal("0.625"), "62.5"),
    ),
)
def test_percent(value, expected):
    assert percent(value) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    (
        (0, "新臺幣零元整"),
        (10, "新臺幣壹拾元整"),
        (500, "新臺幣伍佰元整"),
        (3005, "新臺幣參仟零伍元整"),
        (12000, "新臺幣壹萬貳仟元整"),
        (10010, "新臺幣壹萬零壹拾元整"),
        (105000, "新臺幣壹拾萬伍仟元整"),
        (12000030, "新臺幣壹仟貳佰萬零參拾元整"),
        (100005000, "新臺幣壹億零伍仟元整"),
        (100010000, "新臺幣壹億零壹萬元整"),
        (9876543210, "新臺幣玖拾捌億柒仟陸佰伍拾肆萬參仟貳佰壹拾元整"),
    ),
)
def test_ntd_capitals(amount, expected):
    assert ntd_capitals(amount) == expected


@given(st.integers(min_value=0, max_value=10**16 - 1))
def test_ntd_capitals_reads_back(amount):
    words = ntd_capitals(amount).removeprefix("新臺幣").removesuffix("元整")
    total = group = digit = 0
    for sign in words:
        if sign in "零壹貳參肆伍陸柒捌玖":
            digit = "零壹貳參肆伍陸柒捌玖".index(sign)
        elif sign in "拾佰仟":
            group += digit * 10 ** ("拾佰仟".index(sign) + 1)
            digit = 0
        else:
            total += (group + digit) * 10 ** (4 * ("萬億兆".index(sign) + 1))
            group = digit = 0

    assert total + group + digit == amount
    assert "零零" not in words


@pytest.mark.parametrize("amount", (-1, 10**16))
def test_ntd_capitals_refuses_what_it_cannot_write(amount):
    with pytest.raises(NumberError):
        ntd_capitals(amount)
