"""The judges' meeting: shown, recorded, decided, and printed as minutes."""

import io
import zipfile

import pypdfium2
import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from competition import actions
from competition.minutes import attendance, award_lines, chinese_number, items_of
from competition.models import Author, Meeting, MeetingItem, TieSettlement
from competition.standings import standings
from foundation.errors import Refused
from foundation.models import Event
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db
AT = taipei(2016, 7, 25, 16)


@pytest.fixture
def judges():
    return [make.make_judge(user=make.make_user(name=f"評審{letter}")) for letter in "甲乙丙"]


def work(judges, receipt, marks):
    unit = make.make_unit(name=f"嘉義縣{receipt}公所")
    entry = make.make_entry(unit=unit, receipt=receipt, title=f"作品{receipt}", work_code=f"CODE{receipt}")
    Author.objects.create(entry=entry, position=1, name=f"作者{receipt}")
    for judge in judges:
        make.make_sheet(entry=entry, judge=judge, marks=marks)
    return entry


@pytest.fixture
def tied(judges):
    return [work(judges, receipt, (40, 30, 20, 5)) for receipt in ("A1", "A2")]


@pytest.fixture
def group(tied):
    return tied[0].topic.group


@pytest.fixture
def staff():
    return make.make_staff()


@pytest.fixture
def staff_client(client, staff):
    client.force_login(staff)
    return client


def url(name, *args):
    return reverse(f"competition:{name}", args=args)


def meeting_data(group, **changes):
    present = group.judges.exclude(user__name="評審丙")
    return {
        "held_at_0": "105/7/25",
        "held_at_1": "14:00",
        "place": "人事處會議室",
        "chair": "林堃峯",
        "recorder": "王喆",
        "present": [judge.pk for judge in present],
        **changes,
    }


def test_a_meeting_is_recorded_and_corrected(staff_client, group):
    staff_client.post(url("meeting_create", group.pk), meeting_data(group))
    meeting = Meeting.objects.get()
    assert (meeting.held_at, meeting.chair) == (taipei(2016, 7, 25, 14), "林堃峯")
    assert {str(judge) for judge in meeting.present.all()} == {"評審甲", "評審乙"}

    staff_client.post(url("meeting_edit", group.pk, meeting.pk), meeting_data(group, place="簡報室"))

    assert Meeting.objects.get().place == "簡報室"
    assert Event.objects.filter(action="meeting.recorded").count() == 2


def test_what_was_typed_stays_when_a_meeting_is_refused(staff_client, group):
    make.make_meeting(group=group)

    response = staff_client.post(url("meeting_create", group.pk), meeting_data(group))

    assert response.status_code == 422
    assert "機關組在105年7月25日 14:00已有一場評審會議。" in response.content.decode()
    assert "人事處會議室" in response.content.decode()
    assert Meeting.objects.count() == 1


def test_decisions_are_noted_and_struck(staff_client, group):
    meeting = make.make_meeting(group=group)
    data = {"subject": "評審基準", "discussion": "媒體呈現的解釋", "decision": "照案通過。"}
    staff_client.post(url("meeting_detail", group.pk, meeting.pk), data)
    item = MeetingItem.objects.get()
    assert (item.subject, item.discussion, item.decision) == tuple(data.values())

    staff_client.post(url("meeting_item_strike", group.pk, meeting.pk, item.pk))

    assert not MeetingItem.objects.exists()
    assert Event.objects.get(action="meeting.struck").summary == (
        "刪去機關組評審會議決議：評審基準；照案通過。"
    )


@pytest.mark.parametrize(
    ("then", "page"), [("", "result_detail"), ("meetings", "meeting_list"), ("own", "meeting_detail")]
)
def test_a_tie_is_settled_where_the_chair_sits(staff_client, group, tied, then, page):
    meeting = make.make_meeting(group=group)
    args = [group.pk, meeting.pk] if then == "own" else [group.pk]
    first, second = tied
    shown = staff_client.get(url("meeting_detail", group.pk, meeting.pk)).content.decode()
    assert "第 1 名同分，由主席裁定" in shown
    data = {
        "then": meeting.pk if then == "own" else then,
        "entry": [first.pk, second.pk],
        f"place_{first.pk}": "2",
        f"place_{second.pk}": "1",
        "reason": "教學設計較完整",
    }

    response = staff_client.post(url("result_settle", group.pk), data)

    assert response.url == url(page, *args)
    assert TieSettlement.objects.get().reason == "教學設計較完整"


def test_who_was_called_for_one_work_is_not_missed_at_the_meeting(group, tied):
    called = make.make_extra_review(entry=tied[0]).judge
    panel = the_standing(group).panel
    meeting = make.make_meeting(group=group)

    meeting.present.set(panel[:1])
    assert (len(panel), attendance(meeting, the_standing(group))) == (3, (panel[:1], panel[1:]))

    meeting.present.add(called)
    assert set(attendance(meeting, the_standing(group))[0]) == {panel[0], called}


def settle(tied, staff):
    actions.settle_tie(
        group=tied[0].topic.group,
        places={tied[0].pk: 2, tied[1].pk: 1},
        reason="教學設計較完整",
        by=staff,
        at=AT,
    )


def the_standing(group):
    return standings(group.competition, groups=[group])[0]


def test_the_agenda_holds_reviews_ties_and_what_was_noted(group, tied, staff):
    meeting = make.make_meeting(group=group)
    make.make_extra_review(entry=tied[0], user=make.make_user(name="評審丁"), reason="差距 30 分")
    settle(tied, staff)
    make.make_meeting_item(meeting=meeting, discussion="說明文字")

    assert items_of(meeting, the_standing(group)) == [
        (
            "一",
            "作品CODEA1「作品A1」評審看法分歧，提請討論。",
            "差距 30 分",
            "請評審丁加評，計入評分。",
        ),
        (
            "二",
            "作品CODEA2「作品A2」、CODEA1「作品A1」依規則比較後仍同分（第 1 名起），提請裁定。",
            "教學設計較完整",
            "主席裁定CODEA2為第 1 名、CODEA1為第 2 名。",
        ),
        ("三", "測試案由", "說明文字", "測試決議"),
    ]


