"""A work step by step in the browser's requests: kept as it is typed, handed in once, receipt and versions."""

import io
from datetime import date

import pypdfium2
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from agencies.models import Category, Programme
from competition.models import Entry
from competition.steps import stages
from foundation.formfields import SMALL_FILE
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db
BEFORE = taipei(2016, 6, 30, 10)
AFTER = taipei(2016, 7, 2)


@pytest.fixture
def unit():
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所")


@pytest.fixture
def contact(unit):
    return make.make_contact(unit=unit)


@pytest.fixture
def contact_client(client, contact):
    client.force_login(contact)
    return client


@pytest.fixture
def before():
    with time_machine.travel(BEFORE, tick=False):
        yield


def topic_of(unit):
    return make.the_competition(unit.programme).groups.get(key=unit.competition_group).topics.get()


def work_data(unit, /, **changes):
    return {
        "unit": unit.pk,
        "title": "簡易自來水報修",
        "topic": topic_of(unit).pk,
        "axis": "",
        "synopsis": "三個狀況",
        "version": "0",
        **changes,
    }


def rows_data(prefix, rows, **fields):
    """What a page with rows sends; each row is a dict."""
    data = {f"{prefix}-TOTAL_FORMS": str(len(rows)), f"{prefix}-INITIAL_FORMS": "0", "version": "0", **fields}
    for number, row in enumerate(rows):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


def url(name, entry, *more):
    return reverse(f"competition:{name}", args=[entry.pk, *more])


def text_of(response):
    return response.content.decode()


# Begun ---------------------------------------------------------------------------------------------


def test_a_contact_takes_a_work_from_the_first_page_to_the_receipt(contact_client, contact, unit, before):
    make.make_competition()
    response = contact_client.post(reverse("competition:entry_create"), work_data(unit))
    entry = Entry.objects.get()
    assert response.url == url("entry_edit", entry, "authors")

    rows = [
        {"name": "林堃峯", "title": "科員", "share": "６０％"},
        {"name": "𠮷喆", "title": "", "share": "40"},
    ]
    response = contact_client.post(url("entry_edit", entry, "authors"), rows_data("author", rows))
    assert response.url == url("entry_files", entry)
    upload = SimpleUploadedFile("竹崎_林堃峯.pptx", b"slides")
    assert contact_client.post(url("entry_files", entry), {"file": upload}).status_code == 302
    making = rows_data(
        "material",
        [{"name": "背景音樂", "source": "網站", "licence": "CC BY 4.0"}],
        making="簡報錄製",
        uses_materials="yes",
        version="1",
    )
    response = contact_client.post(url("entry_edit", entry, "making"), making)
    assert response.url == url("entry_submit", entry)
    page = contact_client.get(response.url)
    assert page.context["stages"].lacking is None

    data = {"licence": "cc_by", "consent": "on", "version": "2"}
    response = contact_client.post(url("entry_submit", entry), data)
    assert response.url == url("entry_receipt", entry)
    receipt = text_of(contact_client.get(response.url))
    again = contact_client.post(url("entry_submit", entry), data)

    entry.refresh_from_db()
    assert (entry.state, entry.receipt, entry.licence) == ("submitted", "105-A-0001", "cc_by")
    assert [row[0] for row in entry.author_rows()] == ["林堃峯", "𠮷喆"]
    assert entry.material_rows() == [("背景音樂", "網站", "CC BY 4.0")]
    assert "105-A-0001" in receipt and entry.files.get().sha256 in receipt
    assert (again.status_code, again.url) == (302, url("entry_receipt", entry))
    assert entry.versions.count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"axis": "industry"}, "axis", "主題「為民服務」不分主軸，請改為「未選」。"),
        ({"title": ""}, "title", None),
        ({"title": "a\x00b"}, "title", None),
        ({"title": "長" * 201}, "title", None),
    ],
)
def test_entry_create_refuses_bad_fields(contact_client, unit, before, changes, field, message):
    make.make_competition()
    response = contact_client.post(reverse("competition:entry_create"), work_data(unit, **changes))

    errors = response.context["form"].errors[field]
    assert message is None or errors == [message]
    assert not Entry.objects.exists()


def test_entry_create_lets_the_axis_wait_where_the_topic_has_one(contact_client, unit, before):
    make.make_competition().groups.get(key="agency").topics.update(asks_axis=True)
    page = contact_client.get(reverse("competition:entry_create"))
    contact_client.post(reverse("competition:entry_create"), work_data(unit))

    assert page.context["form"]["axis"].help_text == "「為民服務」須選一個；其他主題不分主軸。"
    assert stages(Entry.objects.get())[0].gaps == ["主題「為民服務」的主軸"]


