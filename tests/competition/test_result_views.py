"""The office's ranking and result pages, and what others see before and after the release."""

import re
from datetime import timedelta
from io import BytesIO

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from agencies.models import Programme
from competition import actions
from competition.models import Author, ResultSet, TieSettlement
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def judges():
    return [make.make_judge() for _ in range(3)]


def ranked(judges, receipt, marks, **fields):
    unit = make.make_unit(name=f"機關{receipt}")
    entry = make.make_entry(unit=unit, receipt=receipt, title=f"作品{receipt}", **fields)
    Author.objects.create(entry=entry, position=1, name=f"作者{receipt}")
    for judge in judges:
        make.make_sheet(entry=entry, judge=judge, marks=marks)
    return entry


@pytest.fixture
def entry(judges):
    return ranked(judges, "A1", (40, 30, 20, 5))


@pytest.fixture
def group(entry):
    return entry.topic.group


@pytest.fixture
def staff_client(client):
    client.force_login(make.make_staff())
    return client


def detail(group):
    return reverse("competition:result_detail", args=[group.pk])


def finalise_data(**changes):
    return {"release_at_0": "120/1/1", "release_at_1": "10:00", **changes}


def body(response):
    return response.content.decode()


def test_the_office_sees_ranks_and_what_is_missing(staff_client, entry, group, judges):
    ranked(judges[:2], "A2", (40, 30, 20, 5))

    page = staff_client.get(detail(group))

    rows = [(row["entry"].receipt, row["figure"], row["award"]) for row in page.context["rows"]]
    assert rows == [("A1", "95.00", "第一名"), ("A2", "—", None)]
    assert page.context["reasons"] == ["評分表不足 3 張，尚無法排名：A2。"]
    assert "尚無法排名" in body(page)


def test_works_of_the_same_figure_say_by_what_they_were_told_apart(staff_client, entry, group, judges):
    ranked(judges, "A2", (39, 30, 20, 6))
    ranked(judges, "A3", (39, 29, 20, 7))
    ranked(judges, "A4", (30, 20, 10, 5))

    page = staff_client.get(detail(group))
    show = body(staff_client.get(reverse("competition:meeting_show", args=[group.pk])))

    compared = {row["entry"].receipt: row["compared"] for row in page.context["rows"]}
    assert compared == {
        "A1": "內容 40.00、教學設計 30.00",
        "A2": "內容 39.00、教學設計 30.00",
        "A3": "內容 39.00、教學設計 29.00",
        "A4": "",
    }
    assert show.count("同分，依各項平均：") == 3


def test_a_frozen_year_offers_nothing_that_it_would_refuse(staff_client, entry, group):
    staff, now = make.make_staff(), timezone.now()
    actions.finalise(group=group, release_at=now + timedelta(days=1), by=staff, at=now)
    values = {"held_at": now, "place": "會議室", "chair": "甲", "recorder": "乙", "others": ""}
    meeting = actions.record_meeting(group=group, values=values, present=[], by=staff, at=now)
    actions.note_decision(
        meeting=meeting, subject="案由", discussion="", decision="照案通過", by=staff, at=now
    )
    Programme.objects.update(state=Programme.State.FROZEN)
    names = ("progress_detail", "result_detail", "dispute_list", "meeting_list", "meeting_detail")

    offered = set()
    for name in names:
        args = [group.pk, *([meeting.pk] if name == "meeting_detail" else [])]
        page = body(staff_client.get(reverse(f"competition:{name}", args=args)))
        assert "本年度已凍結" in page
        offered |= set(
            re.findall(r"提出重開|變更公布時間|變更歧異門檻|提醒所選|記錄一場|更正<|記錄決議|>刪去", page)
        )
    assert offered == set()


@pytest.mark.parametrize("count", [1, 3])
def test_the_ranking_page_takes_a_fixed_number_of_queries(
    client, entry, group, judges, count, django_assert_num_queries
):
    for number in range(count - 1):
        ranked(judges, f"B{number}", (30, 20, 10, number))
    client.force_login(make.make_staff())

    with django_assert_num_queries(19):
        assert len(client.get(detail(group)).context["rows"]) == count


def test_a_tie_is_settled_on_the_page(staff_client, entry, group, judges):
    other = ranked(judges, "A2", (40, 30, 20, 5))
    settle = reverse("competition:result_settle", args=[group.pk])
    assert "第 1 名同分，由主席裁定" in body(staff_client.get(detail(group)))

    data = {"entry": [entry.pk, other.pk], f"place_{entry.pk}": 2, f"place_{other.pk}": 1}
    refused = staff_client.post(settle, {**data, "reason": ""})
    assert refused.status_code == 422
    assert not TieSettlement.objects.exists()
    staff_client.post(settle, {**data, "reason": "創意較佳"})

    page = staff_client.get(detail(group))
    assert [row["entry"].receipt for row in page.context["rows"]] == ["A2", "A1"]
    assert "主席裁定：創意較佳" in body(page)


def test_a_settlement_of_unknown_works_is_not_found(staff_client, group):
    settle = reverse("competition:result_settle", args=[group.pk])

    assert staff_client.post(settle, {"entry": ["999"], "reason": "r"}).status_code == 404


