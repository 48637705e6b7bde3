"""The pages of 誰來我「嘉」 as each person sees them."""

import csv
import io
import zipfile
from datetime import date, timedelta

import pypdfium2
import pytest
import time_machine
from defusedxml import ElementTree
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from icalendar import Calendar

from foundation.sheets import Column, read_table
from tests import factories as make
from tests.factories import taipei
from workshops.models import Consultation, Manual, Slot, Tutor

pytestmark = pytest.mark.django_db
AT = taipei(2016, 4, 11, 9)
State = Consultation.State


@pytest.fixture(autouse=True)
def _monday_morning():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def tutor(client):
    user = make.make_tutor(
        user=make.make_user(name="黃資深", email="huang@example.test"),
        fields="簡報動畫、螢幕錄影",
        phone="05-3620123",
        extension="231",
        video_id="123 456",
        meeting_url="https://meet.example.test/huang",
        availability="每週三下午",
    )
    client.force_login(user)
    return user


@pytest.fixture
def unit():
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所")


@pytest.fixture
def asker(unit):
    return make.make_contact(unit=unit, user=make.make_user(name="林堃峯"))


@pytest.fixture
def consultation(tutor, asker, unit):
    slot = make.make_slot(tutor=tutor)
    return make.make_consultation(slot=slot, asker=asker, unit=unit, subject="沒有聲音", note="私下的話")


def to(name, *args):
    return reverse(f"workshops:{name}", args=args)


def text_of(response):
    return response.content.decode()


def errors(response, name="form"):
    return [error for errors in response.context[name].errors.values() for error in errors]


# The list and what the office sends out


def test_tutor_list_filters_by_words_and_field(client, tutor):
    make.make_tutor(user=make.make_user(name="郭種籽"), fields="配音")
    make.make_tutor(user=make.make_user(name="已離開"), fields="配音", left_at=AT)
    make.make_tutor(programme=make.make_programme(year=104))
    make.make_slot(tutor=tutor)

    def shown(**asked):
        page = client.get(to("tutor_list"), {"year": 105, **asked}).context["page"]
        return [(str(one), one.next_at) for one in page]

    assert shown() == [("郭種籽", None), ("黃資深", taipei(2016, 4, 13, 14))]
    assert [name for name, _ in shown(q="配音")] == [name for name, _ in shown(q="種籽")] == ["郭種籽"]
    assert [name for name, _ in shown(field="螢幕錄影")] == ["黃資深"]
    assert shown(q="沒有這個") == []


def test_meeting_links_are_not_on_the_list_or_the_sheet(client, tutor):
    client.force_login(make.make_staff())

    for address in (to("tutor_list"), to("tutor_export", "csv"), to("slot_list"), to("tutor_letter")):
        assert "meet.example.test" not in text_of(client.get(address))


@pytest.mark.parametrize("fmt", ("csv", "ods", "xlsx"))
def test_contact_sheet_is_read_back(client, tutor, fmt):
    response = client.get(to("tutor_export", fmt))

    titles = ("姓名", "專長", "電話", "分機", "電子郵件", "ZOOM 會議號碼", "方便時段", "簡介")
    columns = [Column(title, title, required=False) for title in titles]
    table = read_table(response.content, f"a.{fmt}", columns=columns)
    (row,) = table.rows
    assert [str(row[title] or "") for title in titles] == [
        "黃資深",
        "簡報動畫、螢幕錄影",
        "05-3620123",
        "231",
        "huang@example.test",
        "123 456",
        "每週三下午",
        "",
    ]


def test_contact_sheet_on_paper(client, tutor):
    make.make_tutor(user=make.make_user(name="林堃峯喆𠮷"), fields="配音")

    response = client.get(to("tutor_sheet"))

    pages = pypdfium2.PdfDocument(response.content)
    words = "".join(page.get_textpage().get_text_bounded() for page in pages)
    assert response["Content-Type"] == "application/pdf"
    assert all(
        word in words for word in ("輔導教師聯絡方式表", "黃資深", "林堃峯喆𠮷", "05-3620123 分機 231")
    )
    assert "meet.example" not in words


