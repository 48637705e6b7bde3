import unicodedata
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.text import (
    TextError,
    clean_code,
    clean_email,
    clean_line,
    clean_text,
    half_width,
    search_key,
    split_names,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    (
        (None, ""),
        ("　王　小明 ", "王 小明"),
        ("第一行\r\n第二行\t尾", "第一行 第二行 尾"),
        ("a\u2028b\u00a0c", "a b c"),
        ("𠮷田堃峯喆𤧞𩇕", "𠮷田堃峯喆𤧞𩇕"),
        ("Yangui‧Yasiungu·ʉ’", "Yangui‧Yasiungu·ʉ’"),
        ("e\u0301", "é"),
        ("葛\U000e0100城", "葛\U000e0100城"),
        ("１２Ａ", "１２Ａ"),
        (5.0, "5"),
        (2.5, "2.5"),
        (Decimal("1.20"), "1.20"),
        (-3, "-3"),
    ),
)
def test_clean_line(value, expected):
    assert clean_line(value) == expected


@pytest.mark.parametrize(
    ("text", "part"),
    (
        ("王\x0b明", "第 2 個字是控制字元"),
        ("王\x00明", "U+0000"),
        ("\x85", "控制字元"),
        ("\x1f", "控制字元"),
        ("王\ud842明", "損壞"),
        ("王\u202e明", "文字方向"),
        ("王\u200f明", "文字方向"),
        ("王\u2066明", "文字方向"),
        ("王\ue000明", "造字區"),
        ("王\U000f0001明", "造字區"),
        ("王\U00100001明", "造字區"),
        ("王\u200b明", "看不見"),
        ("\ufeff王", "看不見"),
        ("王\u00ad明", "看不見"),
        ("王\U000e0041明", "看不見"),
        ("\u3164", "看不見"),
        ("王\ufffd明", "遺失"),
        ("王\uffff明", "不是文字"),
        ("王\U0001ffff明", "不是文字"),
    ),
)
@pytest.mark.parametrize("clean", (clean_line, clean_text, clean_code))
def test_what_cannot_be_seen_is_refused_with_its_place(clean, text, part):
    with pytest.raises(TextError, match=part.replace("+", r"\+")) as refusal:
        clean(text)

    assert str(refusal.value).endswith("。")


@pytest.mark.parametrize("value", (True, date(2016, 7, 1), object()))
def test_values_that_are_no_text_are_refused(value):
    with pytest.raises(TextError):
        clean_line(value)


def test_length_counts_after_cleaning():
    assert clean_line("　王小明　", max_length=3) == "王小明"
    with pytest.raises(TextError, match="超過 3 個字（現有 4 個字）"):
        clean_line("王小明𠮷", max_length=3)


def test_the_joiner_belongs_in_longer_texts_only():
    with pytest.raises(TextError, match="看不見"):
        clean_line("👩\u200d🏫")
    assert clean_text("👩\u200d🏫") == "👩\u200d🏫"


def test_clean_text_keeps_lines_and_indent():
    assert clean_text("\r\n一、主旨  \r\n  說明\u3000\r\n\r\n完\n\n") == "一、主旨\n  說明\n\n完"


@pytest.mark.parametrize(
    ("value", "expected"),
    (
        ("１０４６５０", "104650"),
        (104650.0, "104650"),
        (104650, "104650"),
        (" U 01　", "U01"),
        ("Ｕ０１－a", "U01-a"),
        ("0012", "0012"),
        ("更①", "更①"),
        (None, ""),
    ),
)
def test_clean_code(value, expected):
    assert clean_code(value) == expected


def test_clean_email():
    assert clean_email(" Chen.Mei＠Example.gov.TW ") == "chen.mei@example.gov.tw"
    assert clean_email(None) == ""
    for wrong in ("chen", "chen@", "@example.tw", "a@b", "a@b@c.tw", "陳@example.tw", "a@b..tw"):
        with pytest.raises(TextError, match="不是電子郵件地址"):
            clean_email(wrong)


def test_split_names():
    assert split_names("王小明、陳美惠，李 大同; 張三\n𠮷田、、") == [
        "王小明",
        "陳美惠",
        "李 大同",
        "張三",
        "𠮷田",
    ]
    assert split_names("") == []


def test_search_key_finds_twins():
    assert search_key("ＡＢＣ 王　小明") == search_key("abc王小明")
    assert search_key("王小明") != search_key("王大明")


@given(st.text())
def test_cleaning_is_stable_and_leaves_only_visible_text(text):
    try:
        line = clean_line(text)
    except TextError as refusal:
        assert str(refusal).endswith("。")
        return

    assert clean_line(line) == line == unicodedata.normalize("NFC", line).strip()
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Co", "Cf") for character in line)


@given(st.text())
def test_search_key_is_stable(text):
    assert search_key(search_key(text)) == search_key(text)


def test_every_unseen_character_of_unicode_is_refused():
    """The quick pattern that finds suspects must miss none of them."""
    passed = []
    for code in range(0x110000):
        character = chr(code)
        if unicodedata.category(character) in ("Cc", "Cs", "Co", "Cf") and not character.isspace():
            try:
                clean_line(f"王{character}明")
            except TextError:
                continue
            passed.append(f"U+{code:04X}")

    assert passed == []


def test_half_width_leaves_chinese_punctuation():
    assert half_width("（１），、。「」") == "(1),、。「」"
