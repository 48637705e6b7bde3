from datetime import date, datetime

import pytest
from django import forms
from django.utils import formats


@pytest.mark.parametrize("written", ("2016-07-01", "2016/7/1", "2016年7月1日"))
def test_western_dates_are_read_in_every_form(written):
    assert forms.DateField(localize=True).clean(written) == date(2016, 7, 1)


@pytest.mark.parametrize("written", ("2016-07-01T09:05", "2016/7/1 9:05", "2016年7月1日 9:05"))
def test_moments_are_read_in_every_form(written):
    read = forms.DateTimeField(localize=True).clean(written)

    assert read.replace(tzinfo=None) == datetime(2016, 7, 1, 9, 5)  # noqa: DTZ001 – the wall clock is meant


def test_numbers_are_grouped_by_three_where_asked():
    assert formats.number_format(1234567, use_l10n=True, force_grouping=True) == "1,234,567"
    assert formats.number_format(1234567) == "1234567"


def test_a_month_and_day_keep_no_zero():
    assert formats.date_format(date(2016, 7, 1), "MONTH_DAY_FORMAT") == "7月1日"
