from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import rocdate
from foundation.rocdate import DateError, parse_date

FIRST_OF_JULY = date(2016, 7, 1)
roc_dates = st.dates(min_value=date(1912, 1, 1), max_value=date(2910, 12, 31))


@pytest.mark.parametrize(
    "text",
    (
        "105年7月1日",
        "民國105年7月1日",
        "中華民國105年7月1日",
        "中華民國 105 年 7 月 1 日",
        "中華民國105年07月01日",
        "105/07/01",
        "105/7/1",
        "105.7.1",
        "105-07-01",
        "民國105/7/1",
        "1050701",
        "本(105)年7月1日",
        "本（105）年7月1日",
        "１０５年７月１日",
        "１０５／０７／０１",
        "105．7．1",
        "　105 / 7 / 1 ",
        "105年7月1日(五)",
        "105年7月1日（星期五）",
        "2016-07-01",
        "2016/7/1",
        "2016.7.1",
        "20160701",
        "2016年7月1日",
        "西元2016年7月1日",
        1050701,
        1050701.0,
        20160701,
        FIRST_OF_JULY,
        datetime(2016, 7, 1, 9, 30),  # noqa: DTZ001 (a spreadsheet cell has no zone)
        datetime(2016, 6, 30, 16, 0, tzinfo=UTC),
    ),
)
def test_parse_date_understands(text):
    parsed = parse_date(text)

    assert parsed == FIRST_OF_JULY
    assert type(parsed) is date


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("990701", date(2010, 7, 1)),
        ("99/7/1", date(2010, 7, 1)),
        ("民國9年7月1日", date(1920, 7, 1)),
        ("0990701", date(2010, 7, 1)),
        ("1900/1/1", date(1900, 1, 1)),
        ("105/2/29", date(2016, 2, 29)),
    ),
)
def test_parse_date_decides_by_the_length_of_the_year(text, expected):
    assert parse_date(text) == expected


@pytest.mark.parametrize(
    "value",
    (
        *("", "　", "7/1", "7月1日", "01/07/2016", "07/01/16", "7/1/16", "16/07/01", "160701", "10571"),
        *(
            "105/7-1",
            "105年7月",
            "105年7/1",
            "105",
            "民國2016年7月1日",
            "西元105年7月1日",
            "0/7/1",
            "000/7/1",
        ),
        *(
            "1016/7/1",
            "1899/12/31",
            "0105/7/1",
            "1 050701",
            "105 7 1",
            "2016-07-01 09:30",
            "明天",
            "一百零五年七月一日",
        ),
        *(
            "105年7月1日(一)",
            "民國前1年1月1日",
            "105.7.1.",
            "=TODAY()",
            "٢٠١٦/7/1",
            42552,
            42552.5,
            True,
            None,
            [105, 7, 1],
        ),
        *("105年7月1日105年7月1日", "105/07/001", "12345678901"),
    ),
)
def test_parse_date_never_guesses(value):
    with pytest.raises(DateError):
        parse_date(value)


@pytest.mark.parametrize(
    "text", ("105年2月30日", "104/2/29", "1051301", "105/0/1", "2016-04-31", "105年7月0日")
)
def test_parse_date_refuses_days_that_do_not_exist(text):
    with pytest.raises(DateError, match="這一天不存在"):
        parse_date(text)


def test_the_refusal_is_a_sentence_that_shows_what_was_given():
    with pytest.raises(DateError) as refusal:
        parse_date("7/1")

    assert str(refusal.value) == "「7/1」不是看得懂的日期，請寫成 105年7月1日、105/7/1 或 2016-07-01。"


@given(st.text(max_size=12) | st.integers() | st.floats())
def test_parse_date_returns_a_date_or_refuses(value):
    try:
        parsed = parse_date(value)
    except DateError as refusal:
        assert str(refusal).endswith("。")
    else:
        assert type(parsed) is date


@given(roc_dates)
def test_every_shown_form_reads_back(day):
    assert parse_date(rocdate.format_date(day)) == day
    assert parse_date(rocdate.format_digits(day)) == day
    assert parse_date(rocdate.format_digits(day).replace("-", "")) == day
    assert parse_date(day.isoformat()) == day
    assert rocdate.roc_year(day) == day.year - 1911


def test_formats():
    assert rocdate.format_date(FIRST_OF_JULY) == "民國105年7月1日"
    assert rocdate.format_short(FIRST_OF_JULY) == "7月1日（五）"
    assert rocdate.format_digits(date(2010, 7, 1)) == "099-07-01"
    assert rocdate.deadline_text(FIRST_OF_JULY) == "7月1日（五）24:00 截止（臺北時間）"
    assert rocdate.roc_year(FIRST_OF_JULY) == 105


def test_moments_are_shown_in_taipei_time():
    moment = datetime(2016, 6, 22, 17, 40, tzinfo=UTC)

    assert rocdate.format_datetime(moment) == "105年6月23日 01:40"
    assert rocdate.format_date(moment) == "民國105年6月23日"
    assert rocdate.format_short(moment) == "6月23日（四）"
    assert rocdate.taipei_date(moment) == date(2016, 6, 23)


@pytest.mark.parametrize(
    ("end", "expected"),
    (
        (date(2016, 9, 30), "民國105年3月1日至9月30日"),
        (date(2017, 1, 31), "民國105年3月1日至106年1月31日"),
        (date(2016, 3, 1), "民國105年3月1日"),
    ),
)
def test_format_range(end, expected):
    assert rocdate.format_range(date(2016, 3, 1), end) == expected


def test_years_before_the_calendar_are_refused():
    with pytest.raises(DateError, match="民國之前"):
        rocdate.format_date(date(1911, 12, 31))


def test_a_day_ends_at_the_next_midnight_in_taipei():
    assert rocdate.end_of_day(FIRST_OF_JULY) == datetime(2016, 7, 1, 16, 0, tzinfo=UTC)
    assert rocdate.end_of_day(FIRST_OF_JULY).isoformat() == "2016-07-02T00:00:00+08:00"
    assert rocdate.start_of_day(FIRST_OF_JULY) == datetime(2016, 6, 30, 16, 0, tzinfo=UTC)