def test_entry_create_says_what_to_hand_in(contact_client, unit, before):
    make.make_competition().groups.get(key="county_and_school").topics.update(name="人事業務")
    text = text_of(contact_client.get(reverse("competition:entry_create")))

    for words in ("機關組：為民服務", "影片 MP4、WEBM：2 GB", "一件最多 20 個檔案"):
        assert words in text
    assert "人事業務" not in text


def test_entry_create_offers_no_topic_of_the_other_group(contact_client, unit, before):
    competition = make.make_competition()
    other = competition.groups.get(key="county_and_school").topics.get()

    response = contact_client.post(reverse("competition:entry_create"), work_data(unit, topic=other.pk))

    assert response.status_code == 200
    assert "topic" in response.context["form"].errors
    assert not Entry.objects.exists()


def test_entry_create_takes_no_unit_of_others(contact_client, unit):
    other = make.make_unit()
    make.make_competition()

    response = contact_client.post(reverse("competition:entry_create"), work_data(other))

    assert "unit" in response.context["form"].errors


@pytest.mark.parametrize(
    ("at", "state", "words"),
    [
        (AFTER, "active", "不能新增作品。已過繳交期限，7月1日（五）24:00 截止（臺北時間）。"),
        (BEFORE, "frozen", "不能新增作品。105年度已凍結，資料不能再變更。"),
    ],
)
def test_entry_create_shows_no_form_that_would_be_refused(contact_client, unit, at, state, words):
    make.make_competition()
    Programme.objects.update(state=state)

    with time_machine.travel(at, tick=False):
        page = contact_client.get(reverse("competition:entry_create"), follow=True)

    assert page.redirect_chain == [(reverse("competition:entry_list"), 302)]
    assert words in text_of(page)


def test_a_draft_s_steps_lead_nowhere_after_the_deadline(contact_client, unit):
    entry = make.make_whole_draft(unit=unit)

    for name in ("entry_files", "entry_submit"):
        with time_machine.travel(AFTER, tick=False):
            text = text_of(contact_client.get(url(name, entry)))
        assert "不能再修改。" in text
        for words in ("上一步", "下一步", "都填妥了", url("entry_edit", entry, "making")):
            assert words not in text


def test_entry_create_after_the_deadline_keeps_what_was_typed(contact_client, unit):
    make.make_competition()
    with time_machine.travel(AFTER, tick=False):
        response = contact_client.post(reverse("competition:entry_create"), work_data(unit))

    assert "已過繳交期限，7月1日（五）24:00 截止（臺北時間）；不能再送件。" in text_of(response)
    assert "簡易自來水報修" in text_of(response)
    assert not Entry.objects.exists()


# Kept as it is typed ---------------------------------------------------------------------------------


def test_entry_save_keeps_a_draft_with_gaps_and_says_when(contact_client, unit, before):
    entry = make.make_entry(unit=unit, state=Entry.State.DRAFT)

    response = contact_client.post(
        url("entry_save", entry, "work"), work_data(unit, title="", synopsis="半句")
    )

    entry.refresh_from_db()
    assert (entry.title, entry.synopsis, entry.version) == ("", "半句", 1)
    assert "已於 10:00 自動儲存" in text_of(response)
    assert 'id="version" value="1" hx-swap-oob="true"' in text_of(response)
    assert "作品名稱" in text_of(response)  # among what is missing


def test_entry_save_shows_both_sides_when_another_tab_was_first(contact_client, unit, before):
    entry = make.make_entry(unit=unit, state=Entry.State.DRAFT)
    contact_client.post(url("entry_save", entry, "work"), work_data(unit, title="甲視窗"))

    saved = contact_client.post(url("entry_save", entry, "work"), work_data(unit, title="乙視窗"))
    sent = contact_client.post(url("entry_edit", entry, "work"), work_data(unit, title="乙視窗", act="next"))

    assert (saved.status_code, sent.status_code) == (409, 409)
    assert "甲視窗" in text_of(saved) and "保留表單的內容" in text_of(saved)
    assert "甲視窗" in text_of(sent) and 'value="乙視窗"' in text_of(sent)
    entry.refresh_from_db()
    assert entry.title == "甲視窗"

    contact_client.post(url("entry_edit", entry, "work"), work_data(unit, title="乙視窗", act="overwrite"))
    entry.refresh_from_db()
    assert entry.title == "乙視窗"