def test_letter_to_the_units(client, tutor):
    programme = Tutor.objects.get().programme
    programme.document_number, programme.document_date = "府人考字第1050049859號", date(2016, 3, 14)
    programme.title = "測試計畫"
    programme.save()
    make.make_manual()
    client.force_login(make.make_staff())

    text = client.get(to("tutor_letter")).context["text"]

    assert "發文日期：中華民國105年　　　　月　　　　日" in text
    assert "發文字號：府人考字第　　　　　　　　　　　　號" in text
    assert "主旨：檢送本府105年度「誰來我『嘉』-自製數位教材遠距教學輔助」輔導教師聯絡方式表1份" in text
    assert "一、依據本府105年3月14日府人考字第1050049859號函頒定「測試計畫」辦理。" in text
    assert "二、為協助同仁自製數位教材，本府遴請具製作經驗之資深同仁1人組成輔導教師團隊" in text
    assert "四、遠距視訊會議專用軟體採ZOOM免費版本，操作手冊「ZOOM操作手冊.pdf」請於" in text
    with zipfile.ZipFile(io.BytesIO(client.get(to("tutor_letter_file")).content)) as archive:
        assert archive.namelist()[0] == "mimetype"
        assert archive.read("mimetype") == b"application/vnd.oasis.opendocument.text"
        content = ElementTree.fromstring(archive.read("content.xml"))
    namespace = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
    lines = ["".join(paragraph.itertext()) for paragraph in content.iter(f"{namespace}p")]
    assert lines == [line.strip("　") for line in text.split("\n")]


def test_letter_without_a_document_and_without_a_manual(client, tutor):
    client.force_login(make.make_staff())

    text = client.get(to("tutor_letter")).context["text"]

    assert "一、依據本府105年度「嘉義縣政府105年度測試計畫」辦理。" in text
    assert "四、遠距視訊會議專用軟體採ZOOM免費版本。" in text


# Who is on the list


def test_staff_add_a_tutor_by_account(client):
    make.make_programme()
    user = make.make_user(username="kuo", name="郭種籽")
    client.force_login(make.make_staff())

    response = client.post(to("tutor_create"), {"user": "kuo"})
    again = client.post(to("tutor_create"), {"user": "kuo"})

    assert response.url == to("tutor_edit", Tutor.objects.get(user=user).pk)
    assert errors(again) == ["郭種籽已是本年度的輔導教師。"]
    assert errors(client.post(to("tutor_create"), {"user": "nobody"})) == [
        "沒有帳號「nobody」；請先邀請這個人。"
    ]


def test_a_tutor_edits_the_own_profile(client, tutor):
    own = Tutor.objects.get()
    form = client.get(to("tutor_edit", own.pk)).context["form"]
    assert form["fields_named"].value() == "簡報動畫、螢幕錄影"

    response = client.post(to("tutor_edit", own.pk), {"fields_named": "配音，字幕、配音", "phone": "05-1"})

    assert response.status_code == 302
    own = Tutor.objects.get()
    assert (own.fields, own.phone, own.meeting_url) == ("配音、字幕", "05-1", "")


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ({"meeting_url": "http://meet.example.test/a"}, "請填 https:// 開頭的完整網址。"),
        ({"meeting_url": "https://"}, "請填 https:// 開頭的完整網址。"),
        ({"fields_named": "、".join(map(str, range(11)))}, "專長最多填 10 項，現有 11 項。"),
        ({"fields_named": "長" * 51}, f"「{'長' * 20}…」超過 50 個字；各項之間請用頓號分開。"),
    ],
)
def test_profile_refuses_and_keeps_what_was_typed(client, tutor, typed, refusal):
    response = client.post(to("tutor_edit", Tutor.objects.get().pk), {"phone": "05-9", **typed})

    assert refusal in errors(response)
    assert response.context["form"]["phone"].value() == "05-9"
    assert Tutor.objects.get().phone == "05-3620123"


def test_another_tutor_may_not_edit(client, tutor):
    client.force_login(make.make_tutor())

    assert client.get(to("tutor_edit", tutor.tutorships.get().pk)).status_code == 403


def test_staff_remove_a_tutor_and_are_told_of_the_bookings(client, consultation):
    client.force_login(make.make_staff())
    address = to("tutor_remove", consultation.slot.tutor.pk)
    assert "4月13日（三）14:00–14:30　林堃峯" in text_of(client.get(address))

    client.post(address, {"reason": "調職"})

    assert not Tutor.objects.serving().exists()
    consultation.refresh_from_db()
    assert consultation.state == State.CANCELLED


def test_manuals_are_put_on_the_page_and_downloaded(client, tutor):
    client.force_login(make.make_staff())
    files = [SimpleUploadedFile(name, b"%PDF-1.4") for name in ("ZOOM安裝.pdf", "ZOOM操作.pdf")]

    client.post(to("manual_add"), {"files": files})

    client.force_login(make.make_user())
    assert "ZOOM安裝.pdf" in text_of(client.get(to("tutor_list")))
    response = client.get(to("manual_file", Manual.objects.first().pk))
    assert b"".join(response.streaming_content) == b"%PDF-1.4"
    assert "attachment" in response["Content-Disposition"]
    client.force_login(make.make_staff())
    client.post(to("manual_remove", Manual.objects.first().pk))
    assert [str(manual) for manual in Manual.objects.all()] == ["ZOOM操作.pdf"]


