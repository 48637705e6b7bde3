from datetime import date

import pytest
from django import forms
from django.core.exceptions import ValidationError

from foundation.formfields import CleanCodeField, CleanLineField, CleanTextField, CountField, ROCDateField


class SampleForm(forms.Form):
    on = ROCDateField(label="日期")
    name = CleanLineField(label="姓名", max_length=5)
    note = CleanTextField(label="說明", required=False)
    code = CleanCodeField(label="代碼", required=False)
    seats = CountField(label="名額", maximum=200, required=False)


def test_a_form_takes_what_people_type():
    form = SampleForm(
        {
            "on": "１０５．７．１",
            "name": "　王　小明 ",
            "note": "a\r\nb  ",
            "code": " Ｕ01",
            "seats": "１２０",
        }
    )

    assert form.is_valid()
    assert form.cleaned_data == {
        "on": date(2016, 7, 1),
        "name": "王 小明",
        "note": "a\nb",
        "code": "U01",
        "seats": 120,
    }


def test_refusals_say_the_rule_and_keep_what_was_typed():
    form = SampleForm({"on": "7/1", "name": "王\u202e明", "code": "\ue000", "seats": "-1"})

    assert not form.is_valid()
    assert form.errors == {
        "on": ["「7/1」不是看得懂的日期，請寫成 105年7月1日、105/7/1 或 2016-07-01。"],
        "name": ["第 2 個字會改變文字方向，請刪除後重新輸入（U+202E）。"],
        "code": [
            "第 1 個字是造字區的字，別人的電腦看不到；請改用 Unicode 正式收錄的字，或以同音字代替並加註（U+E000）。"
        ],
        "seats": ["數字「-1」不可為負數。"],
    }
    assert 'value="7/1"' in str(form["on"])


@pytest.mark.parametrize("blank", ("", "　", None))
def test_blank_is_missing_or_none(blank):
    with pytest.raises(ValidationError):
        ROCDateField().clean(blank)
    with pytest.raises(ValidationError):
        CleanLineField().clean(blank)
    assert ROCDateField(required=False).clean(blank) is None
    assert CountField(required=False).clean(blank) is None
    assert CleanLineField(required=False).clean(blank) == ""


def test_length_counts_cleaned_characters():
    assert CleanLineField(max_length=3).clean(" 王小明 ") == "王小明"
    with pytest.raises(ValidationError):
        CleanLineField(max_length=3).clean("王小明明")


def test_dates_are_shown_in_the_roc_calendar():
    shown = str(SampleForm(initial={"on": date(2016, 7, 1)})["on"])

    assert 'value="105年7月1日"' in shown
    assert 'type="text"' in shown
    assert 'placeholder="例：105/07/01"' in shown


def test_the_same_value_written_otherwise_is_no_change():
    form = SampleForm(
        {"on": "1050701", "name": "王小明", "seats": "１，２００"},
        initial={"on": date(2016, 7, 1), "name": "王小明", "note": "", "code": "", "seats": 1200},
    )

    assert form.fields["on"].has_changed(date(2016, 7, 1), "1050701") is False
    assert form.fields["on"].has_changed(date(2016, 7, 1), "1050702") is True
    assert form.fields["on"].has_changed(date(2016, 7, 1), "7/1") is True
    assert form.fields["seats"].has_changed(120, "１２０") is False
    assert form.fields["seats"].has_changed(120, "x") is True


def test_counts_ask_for_the_number_keyboard():
    assert 'inputmode="numeric"' in str(SampleForm()["seats"])