def test_finalise_change_release_reopen(client, entry, group):
    first, second = make.make_staff(), make.make_staff()
    client.force_login(first)
    client.post(reverse("competition:result_finalise", args=[group.pk]), finalise_data())
    result = ResultSet.objects.get()
    assert timezone.localtime(result.release_at).isoformat() == "2031-01-01T10:00:00+08:00"
    assert "已定案，尚未公布。" in body(client.get(detail(group)))

    client.post(reverse("competition:result_release", args=[result.pk]), finalise_data(release_at_1="14:30"))
    result.refresh_from_db()
    assert timezone.localtime(result.release_at).hour == 14

    client.post(reverse("competition:result_reopen", args=[result.pk]), {"reason": "補登評分表"})
    client.post(reverse("competition:result_agree", args=[result.pk]))
    result.refresh_from_db()
    assert result.superseded_at is None
    assert "等另一位承辦人同意。" in body(client.get(detail(group)))
    client.force_login(second)
    client.post(reverse("competition:result_agree", args=[result.pk]))
    result.refresh_from_db()
    assert (result.superseded_by, result.reopen_asked_by) == (second, first)


@pytest.mark.parametrize(
    "changes", [{"release_at_0": "abc"}, {"release_at_1": "25:00"}, {"release_at_0": ""}]
)
def test_finalise_refuses_a_time_that_is_none(staff_client, group, changes):
    response = staff_client.post(
        reverse("competition:result_finalise", args=[group.pk]), finalise_data(**changes)
    )

    assert response.status_code == 422
    assert not ResultSet.objects.exists()


def test_finalise_names_every_reason_and_stores_nothing(staff_client, entry, group, judges):
    ranked(judges, "A2", (40, 30, 20, 5))
    make.make_entry(unit=make.make_unit(), receipt="A3")

    response = staff_client.post(reverse("competition:result_finalise", args=[group.pk]), finalise_data())

    assert response.status_code == 422
    assert "第 1 名同分，須由主席裁定：A1、A2。評分表不足 3 張，尚無法排名：A3。" in body(response)
    assert not ResultSet.objects.exists()


# The release time -------------------------------------------------------------------------------


def result_of(group, *, hours):
    return make.make_result(group=group, release_at=timezone.now() + timedelta(hours=hours))


@pytest.mark.parametrize(("hours", "is_out"), [(1, False), (-1, True)])
@pytest.mark.parametrize("hat", ["civil", "contact", "judge"])
def test_the_release_time_governs_page_and_exports(client, entry, group, judges, hours, is_out, hat):
    result_of(group, hours=hours)
    user = {
        "civil": make.make_user,
        "contact": lambda: make.make_contact(unit=entry.unit),
        "judge": lambda: judges[0],
    }[hat]()
    client.force_login(user)

    page = body(client.get(reverse("competition:result_list")))
    statuses = {
        client.get(reverse("competition:award_export", args=[fmt])).status_code
        for fmt in ("xlsx", "ods", "pdf")
    }

    assert ("作品A1" in page) is is_out
    assert ("得獎名單尚未公布。" in page) is not is_out
    assert statuses == ({200} if is_out else {404})
    # Marks stay in the office.
    assert "95.00" not in page


def test_staff_see_the_list_before_its_release(staff_client, entry, group):
    result_of(group, hours=1)

    page = body(staff_client.get(reverse("competition:result_list")))

    assert "尚未公布。" in page
    assert "作品A1" in page
    assert "95.00" in page
    assert staff_client.get(reverse("competition:award_export", args=["xlsx"])).status_code == 200


def test_a_reopened_result_is_out_no_more(client, entry, group):
    result = result_of(group, hours=-1)
    now = timezone.now()
    ResultSet.objects.filter(pk=result.pk).update(
        reopen_asked_by=make.make_staff(),
        reopen_asked_at=now,
        reopen_reason="r",
        superseded_by=make.make_staff(),
        superseded_at=now,
    )
    client.force_login(make.make_user())

    assert "作品A1" not in body(client.get(reverse("competition:result_list")))


def test_the_spreadsheet_holds_the_list(staff_client, entry, group):
    result_of(group, hours=-1)

    response = staff_client.get(reverse("competition:award_export", args=["xlsx"]))

    rows = list(openpyxl.load_workbook(BytesIO(response.content)).active.iter_rows(values_only=True))
    first = next(row for row in rows if "第一名" in row)
    assert [str(value) for value in first[:5]] == ["機關組", "第一名", "1", "A1", "作品A1"]
    assert first[7:9] == ("機關A1", "作者A1")
    assert first[10:12] == (95, 95)
    assert [row[1] for row in rows if str(row[9]).startswith("從缺：")] == [
        "第二名",
        "第三名",
        "佳作",
        "佳作",
        "佳作",
    ]
    assert response["Content-Disposition"].startswith("attachment;")


def test_marks_stay_in_the_office(client, entry, group):
    result_of(group, hours=-1)
    client.force_login(make.make_user())

    response = client.get(reverse("competition:award_export", args=["xlsx"]))

    rows = list(openpyxl.load_workbook(BytesIO(response.content)).active.iter_rows(values_only=True))
    assert [row[-1] for row in rows[:2]] == ["備註", None]
    assert {len(row) for row in rows} == {10}


def test_the_list_is_asked_for_in_a_known_format(staff_client, entry, group):
    result_of(group, hours=-1)

    assert staff_client.get(reverse("competition:award_export", args=["csv"])).status_code == 404


def test_places_vacant_for_the_same_reason_stand_together(staff_client, entry, group):
    result_of(group, hours=-1)

    page = body(staff_client.get(reverse("competition:result_list")))

    assert "佳作 3 名" in page
