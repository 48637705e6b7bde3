"""A judge's pages: nothing that names a unit or an author, nothing of works that are not theirs to score."""

import zipfile
from datetime import date
from decimal import Decimal
from io import BytesIO
from itertools import combinations
from urllib.parse import quote

import pytest
import time_machine
from django.urls import NoReverseMatch, reverse

from agencies.models import CompetitionGroup
from competition import actions
from competition.models import Author, Conflict, Entry, Judge, ScoreSheet
from foundation.models import Event
from tests import factories as make
from tests.factories import taipei
from tests.permissions.test_permissions import routes

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


# Blind ----------------------------------------------------------------------------------------


QUERIES = ("", "?q=金絲雀", "?sort=-receipt&group=agency", "?state=submitted&unit=CANARY-UNIT")


def test_a_judge_finds_no_canary_on_any_page(judge_client, entry, judge):
    make.make_sheet(entry=entry, judge=judge.user, marks=(30, 20), signed_at=None)
    arguments = {
        "code": entry.work_code,
        "pk": entry.pk,
        "group_pk": judge.group_id,
        "file_pk": entry.files.first().pk,
        "position": 2,
        "fmt": "xlsx",
        "conflict_pk": 1,
    }
    opened = set()
    for name in sorted(routes()):
        for url in _urls(name, arguments):
            for query in QUERIES:
                response = judge_client.get(url + query)
                text = str(response.headers) + _body(response)
                for asked in ("q=金絲雀", "unit=CANARY-UNIT"):  # the own question in a link
                    text = text.replace(asked, "").replace(quote(asked, safe="="), "")
                assert [canary for canary in CANARIES if canary in text] == [], (name, query)
                if response.status_code == 200:
                    opened.add(name)
    own = {name for name in opened if name.startswith("competition:")}
    assert own == {
        "competition:judging_file",
        "competition:judging_list",
        "competition:judging_sheet",
        "competition:result_list",
    }


def _urls(name, arguments):
    """The route's address with whichever of these arguments it takes."""
    for count in range(3):
        for names in combinations(arguments, count):
            try:
                yield reverse(name, kwargs={each: arguments[each] for each in names})
            except NoReverseMatch:
                continue


def _body(response):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("utf-8", errors="replace")


def test_the_canary_is_there_for_who_may_see_it(client, entry):
    client.force_login(make.make_staff())

    text = _body(client.get(entry.get_absolute_url()))

    assert [canary for canary in CANARIES if canary not in text] == ["CANARY-UNIT"]


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


def test_two_windows_the_second_gets_both_versions_and_nothing_is_lost(judge_client, entry):
    judge_client.post(save_url(entry), sheet_data(entry, 30, comment="<b>先</b>"))

    response = judge_client.post(save_url(entry), sheet_data(entry, 10, comment="後"))

    page = _body(response)
    assert response.status_code == 409
    assert "已儲存的：內容 30" in page
    assert "&lt;b&gt;先&lt;/b&gt;" in page
    assert 'name="stored_version" value="1"' in page
    assert ScoreSheet.objects.get().scores.get().points == 30


def test_without_script_a_conflict_keeps_the_typed_values_and_lets_the_judge_choose(judge_client, entry):
    judge_client.post(save_url(entry), sheet_data(entry, 30))
    mine = sheet_data(entry, 10, comment="我的")

    response = judge_client.post(sheet_url(entry), {**mine, "act": "save"})
    page = _body(response)
    assert response.status_code == 409
    assert 'value="10"' in page
    assert "我的" in page

    judge_client.post(sheet_url(entry), {**mine, "act": "overwrite", "stored_version": "1"})
    assert ScoreSheet.objects.get().scores.get().points == 10


def test_signing_saves_signs_and_goes_to_the_next_work(judge_client, entry, judge):
    following = make.make_entry(unit=make.make_unit(), work_code="BBBBBB")

    response = judge_client.post(sheet_url(entry), sheet_data(entry, 30, 20, None, 5, act="sign"))

    assert response.url == sheet_url(following)
    sheet = ScoreSheet.objects.get()
    assert (sheet.is_signed, sheet.signed_by) == (True, judge.user)
    page = _body(judge_client.get(sheet_url(entry)))
    assert "簽名後不能再改" in page
    assert 'id="score-sheet"' not in page


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

    with django_assert_num_queries(12):
        assert len(codes(judge_client.get(reverse("competition:judging_list")))) == count
    with django_assert_num_queries(17):
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