# Slots


def test_a_tutor_publishes_each_week(client, tutor):
    typed = {"on": "105/4/13", "starts": "14:00", "ends": "1600", "minutes": "30", "until": "105.4.27"}

    response = client.post(to("slot_create"), typed)

    assert response.url == f"{to('tutor_week')}?year=105&week=2016-04-13"
    assert Slot.objects.count() == 12
    again = client.post(to("slot_create"), typed)
    assert "沒有公布任何時段" in errors(again)[0]
    assert again.context["form"]["on"].value() == "105/4/13"


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ({"ends": "13:00"}, "結束時間須晚於開始時間。"),
        ({"until": "105/4/12"}, "重複的最後一天不得早於日期。"),
        ({"starts": "下午兩點"}, "請填時刻，例：14:00。"),
        ({"on": "4/13"}, "「4/13」不是看得懂的日期，請寫成 105年7月1日、105/7/1 或 2016-07-01。"),
    ],
)
def test_publishing_refuses_by_field(client, tutor, typed, refusal):
    sound = {"on": "105/4/13", "starts": "14:00", "ends": "16:00", "minutes": "30"}

    assert refusal in errors(client.post(to("slot_create"), sound | typed))
    assert not Slot.objects.exists()


def test_a_tutor_changes_and_withdraws_free_slots(client, tutor):
    slot = make.make_slot(tutor=tutor)
    make.make_slot(tutor=tutor, starts_at=taipei(2016, 4, 14, 9))
    taken = make.make_consultation(slot=make.make_slot(tutor=tutor, starts_at=taipei(2016, 4, 15, 9)))

    client.post(to("slot_edit", slot.pk), {"on": "105/4/13", "starts": "15:00", "ends": "15:20"})
    slot.refresh_from_db()
    assert slot.words == "4月13日（三）15:00–15:20"
    client.post(to("slot_withdraw", slot.pk))
    client.post(f"{to('week_withdraw')}?week=2016-04-11")

    assert list(Slot.objects.published()) == [taken.slot]
    refused = client.post(to("slot_withdraw", taken.slot.pk), follow=True)
    assert "未撤回。4月15日（五）09:00–09:30已由測試同仁預約" in text_of(refused)


def test_find_a_slot_by_field_tutor_and_day(client, tutor):
    other = make.make_tutor(user=make.make_user(name="郭種籽"), fields="配音")
    wednesday = make.make_slot(tutor=tutor)
    thursday = make.make_slot(tutor=other, starts_at=taipei(2016, 4, 14, 9))
    make.make_slot(tutor=other, starts_at=AT)  # begun
    make.make_slot(tutor=other, starts_at=taipei(2016, 4, 14, 10), withdrawn_at=AT)
    make.make_consultation(slot=make.make_slot(tutor=other, starts_at=taipei(2016, 4, 14, 11)))
    client.force_login(make.make_user())

    def shown(**asked):
        return list(client.get(to("slot_list"), asked).context["page"])

    assert shown() == [wednesday, thursday]
    assert shown(field="配音") == shown(on="105/4/14") == [thursday]
    assert shown(tutor=wednesday.tutor.pk) == [wednesday]
    assert shown(field="配音", on="105/4/13") == []
    odd = client.get(to("slot_list"), {"on": "四月", "tutor": "x"})
    assert "不是看得懂的日期" in text_of(odd)
    assert list(odd.context["page"]) == [wednesday, thursday]


def test_week_of_the_own_and_of_any_for_staff(client, consultation):
    tutor = consultation.slot.tutor
    own = client.get(to("tutor_week"), {"week": "105/4/17"})
    assert own.context["week"].monday == date(2016, 4, 11)
    assert "沒有聲音" in text_of(own)
    assert client.get(to("tutor_week"), {"week": "x"}).context["week"].monday == date(2016, 4, 11)

    make.make_tutor(user=make.make_user(name="郭種籽"))
    client.force_login(make.make_staff())
    assert str(client.get(to("tutor_week")).context["tutor"]) == "郭種籽"
    assert client.get(to("tutor_week"), {"tutor": tutor.pk}).context["tutor"] == tutor


# Consultations


