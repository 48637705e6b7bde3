"""The pages of works: lists with their filters, one work, and what each person may do there."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from agencies.models import Category, CompetitionGroup, Programme
from competition.models import Author, Entry
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db
BEFORE = taipei(2016, 6, 30, 10)
AFTER = taipei(2016, 7, 2)


@pytest.fixture
def unit():
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所")


@pytest.fixture
def staff_client(client):
    client.force_login(make.make_staff())
    return client


@pytest.fixture
def contact_client(client, unit):
    client.force_login(make.make_contact(unit=unit))
    return client


def entry_data(of, /, **changes):
    """What the office sends for a work of that unit."""
    topic = make.the_competition(of.programme).groups.get(key=of.competition_group).topics.get()
    return {
        "unit": of.pk,
        "title": "簡易自來水報修",
        "topic": topic.pk,
        "axis": "",
        "synopsis": "三個狀況",
        "authors": "林堃峯，科員\n游喆",
        **changes,
    }


OFFICE_PAGES = ("competition:entry_list", "competition:missing_list", "competition:extension_list")


def forms_of(response):
    """How many forms of the page itself post something."""
    content = response.content.decode().partition("<main")[2]
    return content.count('method="post"')


def shown(response):
    return [entry["title"] for entry in response.context["page"]]


# The office's list ----------------------------------------------------------------------------


@pytest.fixture
def three_works(unit):
    school = make.make_unit(code="104731", name="豐山實驗國(中)小", category=Category.SCHOOL)
    first = make.make_entry(unit=unit, title="自來水", receipt="A1", submitted_at=BEFORE)
    Author.objects.create(entry=first, position=1, name="林堃峯")
    make.make_entry(unit=school, title="小火車", receipt="B1", submitted_at=AFTER, work_code="K7Q2XM")
    make.make_entry(unit=unit, title="草稿中", state=Entry.State.DRAFT)


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ["小火車", "自來水", "草稿中"]),
        ("?group=agency", ["自來水", "草稿中"]),
        ("?group=county_and_school", ["小火車"]),
        ("?state=submitted", ["小火車", "自來水"]),
        ("?late=1", ["小火車"]),
        ("?late=0&state=submitted", ["自來水"]),
        ("?unit=104731", ["小火車"]),
        ("?topic=為民服務", ["小火車", "自來水", "草稿中"]),
        ("?topic=沒有", []),
        ("?q=自來", ["自來水"]),
        ("?q=林堃峯", ["自來水"]),
        ("?q=b1", ["小火車"]),
        ("?q=k7q2xm", ["小火車"]),
        ("?q=竹崎", ["自來水", "草稿中"]),
        ("?sort=title&state=submitted", ["小火車", "自來水"]),
        ("?sort=-title&state=submitted", ["自來水", "小火車"]),
        ("?sort=receipt&state=submitted", ["自來水", "小火車"]),
        ("?sort=unit&state=submitted", ["自來水", "小火車"]),
        ("?sort=nonsense&state=submitted", ["自來水", "小火車"]),
    ],
)
def test_entry_list_filters_and_sorts(staff_client, three_works, query, titles):
    response = staff_client.get(reverse("competition:entry_list") + query)

    if "sort" in query or len(titles) < 2:
        assert shown(response) == titles
    else:
        assert sorted(shown(response)) == sorted(titles)


@pytest.mark.parametrize("count", [1, 3])
def test_entry_list_query_count_for_a_contact(contact_client, unit, count, django_assert_num_queries):
    for _ in range(count):
        make.make_whole_draft(unit=unit)
    contact_client.get(reverse("competition:entry_list"))

    # session, user, hats, year, competition; counts, topics, extensions; works, gaps (4), authors, files; units,
    # their deadline; years, hats (4), notices
    with django_assert_num_queries(19):
        contact_client.get(reverse("competition:entry_list"))


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("query", "titles"),
    [("", ["小火車", "自來水", "草稿中"]), ("?sort=submitted", ["草稿中", "自來水", "小火車"])],
)
def test_entry_list_puts_drafts_in_the_same_place_on_every_database(staff_client, three_works, query, titles):
    assert shown(staff_client.get(reverse("competition:entry_list") + query)) == titles


def test_entry_list_gives_what_came_by_hand_a_day_and_no_hour(staff_client, unit):
    make.make_entry(unit=unit, medium="paper_or_disc", submitted_at=taipei(2016, 6, 28, 12))

    text = staff_client.get(reverse("competition:entry_list")).content.decode()

    assert "105年6月28日<" in text and "12:00" not in text


def test_entry_list_tells_a_contact_what_each_draft_lacks(contact_client, unit):
    make.make_entry(unit=unit)
    make.make_whole_draft(unit=unit)
    make.make_entry(unit=unit, state=Entry.State.DRAFT, synopsis="有")

    with time_machine.travel(BEFORE, tick=False):
        response = contact_client.get(reverse("competition:entry_list"))

    assert sorted(str(line["lacks"]) for line in response.context["page"]) == ["0", "4", "None"]
    assert "還缺 4 項" in response.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_entry_list_query_count(client, unit, count, django_assert_num_queries):
    make.make_entry(unit=unit)
    client.force_login(make.make_staff())
    for number in range(count - 1):
        entry = make.make_entry(unit=unit)
        Author.objects.create(entry=entry, position=1, name=f"作者{number}")

    # session, user, year, competition; counts, topics; works, authors, files; years, notices
    with django_assert_num_queries(11):
        response = client.get(reverse("competition:entry_list"))
    assert len(shown(response)) == count


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("?medium=paper_or_disc", ["光碟"]),
        ("?medium=online", ["齊備", "缺件"]),
        ("?check=quarantined", ["缺件"]),
        ("?check=waiting", ["光碟"]),
        ("?check=failed", []),
        ("?check=none", []),
        ("?complete=1", ["光碟", "齊備"]),
        ("?complete=0", ["缺件"]),
    ],
)
def test_entry_list_filters_by_files_and_completeness(staff_client, unit, query, titles):
    make.make_whole_draft(unit=unit, title="齊備")
    make.make_entry_file(entry=make.make_entry(unit=unit, title="缺件"), state="quarantined")
    paper = make.make_entry(unit=unit, title="光碟", medium="paper_or_disc")
    paper.authors.create(position=1, name="甲")
    make.make_entry_file(entry=paper, state=None)

    response = staff_client.get(reverse("competition:entry_list") + query)

    assert sorted(shown(response)) == sorted(titles)


@pytest.mark.parametrize("count", [1, 3])
def test_the_completeness_filter_asks_as_often_for_one_work_as_for_three(
    client, unit, count, django_assert_num_queries
):
    for _ in range(count):
        make.make_whole_draft(unit=unit)
    client.force_login(make.make_staff())

    with django_assert_num_queries(16):
        response = client.get(reverse("competition:entry_list") + "?complete=1")
    assert len(shown(response)) == count


def test_entry_list_says_what_an_empty_year_lacks(staff_client, unit):
    response = staff_client.get(reverse("competition:entry_list"))
    assert "本年度還沒有設定競賽。" in response.content.decode()

    make.make_competition()
    response = staff_client.get(reverse("competition:entry_list"))
    assert "還沒有作品。" in response.content.decode()
    response = staff_client.get(reverse("competition:entry_list") + "?q=x")
    assert "沒有符合條件的作品。" in response.content.decode()


def test_entry_list_keeps_to_its_year(staff_client, three_works):
    make.make_programme(year=104, state=Programme.State.FROZEN)

    response = staff_client.get(reverse("competition:entry_list") + "?year=104")

    assert "本年度還沒有設定競賽。" in response.content.decode()
    assert staff_client.get(reverse("competition:entry_list") + "?year=99").status_code == 404


def test_entry_list_shows_a_contact_only_the_own_units_works(contact_client, three_works):
    response = contact_client.get(reverse("competition:entry_list") + "?q=小火車&group=county_and_school")
    assert shown(response) == []

    response = contact_client.get(reverse("competition:entry_list"))
    assert sorted(shown(response)) == ["自來水", "草稿中"]
    assert "小火車" not in response.content.decode()


@pytest.mark.parametrize(
    ("at", "words", "can_create"),
    [(BEFORE, "7月1日（五）24:00 截止，臺北時間", True), (AFTER, "已於 7月1日（五）24:00 截止", False)],
)
def test_entry_list_tells_a_contact_the_deadline(contact_client, three_works, at, words, can_create):
    with time_machine.travel(at, tick=False):
        response = contact_client.get(reverse("competition:entry_list"))

    assert words in response.content.decode()
    assert response.context["can_create"] is can_create


@pytest.mark.parametrize("count", [1, 3])
def test_missing_list_names_units_without_a_work_that_counts(
    client, unit, three_works, count, django_assert_num_queries
):
    client.force_login(make.make_staff())
    for number in range(count - 1):
        make.make_unit(code=f"X{number}", name=f"未送{number}")
    make.make_unit(code="Z1", name="其他", category=Category.OTHER)
    make.make_unit(code="Z2", name="不列入", on_board=False)

    with django_assert_num_queries(9):
        response = client.get(reverse("competition:missing_list"))

    # The school's only work is late.
    assert [each.code for each in response.context["page"]] == (
        [f"X{number}" for number in range(count - 1)] + ["104731"]
    )


def test_missing_list_filters_by_group(staff_client, three_works):
    response = staff_client.get(reverse("competition:missing_list") + "?group=agency")

    assert list(response.context["page"]) == []
    assert "這一組的機關都已送件。" in response.content.decode()


# One work ------------------------------------------------------------------------------------------


def test_a_unit_in_no_group_is_told_so(client):
    unit = make.make_unit(category=Category.OTHER)
    make.make_competition()
    client.force_login(make.make_contact(unit=unit))

    response = client.get(reverse("competition:entry_create"))

    assert response.status_code == 403
    assert "「教材參賽」不適用" in response.content.decode()


def test_entry_file_is_an_attachment_that_nobody_sniffs(contact_client, unit):
    entry = make.make_entry(unit=unit)
    file = make.make_entry_file(entry=entry, name="頁面.html", content=b"<script>alert(1)</script>")

    response = contact_client.get(reverse("competition:entry_file", args=[entry.pk, file.pk]))

    assert b"".join(response.streaming_content) == b"<script>alert(1)</script>"
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Type"] == "application/octet-stream"


def test_entry_file_of_another_work_is_not_found(contact_client, unit):
    entry = make.make_entry(unit=unit)
    other = make.make_entry_file(entry=make.make_entry(unit=make.make_unit()))

    assert contact_client.get(reverse("competition:entry_file", args=[entry.pk, other.pk])).status_code == 404


def test_entry_detail_is_read_only_for_the_contact_after_the_deadline(contact_client, unit):
    entry = make.make_entry(unit=unit)
    make.make_entry_file(entry=entry)
    with time_machine.travel(AFTER, tick=False):
        page = contact_client.get(entry.get_absolute_url()).content.decode()

    for name in ("entry_withdraw", "entry_files", "entry_disqualify"):
        assert f'"{reverse(f"competition:{name}", args=[entry.pk])}"' not in page
    assert reverse("competition:entry_edit", args=[entry.pk, "work"]) not in page
    assert entry.work_code not in page


def test_entry_withdraw_in_time(contact_client, unit):
    entry = make.make_entry(unit=unit, receipt="A1")
    with time_machine.travel(BEFORE, tick=False):
        contact_client.post(reverse("competition:entry_withdraw", args=[entry.pk]))

    entry.refresh_from_db()
    assert (entry.state, entry.receipt) == ("withdrawn", "A1")


def test_staff_register_disqualify_and_reinstate(staff_client, unit):
    make.make_competition()
    data = entry_data(unit, unit="10010140", receipt="", submitted_on="105/6/20")
    response = staff_client.post(reverse("competition:entry_register"), data)
    entry = Entry.objects.get()
    assert response.url == entry.get_absolute_url()
    assert (entry.receipt, entry.submitted_at) == ("105-A-0001", taipei(2016, 6, 20, 12))

    staff_client.post(reverse("competition:entry_disqualify", args=[entry.pk]), {"reason-reason": "抄襲"})
    entry.refresh_from_db()
    assert (entry.state, entry.state_reason) == ("disqualified", "抄襲")
    staff_client.post(reverse("competition:entry_reinstate", args=[entry.pk]), {"reason-reason": "查證"})
    entry.refresh_from_db()
    assert entry.state == "submitted"


@pytest.mark.parametrize(
    ("unit_text", "message"),
    [("999", "本年度沒有「999」這個機關。"), ("竹崎", "本年度沒有「竹崎」這個機關。")],
)
def test_entry_register_wants_a_unit_of_the_year(staff_client, unit, unit_text, message):
    make.make_competition()
    data = entry_data(unit, unit=unit_text, receipt="", submitted_on="105/6/20")

    response = staff_client.post(reverse("competition:entry_register"), data)

    assert response.context["form"].errors["unit"] == [message]


@pytest.mark.parametrize(
    "text", ["10010140", "１００１０１４０", "嘉義縣竹崎鄉公所", "10010140 嘉義縣竹崎鄉公所"]
)
def test_entry_register_knows_a_unit_by_code_or_name(staff_client, unit, text):
    make.make_competition()
    data = entry_data(unit, unit=text, receipt="A9", submitted_on="105.6.20")

    staff_client.post(reverse("competition:entry_register"), data)

    assert Entry.objects.get().unit == unit


def test_staff_pin_and_lift_a_conflict(staff_client, unit):
    entry = make.make_entry(unit=unit)
    judge = make.make_judge().judgeships.get()
    staff_client.post(
        reverse("competition:conflict_pin", args=[entry.pk]),
        {"conflict-judge": judge.pk, "conflict-reason": "曾任顧問"},
    )
    conflict = entry.conflicts.get()
    assert (conflict.judge, conflict.reason) == (judge, "曾任顧問")

    lift = reverse("competition:conflict_lift", args=[entry.pk, conflict.pk])
    staff_client.post(lift)
    assert entry.conflicts.exists()
    staff_client.post(lift, {"reason-reason": "誤植"})
    assert not entry.conflicts.exists()


def test_a_judge_of_the_other_group_cannot_be_pinned(staff_client, unit):
    entry = make.make_entry(unit=unit)
    judge = make.make_judge(group=CompetitionGroup.COUNTY_AND_SCHOOL).judgeships.get()

    response = staff_client.post(
        reverse("competition:conflict_pin", args=[entry.pk]),
        {"conflict-judge": judge.pk, "conflict-reason": "r"},
    )

    assert response.status_code == 422
    assert not entry.conflicts.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_entry_detail_query_count(client, unit, count, django_assert_num_queries):
    entry = make.make_entry(unit=unit)
    for number in range(count):
        Author.objects.create(entry=entry, position=number + 1, name=f"作者{number}")
        make.make_entry_file(entry=entry, position=number + 1, content=str(number).encode())
        make.make_sheet(entry=entry, judge=make.make_judge(), signed_at=None)
        make.make_conflict(entry=entry, judge=make.make_judge())
    client.force_login(make.make_staff())

    with django_assert_num_queries(15):
        client.get(entry.get_absolute_url())


def test_a_frozen_year_can_be_read_and_not_changed(contact_client, unit):
    entry = make.make_entry(unit=unit, state=Entry.State.DRAFT)
    Programme.objects.update(state=Programme.State.FROZEN)

    with time_machine.travel(BEFORE, tick=False):
        page = contact_client.get(entry.get_absolute_url())
        contact_client.post(reverse("competition:entry_edit", args=[entry.pk, "work"]), entry_data(unit))

    assert "105年度已凍結，資料不能再變更。" in page.content.decode()
    entry.refresh_from_db()
    assert entry.title == "測試作品"


def test_a_frozen_year_offers_the_office_nothing_that_would_be_refused(staff_client, unit):
    entry = make.make_entry(unit=unit)
    make.make_conflict(entry=entry, judge=make.make_judge())
    make.make_unit(code="104731", name="未送國小")
    pages = (entry.get_absolute_url(), *map(reverse, OFFICE_PAGES))
    assert [forms_of(staff_client.get(page)) for page in pages] == [4, 0, 1, 1]
    Programme.objects.update(state=Programme.State.FROZEN)

    assert [forms_of(staff_client.get(page)) for page in pages] == [0, 0, 0, 0]
    assert reverse("competition:entry_register") not in staff_client.get(pages[1]).content.decode()
    refused = staff_client.get(reverse("competition:entry_register"), follow=True)
    assert "不能登錄。105年度已凍結，資料不能再變更。" in refused.content.decode()


def test_a_final_result_leaves_the_office_no_forms_of_its_works(staff_client, unit):
    entry = make.make_entry(unit=unit)
    make.make_result(group=entry.topic.group)

    response = staff_client.get(entry.get_absolute_url())

    assert forms_of(response) == 0
    assert "機關組的結果已定案，作品不能再變更。" in response.content.decode()


def test_missing_list_of_a_year_without_units_is_no_success(staff_client):
    make.make_competition()

    text = staff_client.get(reverse("competition:missing_list")).content.decode()

    assert "還沒有參賽的機關" in text and "都已送件" not in text


def test_an_extension_opens_the_page_again_for_its_unit(contact_client, unit):
    entry = make.make_entry(unit=unit, state=Entry.State.DRAFT)
    make.make_extension(unit=unit, due_on=date(2016, 7, 8))

    with time_machine.travel(taipei(2016, 7, 8, 23, 59), tick=False):
        page = contact_client.get(entry.get_absolute_url()).content.decode()

    assert "7月8日（五）24:00 截止" in page
    assert reverse("competition:entry_edit", args=[entry.pk, "work"]) in page
