"""A judge's pages: nothing that names a unit or an author, nothing of works that are not theirs to score."""

import re
import zipfile
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
import time_machine
from django.urls import reverse
from django.utils.html import strip_tags

from agencies.models import CompetitionGroup
from competition import actions
from competition.models import Author, Conflict, Entry, Judge, ScoreSheet
from foundation.models import Event
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db
DURING = taipei(2016, 7, 10)
CANARIES = ("金絲雀機關", "CANARY-UNIT", "金絲雀作者", "CANARY-RECEIPT", "金絲雀檔名", "金絲雀職稱")


@pytest.fixture
def unit():
    return make.make_unit(code="CANARY-UNIT", name="金絲雀機關")


@pytest.fixture
def entry(unit):
    entry = make.make_entry(unit=unit, title="看得到的作品", receipt="CANARY-RECEIPT", work_code="AAAAAA")
    Author.objects.create(entry=entry, position=1, name="金絲雀作者", title="金絲雀職稱")
    make.make_entry_file(entry=entry, name="金絲雀檔名.pptx", content=b"slides")
    make.make_entry_file(entry=entry, name="金絲雀檔名.docx", content=document_by("金絲雀作者"), position=2)
    return entry


def document_by(author):
    """A document whose properties name its author, as the bytes of a zip that hides nothing."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("docProps/core.xml", f"<dc:creator>{author}</dc:creator>")
        archive.writestr("word/document.xml", "<w:t>內文</w:t>")
    return target.getvalue()


@pytest.fixture
def judge(entry):
    return Judge.objects.get(user=make.make_judge())


@pytest.fixture
def judge_client(client, judge):
    client.force_login(judge.user)
    with time_machine.travel(DURING, tick=False):
        yield client


def sheet_url(entry):
    return reverse("competition:judging_sheet", args=[entry.work_code])


def save_url(entry):
    return reverse("competition:judging_save", args=[entry.work_code])


def sheet_data(entry, *marks, version=0, **changes):
    """The form as the page sends it; None is an abstention, fewer marks leave the rest empty."""
    data = {"version": version, "comment": ""}
    criteria = list(entry.competition.criteria.all())
    for criterion, value in zip(criteria, marks, strict=False):
        if value is None:
            data[f"abstain_{criterion.pk}"] = "on"
            data[f"reason_{criterion.pk}"] = "沒有教案"
        else:
            data[f"marks_{criterion.pk}"] = str(value)
    return {**data, **changes}


def codes(response):
    return [work.code for queue in response.context["queues"] for work in queue.works]


# The queue ----------------------------------------------------------------------------------------


def _body(response):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("utf-8", errors="replace")


def test_a_file_comes_as_its_neutral_copy_under_a_neutral_name(judge_client, entry):
    response = judge_client.get(reverse("competition:judging_file", args=["AAAAAA", 1]))

    assert _body(response) == "neutral"
    assert response["Content-Disposition"] == 'attachment; filename="AAAAAA-1.pptx"'
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("state", [None, "waiting", "quarantined", "failed"])
def test_a_file_that_is_not_checked_is_not_handed_out(judge_client, entry, state):
    make.make_entry_file(entry=entry, name="未檢查.pptx", content=b"raw", position=3, state=state)

    page = judge_client.get(reverse("competition:judging_sheet", args=["AAAAAA"]))
    response = judge_client.get(reverse("competition:judging_file", args=["AAAAAA", 3]))

    assert response.status_code == 404
    assert "AAAAAA-3" not in _body(page)


def test_the_queue_holds_the_groups_submitted_works_in_the_order_of_their_codes(judge_client, unit, entry):
    other = make.make_unit(category="school")
    make.make_entry(unit=make.make_unit(), work_code="BBBBBB")
    make.make_entry(unit=other, work_code="CCCCCC")
    for number, state in enumerate((Entry.State.DRAFT, Entry.State.WITHDRAWN, Entry.State.DISQUALIFIED)):
        make.make_entry(unit=unit, work_code=f"DDDDD{number}", state=state)

    response = judge_client.get(reverse("competition:judging_list"))

    assert codes(response) == ["AAAAAA", "BBBBBB"]
    for code in ("CCCCCC", "DDDDD0", "DDDDD1", "DDDDD2", "ZZZZZZ"):
        assert judge_client.get(reverse("competition:judging_sheet", args=[code])).status_code == 404


def test_a_sitting_begins_at_the_first_work_that_is_not_signed(judge_client, unit, entry, judge):
    second = make.make_entry(unit=unit, work_code="BBBBBB")
    steps = []
    for each in (None, entry, second):
        if each:
            make.make_sheet(entry=each, judge=judge.user, marks=(30, 20, 10, 5))
        page = judge_client.get(reverse("competition:judging_list")).text
        home = judge_client.get(reverse("portal:home")).text
        steps.append(
            (re.findall(r"(?:開始|繼續)評分：\w+", page), re.findall(r"已簽名 [^<]*|[^>]*評分</a>", home))
        )

    assert steps == [
        (["開始評分：AAAAAA"], ["已簽名 0／2 件。", "開始評分</a>"]),
        (["繼續評分：BBBBBB"], ["已簽名 1／2 件。", "繼續評分</a>"]),
        ([], ["已簽名 2／2 件。"]),
    ]


def test_once_the_result_is_final_the_list_says_so_and_asks_for_nothing(judge_client, entry, judge):
    make.make_sheet(entry=entry, judge=judge.user, marks=(30, 20, 10, 5), signed_at=None)
    make.make_result(group=judge.group)

    page = judge_client.get(reverse("competition:judging_list")).text

    assert "機關組的結果已定案，評分表不能再變更。" in page
    assert [word for word in ("繼續評分", "離線評分", "辭任") if word in page] == []


@pytest.mark.parametrize("how", ["appointed", "person", "contact", "declared", "other panel"])
def test_a_work_in_conflict_is_neither_listed_nor_opened_nor_saved(judge_client, entry, judge, how):
    if how == "appointed":
        Judge.objects.filter(pk=judge.pk).update(unit=entry.unit.unit)
    elif how == "person":
        make.make_person(unit=entry.unit, user=judge.user)
    elif how == "contact":
        make.make_contact(unit=entry.unit, user=judge.user)
    elif how == "declared":
        make.make_conflict(entry=entry, judge=judge.user)
    else:
        Judge.objects.filter(pk=judge.pk).update(
            group=entry.competition.groups.get(key=CompetitionGroup.COUNTY_AND_SCHOOL)
        )

    assert codes(judge_client.get(reverse("competition:judging_list"))) == []
    assert judge_client.get(sheet_url(entry)).status_code == 404
    assert judge_client.post(sheet_url(entry), sheet_data(entry, 30)).status_code == 404
    assert judge_client.post(save_url(entry), sheet_data(entry, 30)).status_code == 404
    assert judge_client.get(reverse("competition:judging_file", args=["AAAAAA", 1])).status_code == 404
    assert not ScoreSheet.objects.exists()


def test_before_judging_starts_nothing_is_shown(judge_client, entry):
    with time_machine.travel(taipei(2016, 7, 1, 23, 59), tick=False):
        response = judge_client.get(reverse("competition:judging_list"))

        assert codes(response) == []
        assert "評審自7月2日（六）開始。" in _body(response)
        assert judge_client.get(sheet_url(entry)).status_code == 404


def test_after_judging_ends_the_sheets_are_read_only(judge_client, entry, judge):
    make.make_sheet(entry=entry, judge=judge.user, marks=(30,), signed_at=None)
    type(entry.competition).objects.update(judging_ends_on=date(2016, 7, 22))

    with time_machine.travel(taipei(2016, 7, 23), tick=False):
        page = _body(judge_client.get(sheet_url(entry)))
        response = judge_client.post(save_url(entry), sheet_data(entry, 35, version=1))

    assert "評審已於7月22日（五）24:00 截止" in page
    assert 'id="score-sheet"' not in page
    assert response.status_code == 422
    assert ScoreSheet.objects.get().scores.get().points == 30


def test_a_person_who_judges_nothing_is_turned_away(client, entry):
    client.force_login(make.make_user())

    assert client.get(reverse("competition:judging_list")).status_code == 403


# The sheet --------------------------------------------------------------------------------------


def test_autosave_keeps_the_draft_and_answers_with_version_and_subtotal(judge_client, entry):
    response = judge_client.post(save_url(entry), sheet_data(entry, "34.5", None, comment="清楚"))

    sheet = ScoreSheet.objects.get()
    assert (sheet.version, sheet.comment) == (1, "清楚")
    assert list(sheet.scores.values_list("points", flat=True)) == [Decimal("34.5"), None]
    page = _body(response)
    assert 'id="id_version" value="1" hx-swap-oob="true"' in page
    assert "（缺媒體呈現、創意）" in page
    assert "34.5" in page


def test_full_width_marks_are_understood(judge_client, entry):
    judge_client.post(save_url(entry), sheet_data(entry, "３４．５"))

    assert ScoreSheet.objects.get().scores.get().points == Decimal("34.5")


@pytest.mark.parametrize("mark", ["40.5", "-1", "12.3", "abc", "NaN", "1e2"])
def test_autosave_refuses_marks_outside_the_scale(judge_client, entry, mark):
    response = judge_client.post(save_url(entry), sheet_data(entry, mark))

    assert response.status_code == 422
    assert "未儲存。" in _body(response)
    assert not ScoreSheet.objects.exists()


def test_two_windows_the_second_gets_both_versions_of_every_field(judge_client, entry):
    judge_client.post(save_url(entry), sheet_data(entry, 30, None, 10, comment="<b>先</b>"))

    response = judge_client.post(save_url(entry), sheet_data(entry, 10, 25, 10, 5, comment="後"))

    page = _body(response)
    assert response.status_code == 409
    assert [row[1:] for row in response.context["differences"]] == [
        ("內容", "10.0", "30.0"),
        ("教學設計", "25.0", "棄權：沒有教案"),
        ("創意", "5.0", "未評"),
        ("評語", "後", "<b>先</b>"),
    ]
    assert "&lt;b&gt;先&lt;/b&gt;" in page
    assert 'name="stored_version" value="1"' in page
    assert ScoreSheet.objects.get().version == 1


def test_of_two_versions_the_judge_keeps_each_field_as_chosen(judge_client, entry):
    judge_client.post(save_url(entry), sheet_data(entry, 30, None, 10, comment="先"))
    mine = sheet_data(entry, 10, 25, 12, 5, comment="後")
    page = judge_client.post(sheet_url(entry), {**mine, "act": "save"})
    assert page.status_code == 409
    assert 'value="25"' in _body(page)
    first, second, third, fourth = entry.competition.criteria.all()
    chosen = {f"keep_{second.pk}": "stored", f"keep_{third.pk}": "mine", "keep_comment": "stored"}
    merge = {**mine, **chosen, "act": "merge", "stored_version": "1"}

    response = judge_client.post(sheet_url(entry), merge)

    sheet = ScoreSheet.objects.get()
    assert response.url == sheet_url(entry)
    assert (sheet.version, sheet.comment) == (2, "先")
    assert list(sheet.scores.values_list("criterion", "points", "reason")) == [
        (first.pk, 10, ""),
        (second.pk, None, "沒有教案"),
        (third.pk, 12, ""),
        (fourth.pk, 5, ""),
    ]
    assert judge_client.post(sheet_url(entry), merge).status_code == 409  # changed again meanwhile


def test_signing_saves_signs_and_goes_to_the_next_work(judge_client, entry, judge):
    following = make.make_entry(unit=make.make_unit(), work_code="BBBBBB")

    response = judge_client.post(sheet_url(entry), sheet_data(entry, 30, 20, None, 5, act="sign"))

    assert response.url == sheet_url(following)
    sheet = ScoreSheet.objects.get()
    assert (sheet.is_signed, sheet.signed_by) == (True, judge.user)
    page = _body(judge_client.get(sheet_url(entry)))
    assert "棄權理由：沒有教案" in page
    assert "收回簽名再改" in page
    assert 'id="score-sheet"' not in page


def test_a_signature_is_taken_back_on_the_page(judge_client, entry, judge):
    make.make_sheet(entry=entry, judge=judge.user, signed_at=DURING)
    url = reverse("competition:judging_unsign", args=[entry.work_code])

    assert "未變更。" in _body(judge_client.post(url, {"version": "x"}, follow=True))
    page = _body(judge_client.post(url, {"version": "1"}, follow=True))

    assert "AAAAAA 的簽名已收回" in page
    assert "再簽名之前這張評分表不計入" in page
    assert 'id="score-sheet"' in page
    assert not ScoreSheet.objects.get().is_signed


def test_a_judge_confirms_what_staff_entered(judge_client, entry, judge):
    staff = make.make_staff(name="陳承辦")
    make.make_sheet(entry=entry, judge=judge.user, is_proxy=True, entered_by=staff)
    assert "承辦人依您的紙本評分表代登。" in _body(judge_client.get(sheet_url(entry)))
    assert "代登待確認" in _body(judge_client.get(reverse("competition:judging_list")))

    url = reverse("competition:judging_confirm", args=[entry.work_code])
    page = _body(judge_client.post(url, {"version": "1"}, follow=True))

    assert "已確認代登的 AAAAAA 評分表。" in page
    assert "您已確認" in page
    assert ScoreSheet.objects.get().confirmed_at == DURING


def test_a_judge_who_resigns_sees_no_work_any_more(judge_client, entry, judge):
    url = reverse("competition:judging_resign", args=[judge.pk])
    assert judge_client.post(url, {"resign-reason": ""}).status_code == 422

    assert judge_client.post(url, {"resign-reason": "出國"}).url == reverse("portal:home")

    assert judge_client.get(reverse("competition:judging_list")).status_code == 403
    assert judge_client.get(sheet_url(entry)).status_code == 403
    assert "評審作業" not in _body(judge_client.get(reverse("portal:home")))


def test_a_panel_is_left_by_its_judge_only(judge_client, judge):
    other = Judge.objects.get(user=make.make_judge())

    url = reverse("competition:judging_resign", args=[other.pk])

    assert judge_client.post(url, {"resign-reason": "出國"}).status_code == 404


def test_the_queue_is_filtered_by_state_and_by_what_judges_see(judge_client, entry, judge):
    begun = make.make_entry(unit=make.make_unit(), title="另一件", work_code="BBBBBB")
    make.make_sheet(entry=begun, judge=judge.user, signed_at=None)

    def found(query):
        return [work.code for work in _list(judge_client, query).page]

    assert found("") == ["AAAAAA", "BBBBBB"]
    assert found("state=begun") == ["BBBBBB"]
    assert found("q=另一") == found("q=bbbbbb") == ["BBBBBB"]
    assert found("q=CANARY-RECEIPT") == found("q=金絲雀") == found("q=CANARY-UNIT") == []
    assert found("state=nonsense") == ["AAAAAA", "BBBBBB"]


def _list(client, query):
    return client.get(f"{reverse('competition:judging_list')}?{query}").context["queues"][0]


def test_a_judge_compares_the_own_scores_only(judge_client, entry, judge):
    others = [make.make_entry(unit=make.make_unit(), work_code=f"BBBBB{number}") for number in range(2)]
    make.make_sheet(entry=others[0], judge=judge.user, marks=(40, 30, 20, 5), signed_at=None)
    make.make_sheet(entry=others[1], judge=judge.user, marks=(30, 20, 10, 5))
    make.make_sheet(entry=entry, judge=judge.user, marks=(30, None, 10, 5), signed_at=None)
    make.make_sheet(entry=entry, judge=make.make_judge(), marks=(1, 2, 3, 4))

    queue = judge_client.get(sheet_url(others[0])).context["queue"]

    assert queue.own_totals == [(1, "BBBBB0", Decimal("95.0")), (2, "BBBBB1", Decimal("65.0"))]
    assert [(criterion.name, low, mean, high) for criterion, low, mean, high in queue.own_spread] == [
        ("內容", 30, Decimal("33.3"), 40),
        ("教學設計", 20, Decimal("25.0"), 30),
        ("媒體呈現", 10, Decimal("13.3"), 20),
        ("創意", 5, Decimal("5.0"), 5),
    ]


def test_the_own_reason_of_a_conflict_is_shown_that_of_staff_is_not(judge_client, entry, judge):
    other = make.make_entry(unit=make.make_unit(), work_code="BBBBBB")
    make.make_conflict(entry=entry, judge=judge.user, by=make.make_staff(), reason="金絲雀作者的親屬")
    make.make_conflict(entry=other, judge=judge.user, reason="曾指導這件")

    page = _body(judge_client.get(reverse("competition:judging_list")))

    assert "BBBBBB（曾指導這件）" in page
    assert "迴避 2 件" in page
    assert "金絲雀作者" not in page
    assert "AAAAAA" not in page


def test_the_rules_stand_before_the_judge(judge_client, entry):
    entry.competition.prizes.create(place=1, trophy=True, voucher_value=500, voucher_count=6)

    page = _body(judge_client.get(reverse("competition:judging_list")))

    for words in ("平均分數", "仍同分由主席裁定", "平均未達 70 分者從缺", "獎盃、獎狀、禮券 500 元 × 6 張"):
        assert words in page


def test_the_last_signature_leads_back_to_the_list(judge_client, entry):
    response = judge_client.post(sheet_url(entry), sheet_data(entry, 30, 20, 10, 5, act="sign"))

    assert response.url == reverse("competition:judging_list")


def test_an_unfinished_sheet_is_not_signed_and_not_half_saved(judge_client, entry):
    response = judge_client.post(sheet_url(entry), sheet_data(entry, 30, act="sign"))

    assert response.status_code == 422
    assert "還沒有評教學設計、媒體呈現、創意" in _body(response)
    assert not ScoreSheet.objects.exists()
    assert not Event.objects.filter(action="sheet.saved").exists()


def test_a_signed_sheet_takes_no_more_saves(judge_client, entry):
    judge_client.post(sheet_url(entry), sheet_data(entry, 30, 20, 10, 5, act="sign"))

    response = judge_client.post(save_url(entry), sheet_data(entry, 1, version=2))

    assert response.status_code == 422
    assert "這張評分表已簽名；要改請先收回簽名。" in _body(response)


def test_a_window_left_behind_is_shown_what_was_signed_not_what_it_typed(judge_client, entry, judge):
    make.make_sheet(entry=entry, judge=judge.user, marks=(33, 21, 15, 7))

    response = judge_client.post(
        sheet_url(entry), sheet_data(entry, 33, 20, 15, 7, version=1, act="sign"), follow=True
    )

    page = " ".join(strip_tags(_body(response)).split())
    assert response.status_code == 422
    assert "未簽名。這張評分表已簽名；要改請先收回簽名。" in page
    assert "教學設計 配分 3021.0" in page
    assert response.context["subtotal"]["sum"] == 76


def test_standing_back_takes_the_work_away(judge_client, entry, judge):
    make.make_sheet(entry=entry, judge=judge.user)

    url = reverse("competition:judging_conflict", args=[entry.work_code])
    assert judge_client.post(url, {"conflict-reason": ""}).status_code == 422
    response = judge_client.post(url, {"conflict-reason": "親屬"}, follow=True)

    assert Conflict.objects.get().reason == "親屬"
    assert codes(response) == []
    assert "迴避 1 件" in _body(response)
    assert ScoreSheet.objects.exists()


def test_a_judge_of_two_groups_has_two_queues(judge_client, entry, judge):
    Judge.objects.create(
        group=entry.competition.groups.get(key=CompetitionGroup.COUNTY_AND_SCHOOL), user=judge.user
    )

    response = judge_client.get(reverse("competition:judging_list"))

    assert [str(queue.judge.group) for queue in response.context["queues"]] == ["機關組", "本府暨學校組"]


@pytest.mark.parametrize("count", [1, 3])
def test_queue_and_sheet_query_count(judge_client, entry, judge, count, django_assert_num_queries):
    for number in range(count - 1):
        other = make.make_entry(unit=make.make_unit(), work_code=f"BBBBB{number}")
        make.make_sheet(entry=other, judge=judge.user)
    make.make_sheet(entry=entry, judge=judge.user, signed_at=None)

    with django_assert_num_queries(17):
        assert len(codes(judge_client.get(reverse("competition:judging_list")))) == count
    with django_assert_num_queries(19):
        judge_client.get(sheet_url(entry))


@pytest.mark.parametrize("signed_first", [True, False])
def test_a_conflict_declared_while_the_form_is_open_refuses_the_save(
    judge_client, entry, judge, signed_first
):
    make.make_sheet(entry=entry, judge=judge.user, signed_at=DURING if signed_first else None)
    actions.declare_conflict(judge=judge, entry=entry, reason="親屬", by=judge.user, at=DURING)

    assert judge_client.post(save_url(entry), sheet_data(entry, 1, version=1)).status_code == 404
    assert ScoreSheet.objects.get().version == 1


def test_a_long_queue_is_paged_and_its_strip_stays_around_the_work(judge_client, entry, judge):
    for number in range(102):
        make.make_entry(unit=make.make_unit(), work_code=f"B{number:05}")

    first = judge_client.get(reverse("competition:judging_list"))
    second = judge_client.get(reverse("competition:judging_list") + "?page=2")
    strip = judge_client.get(reverse("competition:judging_sheet", args=["B00050"])).context["strip"]

    assert [len(page.context["queues"][0].page) for page in (first, second)] == [100, 3]
    assert [strip[0].code, strip[-1].code, len(strip)] == ["B00030", "B00069", 40]