ASKED = {"subject": "沒有聲音", "question": "匯出後沒有聲音", "way": "video"}


def test_a_contact_books_for_the_own_unit(client, tutor, asker, unit):
    make.make_unit()
    slot = make.make_slot(tutor=tutor)
    client.force_login(asker)
    assert "unit" not in client.get(to("consultation_book", slot.pk)).context["form"].fields

    response = client.post(to("consultation_book", slot.pk), ASKED | {"field": "簡報動畫"})

    consultation = Consultation.objects.get()
    assert response.url == to("consultation_detail", consultation.pk)
    assert (consultation.asker, consultation.unit, consultation.field) == (asker, unit, "簡報動畫")


def test_who_is_of_no_known_unit_says_which(client, tutor, unit):
    slot = make.make_slot(tutor=tutor)
    make.make_unit()
    client.force_login(make.make_user())

    missing = client.post(to("consultation_book", slot.pk), ASKED)
    client.post(to("consultation_book", slot.pk), ASKED | {"unit": unit.pk})

    assert list(missing.context["form"].errors) == ["unit"]
    assert Consultation.objects.get().unit == unit


def test_who_comes_too_late_keeps_what_was_typed(client, consultation):
    client.force_login(make.make_user())
    unit = consultation.unit

    response = client.post(to("consultation_book", consultation.slot.pk), ASKED | {"unit": unit.pk})

    assert errors(response) == ["4月13日（三）14:00–14:30剛剛有人預約了，請選另一個時段。"]
    assert response.context["form"]["question"].value() == "匯出後沒有聲音"


def test_the_two_see_the_link_and_the_office_does_not(client, consultation, asker):
    private = ("meet.example.test", "測試問題", "私下的話")
    for user, sees in ((consultation.tutor.user, True), (asker, True), (make.make_staff(), False)):
        client.force_login(user)
        text = text_of(client.get(to("consultation_detail", consultation.pk)))
        assert [word in text for word in private] == [sees] * 3
    assert client.get(to("consultation_calendar", consultation.pk)).status_code == 404


def test_the_entry_of_a_consultation_as_a_file(client, consultation):
    address = to("consultation_calendar", consultation.pk)
    response = client.get(address)
    (event,) = Calendar.from_ical(response.content).events
    assert (event.start, str(event["LOCATION"])) == (
        taipei(2016, 4, 13, 14),
        "https://meet.example.test/huang",
    )
    assert response["Content-Type"] == "text/calendar; charset=utf-8"

    client.post(to("consultation_cancel", consultation.pk), {"reason": "公差"})

    assert str(Calendar.from_ical(client.get(address).content)["METHOD"]) == "CANCEL"


def test_either_of_the_two_moves_and_cancels(client, consultation, asker):
    later = make.make_slot(tutor=consultation.tutor.user, starts_at=taipei(2016, 4, 20, 9))
    client.force_login(asker)

    client.post(to("consultation_reschedule", consultation.pk), {"slot": later.pk})
    consultation.refresh_from_db()
    assert consultation.slot == later
    empty = client.post(to("consultation_cancel", consultation.pk), {"reason": " "})
    assert empty.status_code == 200
    client.post(to("consultation_cancel", consultation.pk), {"reason": "公差"})

    consultation.refresh_from_db()
    assert (consultation.state, consultation.cancelled_by) == (State.CANCELLED, asker)


def test_a_slot_taken_meanwhile_is_not_offered(client, consultation):
    taken = make.make_consultation(
        slot=make.make_slot(tutor=consultation.tutor.user, starts_at=taipei(2016, 4, 20, 9))
    )

    response = client.post(to("consultation_reschedule", consultation.pk), {"slot": taken.slot.pk})

    assert list(response.context["form"].errors) == ["slot"]
    assert "目前沒有其他可以預約的時段" in text_of(response)


def test_the_tutor_gives_this_one_another_link(client, consultation):
    client.post(to("consultation_link", consultation.pk), {"meeting_url": "https://meet.example.test/once"})
    bad = client.post(to("consultation_link", consultation.pk), {"meeting_url": "ftp://x"})

    consultation.refresh_from_db()
    assert consultation.meeting_url == "https://meet.example.test/once"
    assert (bad.status_code, errors(bad, "link_form")) == (422, ["請填 https:// 開頭的完整網址。"])