def test_the_minutes_say_the_awards_as_they_stand_and_then_as_decided(group, tied, judges, staff):
    assert list(award_lines(the_standing(group), None))[:2] == [
        ("第一名", "CODEA1、CODEA2 同分，待裁定"),
        ("第三名", "從缺：沒有其他可排名的作品。"),
    ]
    settle(tied, staff)
    decided = [
        ("第一名", "CODEA2「作品A2」，95.00"),
        ("第二名", "CODEA1「作品A1」，95.00"),
        ("第三名", "從缺：沒有其他可排名的作品。"),
    ]
    assert list(award_lines(the_standing(group), None))[:3] == decided
    final = actions.finalise(group=group, release_at=AT, by=staff, at=AT)

    make.make_sheet(entry=tied[0], judge=make.make_judge(), marks=(0, 0, 0, 0))

    assert list(award_lines(the_standing(group), final))[:3] == decided


def test_the_minutes_print(staff_client, group, tied, staff):
    settle(tied, staff)
    staff_client.post(url("meeting_create", group.pk), meeting_data(group))
    address = url("meeting_minutes", group.pk, Meeting.objects.get().pk, "pdf")

    response = staff_client.get(address)

    with pypdfium2.PdfDocument(response.content) as document:
        text = "".join("".join(p.get_textpage().get_text_range() for p in document).split())
    for words in (
        "機關組評審會議紀錄",
        "時間：中華民國105年7月25日14:00",
        "主席：林堃峯",
        "出席評審：評審甲、評審乙",
        "請假：評審丙",
        "案由一：作品CODEA2",
        "決議：主席裁定CODEA2為第1名",
        "參、評審結果（尚未定案）",
    ):
        assert words in text
    assert "公所" not in text
    assert "作者A1" not in text


def test_the_minutes_can_be_edited(staff_client, group, tied, staff):
    settle(tied, staff)
    staff_client.post(url("meeting_create", group.pk), meeting_data(group))
    meeting = Meeting.objects.get()

    response = staff_client.get(url("meeting_minutes", group.pk, meeting.pk, "odt"))

    with zipfile.ZipFile(io.BytesIO(response.getvalue())) as archive:
        xml = archive.read("content.xml").decode()
    for words in (
        "機關組評審會議紀錄",
        "中華民國105年7月25日 14:00",
        "評審甲、評審乙",
        "決議：主席裁定CODEA2為第 1 名",
        "評審結果（尚未定案）",
        "得獎最低平均 ",
        "第一名：CODEA2「作品A2」，95.00",
    ):
        assert words in xml
    assert "公所" not in xml
    assert "作者A1" not in xml
    assert staff_client.get(url("meeting_minutes", group.pk, meeting.pk, "docx")).status_code == 404


def test_the_wall_shows_no_judge_unless_asked_and_never_a_unit(staff_client, group, judges):
    work(judges, "A3", (10, 10, 10, 5))
    quiet = staff_client.get(url("meeting_show", group.pk)).content.decode()
    asked = staff_client.get(url("meeting_show", group.pk), {"judges": "1"}).content.decode()

    assert "同分待裁定" in quiet
    assert "第三名從缺：作品平均未達得獎最低平均。" in quiet
    assert "評審甲" not in quiet
    assert "評審甲" in asked
    for shown in (quiet, asked):
        assert "公所" not in shown
        assert "作者" not in shown


def test_a_meeting_of_another_group_is_not_found(staff_client, group):
    other = group.competition.groups.get(key="county_and_school")
    meeting = make.make_meeting(group=other)

    assert staff_client.get(url("meeting_detail", group.pk, meeting.pk)).status_code == 404


def test_the_same_moment_twice_is_refused_by_the_action(group, staff):
    meeting = make.make_meeting(group=group)
    values = {"held_at": meeting.held_at, "place": "a", "chair": "b", "recorder": "c", "others": ""}

    with pytest.raises(Refused, match="已有一場評審會議"):
        actions.record_meeting(group=group, values=values, present=[], by=staff, at=AT)


def test_the_database_keeps_what_minutes_need(group):
    meeting = make.make_meeting(group=group)
    item = make.make_meeting_item(meeting=meeting)

    for break_it in (
        lambda: make.make_meeting(group=group),
        lambda: Meeting.objects.update(chair=""),
        lambda: MeetingItem.objects.update(decision=""),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            break_it()
    meeting.chair = item.decision = ""
    with pytest.raises(ValidationError, match="地點、主席與紀錄都要填。"):
        meeting.validate_constraints()
    with pytest.raises(ValidationError, match="案由與決議都要填。"):
        item.validate_constraints()


@pytest.mark.parametrize(
    ("number", "written"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (42, "四十二")]
)
def test_agenda_items_are_numbered_in_chinese(number, written):
    assert chinese_number(number) == written


@pytest.mark.parametrize("count", [1, 3])
def test_the_meetings_take_a_fixed_number_of_queries(staff_client, group, count, django_assert_num_queries):
    for day in range(count):
        meeting = make.make_meeting(group=group, held_at=taipei(2016, 7, 25 + day))
        meeting.present.set(group.judges.all())
        make.make_meeting_item(meeting=meeting)
    staff_client.get(url("meeting_list", group.pk))

    with django_assert_num_queries(23):
        staff_client.get(url("meeting_list", group.pk))