def test_entry_save_refuses_what_cannot_be_kept(contact_client, unit, before):
    entry = make.make_entry(unit=unit, state=Entry.State.DRAFT)

    response = contact_client.post(url("entry_save", entry, "work"), work_data(unit, title="a\x00b"))

    assert response.status_code == 422
    assert "未儲存。作品名稱：第 2 個字是控制字元" in text_of(response)


def test_entry_save_leaves_a_work_handed_in_alone(contact_client, unit, before):
    entry = make.make_entry(unit=unit)

    response = contact_client.post(url("entry_save", entry, "work"), work_data(unit))

    assert response.status_code == 422
    assert "修改後請按「儲存修改」" in text_of(response)


def test_entry_save_after_the_deadline_is_refused(contact_client, unit):
    entry = make.make_entry(unit=unit, state=Entry.State.DRAFT)
    with time_machine.travel(AFTER, tick=False):
        response = contact_client.post(url("entry_save", entry, "work"), work_data(unit))

    assert response.status_code == 422
    assert "已過繳交期限" in text_of(response)


@pytest.mark.parametrize(("seconds", "status"), [(-1, 302), (0, 422), (1, 422)])
def test_a_form_opened_before_the_deadline_is_refused_after_it_with_what_was_typed(
    contact_client, unit, seconds, status
):
    entry = make.make_entry(unit=unit, state=Entry.State.DRAFT)
    with time_machine.travel(AFTER.timestamp() + seconds, tick=False):
        response = contact_client.post(url("entry_edit", entry, "work"), work_data(unit, title="最後一刻"))

    assert response.status_code == status
    entry.refresh_from_db()
    assert (entry.title == "最後一刻") is (status == 302)
    if status == 422:
        assert 'value="最後一刻"' in text_of(response)
        assert "已過繳交期限，7月1日（五）24:00 截止（臺北時間）" in text_of(response)


def test_the_browsers_copy_bears_the_account_and_the_version(contact_client, contact, unit, before):
    entry = make.make_entry(unit=unit, state=Entry.State.DRAFT, version=7)

    assert f'data-keep="{contact.pk}-7"' in text_of(contact_client.get(url("entry_edit", entry, "work")))


def test_after_the_session_ended_the_form_comes_back_with_the_saved_text(
    client, contact_client, unit, before
):
    entry = make.make_entry(unit=unit, state=Entry.State.DRAFT)
    contact_client.post(url("entry_save", entry, "work"), work_data(unit, title="半成品"))
    contact_client.logout()

    response = client.post(url("entry_edit", entry, "work"), work_data(unit, title="半成品二"))

    assert response.status_code == 302
    assert response.url.endswith(f"?next={url('entry_edit', entry, 'work')}")


# Rows, without script ----------------------------------------------------------------------------------


def author_names(response):
    return [form["name"].value() for form in response.context["page"].rows]


def test_rows_are_added_moved_and_removed_by_buttons(contact_client, unit, before):
    entry = make.make_entry(unit=unit, state=Entry.State.DRAFT)
    edit = url("entry_edit", entry, "authors")
    rows = [{"name": name, "title": "", "share": ""} for name in ("甲", "乙")]

    added = contact_client.post(edit, rows_data("author", rows, act="add"))
    assert (added.status_code, author_names(added)) == (200, ["甲", "乙", None])
    moved = contact_client.post(edit, rows_data("author", rows, act="up-1", version="1"))
    assert author_names(moved) == ["乙", "甲"]
    assert [row[0] for row in entry.author_rows()] == ["乙", "甲"]
    removed = contact_client.post(edit, rows_data("author", rows, act="remove-0", version="2"))
    assert author_names(removed) == ["乙"]
    assert [row[0] for row in entry.author_rows()] == ["乙"]


def test_rows_of_a_work_handed_in_change_only_when_saved(contact_client, unit, before):
    entry = make.make_entry(unit=unit)
    entry.authors.create(position=1, name="甲")
    rows = [{"name": "甲", "title": "", "share": ""}]

    page = contact_client.post(url("entry_edit", entry, "authors"), rows_data("author", rows, act="remove-0"))

    assert page.status_code == 200
    assert [row[0] for row in entry.author_rows()] == ["甲"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"name": "", "title": "科員", "share": ""}, "請填姓名。"),
        ({"name": "甲", "title": "", "share": "0"}, "貢獻比例須大於 0。"),
        ({"name": "甲", "title": "", "share": "三成"}, "貢獻比例「三成」不是數字。"),
        ({"name": "甲", "title": "", "share": "100.5"}, None),
        ({"name": "甲" * 101, "title": "", "share": ""}, None),
    ],
)
def test_bad_author_rows_are_refused_by_row(contact_client, unit, before, row, message):
    entry = make.make_entry(unit=unit)

    response = contact_client.post(url("entry_edit", entry, "authors"), rows_data("author", [row]))

    assert response.status_code == 422
    errors = [
        text for form in response.context["page"].rows for texts in form.errors.values() for text in texts
    ]
    assert len(errors) == 1
    assert message is None or errors == [message]


