"""時數檔: the 25 columns in Big5, whom it leaves out and why, and that identifiers leave no trace."""

import csv
import io
import logging
import tempfile
import zipfile
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.serializers import serialize
from django.db import IntegrityError, transaction
from django.urls import reverse

from foundation.errors import Refused
from foundation.models import Event
from foundation.sheets import Column, read_table, write_table
from tests import factories as make
from tests.factories import taipei
from workshops import actions, passport

pytestmark = pytest.mark.django_db
TODAY, AFTER = date(2016, 5, 1), taipei(2016, 5, 1, 9)
# Textbook numbers that belong to nobody.
NUMBERS = ("A123456789", "F131104093", "A800000014", "Z199999990")


@pytest.fixture
def unit():
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所")


@pytest.fixture
def session():
    return make.make_session(
        number=1,
        starts_at=time(9),
        ends_at=time(16, 30),
        course_category="522",
        course_term="105-1",
        course_code="ELEARN105",
        attendance_closed_at=taipei(2016, 4, 12),
    )


def came(session, unit, name, email="", attendance="present", title="課員"):
    person = make.make_person(unit=unit, name=name, title=title, email=email)
    return make.make_enrolment(session=session, unit=unit, person=person, attendance=attendance)


def brought(*rows):
    """The identifiers file of these rows (unit, email, name, id_number, born_on)."""
    columns = [column.title for column in passport.IDENTIFIER_COLUMNS]
    return write_table("ods", title="識別資料", columns=columns, rows=rows).content