def test_the_tutor_notes_and_everybody_finds_the_answer(client, consultation):
    noted = {
        "result": "solved",
        "minutes": "25",
        "note": "只給您",
        "answer_title": "影片沒有聲音",
        "answer": "改為內嵌音檔",
        "is_public": "on",
    }
    early = client.post(to("consultation_note", consultation.pk), noted)
    assert (early.status_code, Consultation.objects.get().state) == (422, State.BOOKED)
    with time_machine.travel(consultation.slot.ends_at, tick=False):
        client.force_login(consultation.tutor.user)
        assert client.post(to("consultation_note", consultation.pk), noted).status_code == 302
    stranger = make.make_user()
    client.force_login(stranger)

    def found(words):
        response = client.get(to("answer_list"), {"q": words})
        assert "林堃峯" not in text_of(response)
        assert "只給您" not in text_of(response)
        return [one.pk for one in response.context["page"]]

    assert found("聲音 內嵌") == found("") == [consultation.pk]
    assert found("聲音 字幕") == []


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        ({}, ["result"]),
        ({"result": "solved"}, ["minutes"]),
        ({"result": "solved", "minutes": "x"}, ["minutes"]),
        ({"result": "solved", "minutes": "25", "is_public": "on"}, ["answer", "answer_title"]),
        ({"result": "no_show", "is_public": "on", "answer": "a", "answer_title": "a"}, ["is_public"]),
    ],
)
def test_notes_refused_by_field(client, consultation, typed, fields):
    response = client.post(to("consultation_note", consultation.pk), typed)

    assert list(response.context["outcome_form"].errors) == fields


def test_not_come(client, consultation):
    with time_machine.travel(consultation.slot.ends_at, tick=False):
        client.force_login(consultation.tutor.user)
        client.post(to("consultation_note", consultation.pk), {"result": "no_show", "note": "等了十分鐘"})

    consultation.refresh_from_db()
    assert (consultation.state, consultation.note) == (State.NO_SHOW, "等了十分鐘")


def test_my_bookings(client, consultation, asker):
    past = make.make_consultation(
        slot=make.make_slot(tutor=consultation.tutor.user, starts_at=AT - timedelta(days=1)),
        asker=asker,
        state=State.DONE,
    )
    make.make_consultation(
        slot=make.make_slot(tutor=consultation.tutor.user, starts_at=taipei(2016, 4, 20, 9))
    )
    client.force_login(asker)

    context = client.get(to("consultation_list")).context

    assert (context["coming"], context["past"]) == ([consultation], [past])


def test_overview_by_tutor_and_unit(client, consultation):
    Consultation.objects.update(state=State.DONE, outcome="solved", minutes=70)
    client.force_login(make.make_staff())

    def rows(**asked):
        exported = client.get(to("tutoring_overview_export", "csv"), asked).content.decode("utf-8-sig")
        return list(csv.reader(io.StringIO(exported)))

    assert rows()[1:] == [["黃資深", "1", "0", "1", "1", "0", "0", "70"]]
    assert rows(by="unit")[1:] == [["嘉義縣竹崎鄉公所", "0", "1", "1", "0", "0", "70"]]
    assert "1 小時 10 分" in text_of(client.get(to("tutoring_overview")))
    assert client.get(to("tutoring_overview"), {"by": "x"}).status_code == 404


# Fixed numbers of queries


@pytest.mark.parametrize(
    ("page", "queries"),
    [
        ("tutor_list", 15),
        ("tutor_export", 8),
        ("slot_list", 14),
        ("tutor_week", 13),
        ("consultation_list", 11),
        ("answer_list", 11),
        ("tutoring_overview", 11),
    ],
)
def test_pages_take_the_same_queries_however_long(client, django_assert_max_num_queries, unit, page, queries):
    user = make.make_tutor(user=make.make_staff(), fields="動畫")
    client.force_login(user)
    address = to(page, *(["csv"] if page == "tutor_export" else []))
    taken, hour = [], 8
    for count in (1, 2):  # one row, then three
        for _ in range(count):
            hour += 1
            make.make_slot(tutor=make.make_tutor(fields="簡報、配音"), starts_at=taipei(2016, 4, 14, hour))
            make.make_slot(tutor=user, starts_at=taipei(2016, 4, 14, hour))
            make.make_consultation(
                slot=make.make_slot(tutor=user, starts_at=taipei(2016, 4, 13, hour)), asker=user, unit=unit
            )
            make.make_consultation(
                slot=make.make_slot(starts_at=taipei(2016, 4, 8, hour)),
                asker=user,
                state=State.DONE,
                answer_title="標題",
                answer="內容",
                published_at=AT,
            )
            make.make_manual()
        with django_assert_max_num_queries(queries) as counted:
            assert client.get(address).status_code == 200
        taken.append(len(counted))

    assert taken[0] == taken[1]