def test_the_same_author_twice_is_refused(contact_client, unit, before):
    entry = make.make_entry(unit=unit, state=Entry.State.DRAFT)
    rows = [{"name": "甲", "title": "課員", "share": ""}] * 2

    response = contact_client.post(url("entry_edit", entry, "authors"), rows_data("author", rows))

    assert "作者「甲」寫了兩次。" in text_of(response)


def test_more_rows_than_allowed_are_refused(contact_client, unit, before):
    entry = make.make_entry(unit=unit, state=Entry.State.DRAFT)
    rows = [{"name": f"作者{number}", "title": "", "share": ""} for number in range(11)]

    response = contact_client.post(url("entry_edit", entry, "authors"), rows_data("author", rows))

    assert response.status_code == 422
    assert not entry.authors.exists()


def test_a_step_that_is_none_is_not_found(contact_client, unit, before):
    online, paper = make.make_entry(unit=unit), make.make_entry(unit=unit, medium="paper_or_disc")

    assert contact_client.get(url("entry_edit", online, "submit")).status_code == 404
    assert contact_client.get(url("entry_edit", paper, "making")).status_code == 404
    assert contact_client.get(url("entry_submit", paper)).status_code == 404


# Files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [SMALL_FILE + 1, 0])
def test_entry_files_refuses_large_and_empty_files(contact_client, unit, before, size):
    entry = make.make_entry(unit=unit)
    response = contact_client.post(
        url("entry_files", entry), {"file": SimpleUploadedFile("big.pdf", b"x" * size)}
    )

    assert response.status_code == 422
    assert not entry.files.exists()


# Handing in, receipt, versions --------------------------------------------------------------------------


def test_entry_submit_says_what_is_missing_and_where(contact_client, unit, before):
    entry = make.make_entry(unit=unit, state=Entry.State.DRAFT)

    page = contact_client.get(url("entry_submit", entry))

    assert [(stage.url, stage.gaps) for stage in page.context["stages"]] == [
        (url("entry_edit", entry, "work"), ["內容簡介"]),
        (url("entry_edit", entry, "authors"), ["作者"]),
        (url("entry_files", entry), ["作品檔案"]),
        (url("entry_edit", entry, "making"), ["製作方式與工具", "第三方素材的聲明（沒有就選「沒有使用」）"]),
        (url("entry_submit", entry), []),
    ]
    text = text_of(page)
    assert "補齊「作品資料」" in text and "完成送件</button>" not in text


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        ({"licence": "county", "version": "0"}, 422, "送件前須確認授權與著作權聲明。"),
        ({"consent": "on", "version": "0"}, 422, "請選擇授權方式。"),
        ({"licence": "free", "consent": "on", "version": "0"}, 422, "free"),
        ({"licence": "county", "consent": "on", "version": "5"}, 409, "作品在別的視窗另有更新"),
        ({"licence": "county", "consent": "on", "version": "x"}, 409, "作品在別的視窗另有更新"),
    ],
)
def test_entry_submit_refuses(contact_client, unit, before, data, status, words):
    entry = make.make_whole_draft(unit=unit)

    response = contact_client.post(url("entry_submit", entry), data)

    assert response.status_code == status
    assert words in text_of(response)
    entry.refresh_from_db()
    assert entry.state == "draft"


@pytest.mark.parametrize(("seconds", "state"), [(-1, "submitted"), (0, "draft"), (1, "draft")])
def test_entry_submit_closes_with_the_deadline(contact_client, unit, seconds, state):
    entry = make.make_whole_draft(unit=unit)
    with time_machine.travel(AFTER.timestamp() + seconds, tick=False):
        contact_client.post(
            url("entry_submit", entry), {"licence": "county", "consent": "on", "version": "0"}
        )

    entry.refresh_from_db()
    assert entry.state == state


