"""The pages: what they show, to whom, with how many queries, and what typing wrongly does."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from agencies.models import Programme
from foundation.sheets import Column, read_table
from platform_updates.models import Appeal, ForumTopic, Record, Review, Update
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db

LISTS = {
    "platform_updates:update_list": make.make_update,
    "platform_updates:topic_list": make.make_forum_topic,
    "platform_updates:record_list": make.make_record,
}


@pytest.fixture
def unit():
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所", headcount=30)


@pytest.fixture
def contact(unit):
    return make.make_contact(unit=unit)


@pytest.fixture
def staff_client(client):
    client.force_login(make.make_staff())
    return client


@pytest.fixture
def contact_client(client, contact):
    client.force_login(contact)
    return client


def text_of(response):
    return response.content.decode()


# Lists ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LISTS)
def test_a_contact_sees_only_the_own_units_rows(contact_client, unit, name):
    LISTS[name](unit=make.make_unit(name="別的機關"))
    mine = LISTS[name](unit=unit)

    response = contact_client.get(reverse(name))

    assert list(response.context["page"]) == [mine]
    assert "別的機關" not in text_of(response)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_holds_the_chosen_year_only(staff_client, unit, name):
    next_year = make.make_unit(programme=make.make_programme(year=106))
    old, new = LISTS[name](unit=unit), LISTS[name](unit=next_year)

    assert list(staff_client.get(reverse(name)).context["page"]) == [new]
    assert list(staff_client.get(reverse(name) + "?year=105").context["page"]) == [old]


@pytest.mark.parametrize("row_count", (1, 3))
@pytest.mark.parametrize(("name", "queries"), list(zip(LISTS, (8, 8, 7), strict=True)))
def test_list_query_count(staff_client, row_count, name, queries, django_assert_num_queries):
    rows = [LISTS[name](unit=make.make_unit()) for _ in range(row_count)]

    # session, user, year, count (by state where there are states), rows, waiting appeals;
    # then the frame's years and notices
    with django_assert_num_queries(queries):
        response = staff_client.get(reverse(name))

    assert set(response.context["page"]) == set(rows)


@pytest.mark.parametrize(
    ("query", "titles"),
    (
        ("", ["期外", "未通過", "審查中", "已採計"]),
        ("?review=pending", ["審查中"]),
        ("?counted=1", ["已採計"]),
        ("?counted=0", ["期外", "未通過", "審查中"]),
        ("?source=import", ["已採計"]),
        ("?source=portal", ["期外", "未通過", "審查中"]),
        ("?q=期", ["期外"]),
        ("?q=U-1", ["已採計"]),
        ("?unit=nobody", []),
        ("?sort=date", ["已採計", "審查中", "未通過", "期外"]),
        ("?review=nonsense&counted=x&sort=y", ["期外", "未通過", "審查中", "已採計"]),
    ),
)
def test_update_list_filters(staff_client, unit, query, titles):
    make.make_update(unit=unit, title="已採計", updated_on=date(2016, 4, 1), external_id="U-1")
    make.make_update(unit=unit, title="審查中", updated_on=date(2016, 4, 2), review=Review.PENDING)
    make.make_update(unit=unit, title="未通過", updated_on=date(2016, 4, 3), review=Review.REJECTED)
    make.make_update(unit=unit, title="期外", updated_on=date(2016, 10, 1))

    page = staff_client.get(reverse("platform_updates:update_list") + query).context["page"]

    assert [update.title for update in page] == titles


def test_update_list_says_why_something_does_not_count(contact_client, unit):
    make.make_update(unit=unit, updated_on=date(2016, 10, 1))

    assert "日期不在計畫期間（105年3月1日至9月30日）" in text_of(
        contact_client.get(reverse("platform_updates:update_list"))
    )


def test_only_staff_get_the_boxes_to_review(contact_client, unit):
    make.make_update(unit=unit, review=Review.PENDING)

    assert 'name="items"' not in text_of(contact_client.get(reverse("platform_updates:update_list")))


@pytest.mark.parametrize(
    ("name", "make_item"),
    (("update_export", make.make_update), ("topic_export", make.make_forum_topic)),
)
@pytest.mark.parametrize("row_count", (1, 3))
def test_exports(contact_client, unit, row_count, name, make_item, django_assert_max_num_queries):
    make_item(unit=make.make_unit(), title="別的機關的")
    for number in range(row_count):
        make_item(unit=unit, title=f"第{number}筆")

    with django_assert_max_num_queries(10):
        response = contact_client.get(reverse(f"platform_updates:{name}", args=["csv"]))

    content = b"".join(response) if response.streaming else response.content
    assert content.decode("utf-8-sig").count("嘉義縣竹崎鄉公所") == row_count
    assert "別的機關的" not in content.decode("utf-8-sig")
    assert contact_client.get(reverse(f"platform_updates:{name}", args=["exe"])).status_code == 404


def test_export_has_a_row_for_each_update(staff_client, unit):
    make.make_update(unit=unit, title="=1+1")

    response = staff_client.get(reverse("platform_updates:update_export", args=["xlsx"]))

    table = read_table(response.content, "x.xlsx", columns=[Column("title", "標題"), Column("why", "列計")])
    assert [row.cells for row in table.rows] == [{"title": "=1+1", "why": "列計"}]


# Review --------------------------------------------------------------------------------------------


def test_staff_review_what_is_ticked(staff_client, unit):
    updates = [make.make_update(unit=unit, review=Review.PENDING) for _ in range(2)]
    other = make.make_update(unit=unit, review=Review.PENDING)
    url = reverse("platform_updates:update_list") + "?review=pending"

    response = staff_client.post(
        reverse("platform_updates:update_review_many"),
        {"items": [update.pk for update in updates], "decision": "accepted", "next": url},
    )

    assert response.url == url
    assert list(Update.objects.pending()) == [other]


@pytest.mark.parametrize(
    ("data", "message"),
    (
        ({"decision": "accepted"}, "還沒有勾選"),
        ({"items": "1", "decision": "rejected"}, "不通過須說明理由"),
    ),
)
def test_bulk_review_refusals_are_shown(staff_client, unit, data, message):
    update = make.make_update(unit=unit, review=Review.PENDING)
    if "items" in data:
        data = {**data, "items": update.pk}

    response = staff_client.post(
        reverse("platform_updates:update_review_many"),
        {**data, "next": "https://evil.example.test/"},
        follow=True,
    )

    assert response.redirect_chain[0][0] == "/experience/"
    assert message in text_of(response)
    update.refresh_from_db()
    assert update.review == Review.PENDING


def test_review_form_keeps_what_was_typed_when_the_reason_is_missing(staff_client, unit):
    topic = make.make_forum_topic(unit=unit)

    response = staff_client.post(
        reverse("platform_updates:topic_review", args=[topic.pk]), {"decision": "rejected", "reason": " "}
    )

    assert "不通過須說明理由" in text_of(response)
    assert response.context["form"]["decision"].value() == "rejected"


def test_appeal_and_answer(client, unit, contact):
    update = make.make_update(unit=unit, review=Review.REJECTED, review_reason="標題不清楚")
    client.force_login(contact)
    page = text_of(client.get(reverse("platform_updates:update_detail", args=[update.pk])))
    assert "標題不清楚" in page
    assert "提出申復" in page

    client.post(reverse("platform_updates:update_appeal", args=[update.pk]), {"text": "已改正\n請查照"})
    client.force_login(make.make_staff())
    assert "1 件申復等候答復" in text_of(client.get(reverse("platform_updates:update_list")))
    client.post(
        reverse("platform_updates:appeal_answer", args=[Appeal.objects.get().pk]),
        {"is_granted": "1", "answer": "同意"},
    )

    update.refresh_from_db()
    assert update.is_counted
    assert "申復全部處理完" in text_of(client.get(reverse("platform_updates:appeal_list")))


@pytest.mark.parametrize("row_count", (1, 3))
def test_appeal_list_query_count(staff_client, unit, row_count, django_assert_num_queries):
    for _ in range(row_count):
        make.make_appeal(item=make.make_update(unit=unit, review=Review.REJECTED))
        make.make_appeal(item=make.make_forum_topic(unit=unit, review=Review.REJECTED))

    with django_assert_num_queries(7):  # session, user, year, waiting, answered; years, notices
        response = staff_client.get(reverse("platform_updates:appeal_list"))

    assert len(response.context["waiting"]) == 2 * row_count


def test_nothing_can_be_done_in_a_frozen_year(staff_client, unit):
    update = make.make_update(unit=unit, review=Review.PENDING)
    Programme.objects.update(state=Programme.State.FROZEN)

    page = text_of(staff_client.get(reverse("platform_updates:update_detail", args=[update.pk])))
    answer = staff_client.post(
        reverse("platform_updates:update_review", args=[update.pk]), {"decision": "accepted"}
    )

    assert "採計這一筆" not in page
    assert "已凍結" in text_of(answer)


# Records -------------------------------------------------------------------------------------------

RECORD = {
    "position": "人事管理員",
    "business": "retirement",
    "title": "退休案件送件",
    "legal_basis": "",
    "body": "三個月前送件\r\n會辦主計",
    "common_mistakes": "",
    "author": "林堃峯",
}


def test_record_create_with_a_file(contact_client, unit, time_machine):
    time_machine.move_to(taipei(2016, 6, 1, 10))
    file = SimpleUploadedFile("../../流程‮fdp.圖.pdf", b"%PDF-1.4")

    response = contact_client.post(
        reverse("platform_updates:record_create"), {**RECORD, "unit": unit.pk, "files": file}, follow=True
    )

    record = Record.objects.get()
    version = record.latest()
    assert version.body == "三個月前送件\n會辦主計"
    assert "審查通過後列計" in text_of(response)
    attachment = version.attachments.get()
    download = contact_client.get(reverse("platform_updates:record_file", args=[record.pk, attachment.pk]))
    assert b"".join(download) == b"%PDF-1.4"
    assert download["Content-Disposition"].startswith("attachment")
    assert str(attachment.file) == "流程fdp.圖.pdf"


def test_record_create_outside_the_period_says_that_it_does_not_count(contact_client, unit, time_machine):
    time_machine.move_to(taipei(2016, 11, 1, 10))

    response = contact_client.post(
        reverse("platform_updates:record_create"), {**RECORD, "unit": unit.pk}, follow=True
    )

    assert "這次更新不計：日期不在計畫期間" in text_of(response)


@pytest.mark.parametrize(
    ("change", "message"),
    (
        ({"title": " "}, "這個欄位是必須的"),
        ({"body": "控制\x07字元"}, "控制字元"),
        ({"files": SimpleUploadedFile("病毒.exe", b"MZ")}, "不是可附的檔案種類"),
    ),
)
def test_record_create_refusals_keep_what_was_typed(contact_client, unit, change, message):
    response = contact_client.post(
        reverse("platform_updates:record_create"), {**RECORD, "unit": unit.pk, **change}
    )

    assert message in text_of(response)
    assert response.context["form"]["position"].value() == "人事管理員"
    assert not Record.objects.exists()


def test_record_create_offers_only_the_own_units(contact_client, unit):
    other = make.make_unit(name="別的機關")

    page = text_of(contact_client.get(reverse("platform_updates:record_create")))
    answer = contact_client.post(reverse("platform_updates:record_create"), {**RECORD, "unit": other.pk})

    assert "別的機關" not in page
    assert "unit" in answer.context["form"].errors


def test_record_revise_shows_the_differences_escaped(contact_client, unit):
    record = make.make_record(unit=unit, body="第一步<b>")

    contact_client.post(
        reverse("platform_updates:record_revise", args=[record.pk]),
        {**RECORD, "based_on": 1, "body": "第二步<b>", "is_substantive": "0"},
    )
    page = text_of(contact_client.get(reverse("platform_updates:record_version", args=[record.pk, 2])))

    assert "<del>一</del>步&lt;b&gt;" in page
    assert "<ins>二</ins>步&lt;b&gt;" in page


def test_record_revise_on_an_older_version_keeps_what_was_typed(contact_client, unit):
    record = make.make_record(unit=unit)
    make.make_version(record=record, number=2, body="別人改的")

    response = contact_client.post(
        reverse("platform_updates:record_revise", args=[record.pk]),
        {**RECORD, "based_on": 1, "body": "我改的", "is_substantive": "1"},
    )

    assert "存了第 2 版" in text_of(response)
    assert response.context["form"]["body"].value() == "我改的"
    assert record.versions.count() == 2


def test_record_version_can_be_compared_with_any_other(contact_client, unit):
    record = make.make_record(unit=unit, body="一")
    make.make_version(record=record, number=2, body="二")
    make.make_version(record=record, number=3, body="三")
    url = reverse("platform_updates:record_version", args=[record.pk, 3])

    assert contact_client.get(url).context["before"].number == 2
    assert contact_client.get(url + "?against=1").context["before"].number == 1
    assert contact_client.get(url + "?against=x").context["before"].number == 2
    missing = reverse("platform_updates:record_version", args=[record.pk, 4])
    assert contact_client.get(missing).status_code == 404


@pytest.mark.parametrize("version_count", (1, 3))
def test_record_detail_query_count(contact_client, unit, version_count, django_assert_num_queries):
    record = make.make_record(unit=unit)
    for number in range(2, version_count + 1):
        make.make_version(record=record, number=number)

    # session, user, record, versions, attachments, updates, may change; hat, year, years, notices
    with django_assert_num_queries(11):
        contact_client.get(reverse("platform_updates:record_detail", args=[record.pk]))


# Topics --------------------------------------------------------------------------------------------


def test_topic_create_understands_full_width_digits_and_roc_dates(contact_client, unit, time_machine):
    time_machine.move_to(taipei(2016, 6, 1, 10))

    response = contact_client.post(
        reverse("platform_updates:topic_create"),
        {
            "unit": unit.pk,
            "title": "差勤問答",
            "url": "https://forum.example.test/1",
            "posted_on": "105年5月2日",
            "replies": "１２",
        },
        follow=True,
    )

    topic = ForumTopic.objects.get()
    assert (topic.posted_on, topic.replies) == (date(2016, 5, 2), 12)
    assert "列計" in text_of(response)


@pytest.mark.parametrize(
    ("change", "field"),
    (
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "ftp://forum.example.test/1"}, "url"),
        ({"replies": "-1"}, "replies"),
        ({"replies": "1.5"}, "replies"),
        ({"posted_on": "105/2/30"}, "posted_on"),
    ),
)
def test_topic_create_refusals(contact_client, unit, change, field):
    data = {
        "unit": unit.pk,
        "title": "差勤問答",
        "url": "https://forum.example.test/1",
        "posted_on": "105/05/02",
        "replies": "3",
    }

    response = contact_client.post(reverse("platform_updates:topic_create"), data | change)

    assert list(response.context["form"].errors) == [field]
    assert not ForumTopic.objects.exists()


def test_topic_change_raises_the_replies(contact_client, unit, time_machine):
    time_machine.move_to(taipei(2016, 6, 1, 10))
    topic = make.make_forum_topic(unit=unit, replies=9, url="https://forum.example.test/1")
    url = reverse("platform_updates:topic_change", args=[topic.pk])
    initial = {name: field.initial for name, field in contact_client.get(url).context["form"].fields.items()}

    contact_client.post(url, {**initial, "posted_on": "105/03/01", "replies": "10"})

    assert ForumTopic.objects.counted().get().replies == 10