def make_file(session, *rows):
    """(the CSV files by name, {name: reason} of those left out)."""
    identities = passport.read_identities(brought(*rows), "識別資料.ods", today=TODAY)
    written, known, left_out = passport.make(session, identities)
    with zipfile.ZipFile(io.BytesIO(written.content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    reasons, number = {}, 0
    if sheet := files.pop("未列入名單.ods", None):
        columns = [Column("name", "姓名"), Column("reason", "沒有列入的理由")]
        table = read_table(sheet, "未列入名單.ods", columns=columns)
        reasons, number = {row["name"]: row["reason"] for row in table}, len(table)
    assert (known, left_out) == (sum(content.count(b"\r\n") - 1 for content in files.values()), number)
    return files, reasons


def rows_of(content):
    return list(csv.reader(io.StringIO(content.decode("cp950"), newline="")))


def test_the_file_column_by_column(session, unit):
    came(session, unit, "林峰", "lin@example.test")

    files, reasons = make_file(session, (None, "LIN@example.test", "林峰", NUMBERS[0], "70/2/3"))

    assert reasons == {} and list(files) == ["2016-04-11_(1~1).csv"]
    content = files["2016-04-11_(1~1).csv"]
    assert content.startswith(f"{passport.HEADER}\r\n".encode("cp950"))
    header, row = rows_of(content)
    assert len(header) == 25
    assert dict(zip(header, row, strict=True)) == {
        "*身分證字號": "A123456789",
        "*課程名稱": "自製數位教材研習班第1梯次",
        "*開課起始日期": "105-04-11",
        "*開課起始時間": "09:00",
        "*開課結束日期": "105-04-11",
        "*開課結束時間": "16:30",
        "*姓名": "林峰",
        "*學位學分": "6",
        "*課程類別代碼": "522",
        "*上課縣市": "61",
        "*期別": "105-1",
        "*訓練總數": "6",
        "*訓練總數單位": "1",
        "訓練成績": "",
        "證件字號": "",
        "出勤上課狀況": "",
        "生日": "070-02-03",
        "*學習性質": "2",
        "*數位時數": "0",
        "*實體時數": "6",
        "課程代碼": "ELEARN105",
        "*實際上課起始日期": "105-04-11",
        "*實際上課起始時間": "09:00",
        "*實際上課結束日期": "105-04-11",
        "*實際上課結束時間": "16:30",
    }
    line = content.split(b"\r\n")[1].decode("cp950")
    assert line.startswith('"A123456789","自製數位') and line.count('"') == 50


def test_rare_characters_are_named_and_never_replaced(session, unit):
    """堃, 峯, 喆 and 𠮷 are in no Big5; 碁 is one of the ETEN characters that code page 950 has."""
    names = ("林堃峯", "侯喆", "𠮷田", "王碁")
    for name in names:
        came(session, unit, name)

    files, reasons = make_file(
        session, *((unit.unit.code, None, name, NUMBERS[n], None) for n, name in enumerate(names))
    )

    (content,) = files.values()
    assert [row[6] for row in rows_of(content)[1:]] == ["王碁"]
    assert b"?" not in content
    assert reasons == {
        "林堃峯": "Big5 沒有「堃」（U+5803）、「峯」（U+5CEF），請到終身學習網站以網頁登錄",
        "侯喆": "Big5 沒有「喆」（U+5586），請到終身學習網站以網頁登錄",
        "𠮷田": "Big5 沒有「𠮷」（U+20BB7），請到終身學習網站以網頁登錄",
    }


@pytest.mark.parametrize("character", "碁銹裏墻恒粧嫺")
def test_code_page_950_has_the_eten_characters_that_plain_big5_lacks(character):
    assert character.encode("cp950").decode("cp950") == character
    with pytest.raises(UnicodeEncodeError):
        character.encode("big5")


def test_only_those_who_came(session, unit):
    for name, attendance in (
        ("甲", "present"),
        ("乙", "late"),
        ("丙", "walk_in"),
        ("丁", "excused"),
        ("戊", "absent"),
    ):
        came(session, unit, name, attendance=attendance)

    files, reasons = make_file(
        session,
        *(("10010140", None, name, number, None) for name, number in zip("甲乙丙丁", NUMBERS, strict=True)),
    )

    (content,) = files.values()
    assert [row[6] for row in rows_of(content)[1:]] == ["甲", "乙", "丙"] and reasons == {}


def test_whom_the_identifiers_do_not_settle_is_left_out(session, unit):
    other = make.make_unit(code="10010130", name="嘉義縣中埔鄉公所")
    came(session, unit, "沒有列")
    came(session, unit, "王小明", "twin1@example.test")
    came(session, unit, "王小明", "twin2@example.test")
    came(session, unit, "林同一")
    came(session, other, "陳同一")
    came(session, unit, "李別名", "li@example.test")
    came(session, unit, "錯號碼")
    came(session, unit, "錯生日")
    came(session, unit, "未出生")
    came(session, unit, "兩種說法")

    files, reasons = make_file(
        session,
        ("10010140", None, "王小明", NUMBERS[0], None),
        ("10010140", None, "林同一", NUMBERS[1], None),
        ("10010130", None, "陳同一", NUMBERS[1], None),
        (None, "li@example.test", "李小華", NUMBERS[2], None),
        ("10010140", None, "錯號碼", "A123456788", None),
        ("10010140", None, "錯生日", NUMBERS[2], "七十年"),
        ("10010140", None, "未出生", NUMBERS[2], "105/5/1"),
        ("10010140", None, "兩種說法", NUMBERS[2], None),
        ("10010140", None, "兩種說法", NUMBERS[3], None),
    )

    assert files == {}
    assert reasons == {
        "沒有列": "識別資料中沒有這個人",
        "王小明": "本機關有同姓名的人，請在識別資料加電子郵件",
        "林同一": "識別資料中有兩個人是同一個身分證字號",
        "陳同一": "識別資料中有兩個人是同一個身分證字號",
        "李別名": "識別資料第 5 列的電子郵件相符，姓名不同",
        "錯號碼": "識別資料第 6 列：身分證字號的檢查碼不符",
        "錯生日": "識別資料第 7 列：生日看不懂",
        "未出生": "識別資料第 8 列：生日在今天之後",
        "兩種說法": "識別資料第 9、10 列都相符，內容不同",
    }


def test_three_thousand_rows_a_file(session, unit, monkeypatch):
    monkeypatch.setattr(passport, "MOST_ROWS", 2)
    for n, name in enumerate("甲乙丙"):
        came(session, unit, name, f"p{n}@example.test")

    files, _ = make_file(
        session, *((None, f"p{n}@example.test", name, NUMBERS[n], None) for n, name in enumerate("甲乙丙"))
    )

    assert {name: len(rows_of(content)) - 1 for name, content in files.items()} == {
        "2016-04-11_(1~2).csv": 2,
        "2016-04-11_(3~3).csv": 1,
    }


def test_hours_by_kind(session, unit):
    came(session, unit, "甲")
    actions.edit_session(
        session=session, learning_kind="3", online_hours=Decimal("1.5"), by=make.make_staff(), at=AFTER
    )
    session.refresh_from_db()

    files, _ = make_file(session, ("10010140", None, "甲", NUMBERS[0], None))

    (content,) = files.values()
    row = dict(zip(*rows_of(content), strict=True))
    assert (row["*學習性質"], row["*訓練總數"], row["*數位時數"], row["*實體時數"]) == (
        "3",
        "6",
        "1.5",
        "4.5",
    )


@pytest.mark.parametrize(("kind", "online"), (("1", 0), ("2", 1), ("3", 0), ("3", 6)))
def test_online_hours_that_do_not_match_the_kind_are_refused(session, kind, online):
    session.learning_kind, session.online_hours = kind, online
    with pytest.raises(IntegrityError), transaction.atomic():
        session.save()


def test_hours_that_no_longer_match_the_kind_are_refused_in_words(session):
    by = make.make_staff()
    actions.edit_session(session=session, learning_kind="1", online_hours=Decimal(6), by=by, at=AFTER)
    with pytest.raises(Refused, match="數位時數與學習性質不合"):
        actions.edit_session(session=session, hours=Decimal(3), by=by, at=AFTER)


def test_what_the_session_lacks_is_named_at_once(session):
    session.starts_at, session.course_term = None, ""
    with pytest.raises(passport.PassportRefused, match="第1梯次還沒有填開始時間、期別，時數檔少不了這幾欄。"):
        passport.make(session, [])


# The page, and that nothing stays


def everything_stored():
    return "".join(serialize("json", model.objects.all()) for model in apps.get_models())


def test_identifiers_leave_no_trace(client, session, unit, caplog, tmp_path, monkeypatch, settings):
    """A canary: after the export neither the number nor the birthday is in a row, a log, a file or a page."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "temp")
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
    made, real = [], tempfile.mkstemp
    monkeypatch.setattr(tempfile, "mkstemp", lambda *a, **k: made.append(1) or real(*a, **k))
    came(session, unit, "林峰")
    came(session, unit, "錯號碼")
    client.force_login(make.make_staff())
    content = brought(
        ("10010140", None, "林峰", NUMBERS[0], "70/2/3"), ("10010140", None, "錯號碼", "A123456788", None)
    )
    url = reverse("workshops:hours_file", args=[1])

    answer = client.post(url, {"file": SimpleUploadedFile("識別.ods", content)})

    assert answer.headers["Content-Type"] == "application/zip"
    assert NUMBERS[0].encode() in zipfile.ZipFile(io.BytesIO(answer.content)).read("2016-04-11_(1~1).csv")
    event = Event.objects.get(action="session.hours_exported")
    assert (event.summary, event.data) == (
        "製作第1梯次時數檔：列入 1 人，未列入 1 人",
        {"known": 1, "left_out": 1},
    )
    # A file without the columns asked for is refused on the page; that shows nothing of it either.
    page = client.post(url, {"file": SimpleUploadedFile("識別.csv", f"{NUMBERS[0]},70/2/3\r\n".encode())})
    traces = everything_stored() + caplog.text + page.content.decode()
    assert made == [] and list(Path(tempfile.tempdir).iterdir()) == []
    for canary in (*NUMBERS, "A123456788", "070-02-03", "70/2/3", "1981-02-03"):
        assert canary not in traces


def test_a_frozen_year_can_still_be_handed_in(session, unit):
    came(session, unit, "甲")
    session.programme.state = "frozen"
    session.programme.save()
    rows = brought(("10010140", None, "甲", NUMBERS[0], None))
    identities = passport.read_identities(rows, "識別資料.ods", today=TODAY)

    _, known, left_out = actions.export_hours(
        session=session, identities=identities, by=make.make_staff(), at=AFTER
    )

    assert (known, left_out) == (1, 0)


def test_a_large_upload_is_refused_and_not_written(client, session, unit, tmp_path, settings):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "temp")
    (tmp_path / "temp").mkdir()
    client.force_login(make.make_staff())
    large = SimpleUploadedFile("識別.csv", b"0" * 3_000_000)

    page = client.post(reverse("workshops:hours_file", args=[1]), {"file": large})

    assert "超過 2.5 MB 的檔案不收" in page.content.decode()
    assert list((tmp_path / "temp").iterdir()) == []


def test_the_upload_asks_for_the_token_all_the_same(session):
    from django.test import Client

    careful = Client(enforce_csrf_checks=True)
    careful.force_login(make.make_staff())
    file = SimpleUploadedFile("識別.csv", b"x")

    assert careful.post(reverse("workshops:hours_file", args=[1]), {"file": file}).status_code == 403


def test_session_day_keeps_the_codes_and_hours(client, session):
    client.force_login(make.make_staff())
    typed = {
        "check_in_from": "08:00", "check_in_until": "0945", "grace_minutes": "15", "course_category": "５２２",
        "course_term": "2", "course_code": "", "course_county": "61", "learning_kind": "2", "online_hours": "0",
    }  # fmt: skip

    client.post(reverse("workshops:session_day", args=[1]), typed)

    session.refresh_from_db()
    assert (session.check_in_from, session.check_in_until, session.grace_minutes, session.course_term) == (
        time(8), time(9, 45), 15, "2",
    )  # fmt: skip
    refused = client.post(reverse("workshops:session_day", args=[1]), {**typed, "check_in_until": "07:00"})
    assert "自行報到的截止須晚於開始。" in refused.content.decode()