def test_a_draft_has_neither_receipt_nor_versions(contact_client, unit, before):
    entry = make.make_entry(unit=unit, state=Entry.State.DRAFT)

    for name in ("entry_receipt", "entry_receipt_pdf", "entry_versions"):
        assert contact_client.get(url(name, entry)).status_code == 404


def test_the_receipt_on_paper_names_every_file(contact_client, unit, before):
    entry = make.make_whole_draft(unit=unit, title="𠮷野家的堃峯喆")
    contact_client.post(url("entry_submit", entry), {"licence": "county", "consent": "on", "version": "0"})

    response = contact_client.get(url("entry_receipt_pdf", entry))

    document = pypdfium2.PdfDocument(io.BytesIO(response.content))
    text = document[0].get_textpage().get_text_bounded()
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    for words in ("105-A-0001", "𠮷野家的堃峯喆", "簡報.pptx", "民國105年7月1日 24:00 截止"):
        assert words in text
    assert entry.files.get().sha256 in text.replace("\n", "").replace("\r", "")


def test_the_receipt_of_a_work_changed_since_says_which_version_it_lists(contact_client, unit, before):
    entry = make.make_whole_draft(unit=unit)
    contact_client.post(url("entry_submit", entry), {"licence": "county", "consent": "on", "version": "0"})
    first = text_of(contact_client.get(url("entry_receipt", entry)))
    upload = SimpleUploadedFile("補充.pptx", b"more slides")
    contact_client.post(url("entry_files", entry), {"file": upload})
    second = text_of(contact_client.get(url("entry_receipt", entry)))

    assert "回執已寄給機關聯絡人。" in first and "第 1 版</a>：送件，105年6月30日 10:00" in first
    assert "送件之後有修改，這裡列的是最新一版" in second and "第 2 版</a>：變更檔案" in second


def test_there_is_no_row_for_an_eleventh_author(contact_client, unit, before):
    entry = make.make_entry(unit=unit, state=Entry.State.DRAFT)
    rows = [{"name": f"作者{number}", "title": "", "share": ""} for number in range(10)]

    page = text_of(
        contact_client.post(url("entry_edit", entry, "authors"), rows_data("author", rows, act="add"))
    )

    assert "已達 10 位，不能再加。" in page and "加一位作者" not in page
    assert "作者 10</legend>" in page and "作者 11</legend>" not in page


def test_a_contact_of_two_units_sees_whose_topic_is_whose_and_no_wrong_deadline(client, unit, before):
    contact = make.make_contact(unit=unit)
    school = make.make_unit(code="104731", name="嘉義縣立豐山國小", category=Category.SCHOOL)
    make.make_contact(unit=school, user=contact)
    make.make_competition()
    client.force_login(contact)
    address = reverse("competition:entry_create")

    both = text_of(client.get(address))
    make.make_extension(unit=school, due_on=date(2016, 7, 8))
    differing = text_of(client.get(address))

    assert "機關組：為民服務</option>" in both and "本府暨學校組：為民服務</option>" in both
    assert "7月1日（五）24:00 截止（臺北時間）" in both
    assert "各機關的期限不同，見作品清單" in differing


def test_entry_versions_shows_what_one_changed(contact_client, unit, before):
    entry = make.make_whole_draft(unit=unit)
    contact_client.post(url("entry_submit", entry), {"licence": "county", "consent": "on", "version": "0"})
    contact_client.post(url("entry_edit", entry, "work"), work_data(unit, title="改過的名稱", version="1"))

    latest = contact_client.get(url("entry_versions", entry))
    first = contact_client.get(url("entry_versions", entry) + "?version=1")

    assert [version.number for version in latest.context["versions"]] == [2, 1]
    assert [difference.title for difference in latest.context["differences"]] == ["作品名稱", "內容簡介"]
    assert first.context["before"] is None
    assert ("作品名稱", "測試作品") in first.context["content"]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("name", "more", "queries"),
    [
        ("entry_edit", ["authors"], 18),
        ("entry_files", [], 20),
        ("entry_submit", [], 16),
    ],
)
def test_step_query_counts(
    contact_client, unit, before, django_assert_num_queries, count, name, more, queries
):
    entry = make.make_entry(unit=unit, state=Entry.State.DRAFT)
    for number in range(count):
        entry.authors.create(position=number + 1, name=f"作者{number}")
        make.make_entry_file(entry=entry, position=number + 1, content=str(number).encode())

    with django_assert_num_queries(queries):
        assert contact_client.get(url(name, entry, *more)).status_code == 200
