"""Scoring without a line: the ZIP of neutral works, the sheet out and back, and paper sheets by staff."""

import io
import zipfile
from decimal import Decimal

import pytest
import time_machine
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from competition import actions, offline
from competition.models import Judge, ScoreSheet
from foundation.errors import Refused
from foundation.models import Event
from foundation.sheets import Column, read_table, write_table
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db
DURING = taipei(2016, 7, 10)
COLUMNS = ["作品代碼", "作品名稱", "內容", "教學設計", "媒體呈現", "創意", "棄權理由", "評語"]


@pytest.fixture
def entry():
    return make.make_entry(unit=make.make_unit(), title="看得到的作品", work_code="AAAAAA")


@pytest.fixture
def judge(entry):
    return Judge.objects.select_related("user", "group").get(user=make.make_judge())


@pytest.fixture
def judge_client(client, judge):
    client.force_login(judge.user)
    with time_machine.travel(DURING, tick=False):
        yield client


def url(name, judge, *more):
    return reverse(f"competition:{name}", args=[judge.pk, *more])


def body(response):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode(errors="replace")


def table(content, name):
    columns = [Column(key=title, title=title) for title in COLUMNS]
    return [list(row.cells.values()) for row in read_table(content, name, columns=columns)]


def upload(client, judge, *rows, fmt="xlsx"):
    content = write_table(fmt, title="評分表", columns=COLUMNS, rows=rows).content
    return client.post(url("judging_upload", judge), {"file": SimpleUploadedFile(f"評分表.{fmt}", content)})


def confirm(client, judge, sealed):
    return client.post(url("judging_upload_confirm", judge), {"drafts": sealed}, follow=True)


def stored():
    sheet = ScoreSheet.objects.get()
    return list(sheet.scores.values_list("criterion__name", "points", "reason")), sheet.comment


@pytest.mark.parametrize("fmt", ["xlsx", "ods"])
def test_the_sheet_comes_with_codes_and_the_marks_so_far(judge_client, entry, judge, fmt):
    make.make_entry(unit=make.make_unit(), title="第二件", work_code="BBBBBB")
    make.make_sheet(entry=entry, judge=judge.user, marks=("34.5", None), signed_at=None, comment="清楚")
    make.make_sheet(entry=entry, judge=make.make_judge(), marks=(1, 2, 3, 4), comment="別人的")

    response = judge_client.get(url("judging_offline_sheet", judge, fmt))

    assert table(response.content, f"a.{fmt}") == [
        ["AAAAAA", "看得到的作品", 34.5, "棄權", None, None, None, "清楚"],
        ["BBBBBB", "第二件", None, None, None, None, None, None],
    ]


def test_the_archive_holds_the_sheet_and_neutral_files(judge_client, entry, judge):
    make.make_entry_file(entry=entry, name="竹崎鄉公所.txt", content=b"words")
    hidden = make.make_entry(unit=make.make_unit(), work_code="CCCCCC")
    make.make_entry_file(entry=hidden, name="b.txt", content=b"other")
    make.make_conflict(entry=hidden, judge=judge.user)

    response = judge_client.get(url("judging_archive", judge))

    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
        assert archive.testzip() is None
        names = ["評分表.xlsx", "評分表.ods", "AAAAAA/AAAAAA-1.txt"]
        assert [member.filename for member in archive.infolist()] == names
        assert archive.read("AAAAAA/AAAAAA-1.txt") == b"neutral"
        assert table(archive.read("評分表.xlsx"), "a.xlsx")[0][:2] == ["AAAAAA", "看得到的作品"]


def test_a_filled_in_sheet_is_previewed_then_kept_as_drafts(judge_client, entry, judge):
    make.make_sheet(entry=entry, judge=judge.user, marks=(30, 20), signed_at=None, comment="先")

    row = ["aaaaaa", "", "３４．５", None, "棄權", 5, "沒有教案", ""]
    page = upload(judge_client, judge, row)
    assert page.status_code == 200
    assert page.context["drafts"][0].changes == [
        ("內容", "30.0", "34.5"),
        ("媒體呈現棄權理由", "（空白）", "沒有教案"),
        ("媒體呈現", "未評", "棄權"),
        ("創意", "未評", "5.0"),
    ]
    assert ScoreSheet.objects.get().version == 1

    assert "已存成 1 件草稿" in body(confirm(judge_client, judge, page.context["sealed"]))
    assert stored() == (
        [
            ("內容", Decimal("34.5"), ""),
            ("教學設計", 20, ""),
            ("媒體呈現", None, "沒有教案"),
            ("創意", 5, ""),
        ],
        "先",
    )
    assert not ScoreSheet.objects.get().is_signed


def test_rows_that_cannot_be_used_say_why(judge_client, entry, judge):
    other = make.make_entry(unit=make.make_unit(), work_code="BBBBBB")
    make.make_sheet(entry=other, judge=judge.user)
    empty = [None] * 6

    page = upload(
        judge_client,
        judge,
        ["AAAAAA", None, 41, *empty[:5]],
        ["AAAAAA", None, 30, *empty[:5]],
        ["BBBBBB", None, 40, *empty[:5]],
        ["ZZZZZZ", None, 30, *empty[:5]],
    )

    assert [(draft.number, draft.refusal) for draft in page.context["drafts"]] == [
        (2, "內容「41」不可超過 40。"),
        (3, "同一件作品出現兩列。"),
        (4, "這件已簽名；要改請先在線上收回簽名。"),
        (5, "沒有這個作品代碼，或不在您的評審清單。"),
    ]
    assert "存成" not in body(page).replace("確認後存成草稿", "")


def test_a_sheet_without_changes_and_a_wrong_file_are_told(judge_client, entry, judge):
    assert "沒有要變更的" in body(upload(judge_client, judge, ["AAAAAA", *[None] * 7]))
    wrong = judge_client.post(
        url("judging_upload", judge), {"file": SimpleUploadedFile("a.xlsx", b"no sheet")}
    )
    assert wrong.status_code == 422
    assert "未讀取。" in body(wrong)


def test_who_comes_back_to_the_address_finds_the_form(judge_client, entry, judge):
    page = body(judge_client.get(url("judging_upload_confirm", judge), follow=True))

    assert "選擇離線填好的 XLSX、ODS 或 CSV。" in page
    assert "沒有要變更的" not in page
    assert ('name="file"' in page, not ScoreSheet.objects.exists()) == (True, True)


def test_what_changed_since_the_preview_is_not_overwritten(judge_client, entry, judge):
    page = upload(judge_client, judge, ["AAAAAA", None, 30, *[None] * 5])
    make.make_sheet(entry=entry, judge=judge.user, marks=(10,), signed_at=None)

    response = confirm(judge_client, judge, page.context["sealed"])

    assert response.status_code == 422
    assert "作品 AAAAAA：這張評分表在別的視窗另有更新" in body(response)
    assert stored()[0] == [("內容", 10, "")]


def test_a_preview_is_for_its_own_judge_and_unchanged(client, judge_client, entry, judge):
    sealed = upload(judge_client, judge, ["AAAAAA", None, 30, *[None] * 5]).context["sealed"]
    other = Judge.objects.get(user=make.make_judge())

    assert confirm(judge_client, other, sealed).status_code == 404
    assert "這份預覽已過期" in body(confirm(judge_client, judge, sealed[:-2]))
    client.force_login(other.user)
    assert "這份預覽已過期" in body(confirm(client, other, sealed))
    assert not ScoreSheet.objects.exists()


def test_what_the_page_carries_names_works_by_their_code_alone(judge_client, entry, judge):
    sealed = upload(judge_client, judge, ["AAAAAA", None, 30, *[None] * 5]).context["sealed"]

    _, drafts = signing.loads(sealed, salt=offline.SALT)
    assert [{name: draft[name] for name in ("work", "version")} for draft in drafts] == [
        {"work": "AAAAAA", "version": 0}
    ]
    assert set(drafts[0]) == {"work", "points", "reasons", "comment", "version"}


def test_a_conflict_declared_since_the_preview_takes_the_row_out(judge_client, entry, judge):
    sealed = upload(judge_client, judge, ["AAAAAA", None, 30, *[None] * 5]).context["sealed"]
    make.make_conflict(entry=entry, judge=judge.user)

    assert "有 1 件作品已不在您的評審清單" in body(confirm(judge_client, judge, sealed))


def test_after_the_round_nothing_is_kept(judge_client, entry, judge):
    sealed = upload(judge_client, judge, ["AAAAAA", None, 30, *[None] * 5]).context["sealed"]
    type(entry.competition).objects.update(judging_ends_on=DURING.date())

    with time_machine.travel(taipei(2016, 7, 11), tick=False):
        page = body(confirm(judge_client, judge, sealed))

    assert "評審已於7月10日（日）24:00 截止" in page
    assert not ScoreSheet.objects.exists()


# Paper sheets --------------------------------------------------------------------------------------


def marks(entry, *values):
    criteria = entry.competition.criteria.all()
    return {c.pk: Decimal(value) for c, value in zip(criteria, values, strict=False)}


def enter(entry, judge, *values, by=None, at=DURING):
    staff = by or make.make_staff()
    return actions.enter_sheet(
        judge=judge, entry=entry, points=marks(entry, *values), comment="紙本", by=staff, at=at
    )


def refused(*args, **kwargs):
    events = Event.objects.count()
    with pytest.raises(Refused) as caught:
        enter(*args, **kwargs)
    assert Event.objects.count() == events
    return str(caught.value)


def test_staff_enter_a_paper_sheet_also_after_the_round_and_the_judge_is_told(entry, judge):
    staff = make.make_staff()
    type(entry.competition).objects.update(judging_ends_on=DURING.date())

    sheet = enter(entry, judge, 30, 20, 10, by=staff, at=taipei(2016, 7, 15))

    assert (sheet.is_signed, sheet.signed_by, sheet.is_proxy, sheet.entered_by) == (
        True,
        judge.user,
        True,
        staff,
    )
    assert sheet.awaits_judge
    assert stored()[0] == [("內容", 30, ""), ("教學設計", 20, ""), ("媒體呈現", 10, ""), ("創意", None, "")]
    assert [notice.text for notice in judge.user.notices.all()] == [
        "承辦人已依紙本代登您的評分表，請到「評審作業」核對並確認。"
    ]


def test_a_corrected_paper_sheet_waits_for_confirmation_again(entry, judge):
    enter(entry, judge, 30, 20, 10, 5)
    ScoreSheet.objects.update(confirmed_at=DURING)

    sheet = enter(entry, judge, 31, 20, 10, 5)

    assert (sheet.version, sheet.awaits_judge, stored()[0][0]) == (2, True, ("內容", 31, ""))


def test_who_may_not_be_entered(entry, judge):
    other = Judge.objects.select_related("user", "group").get(user=make.make_judge(group="county_and_school"))
    assert refused(entry, other, 30) == "測試評審不在機關組的評審名單。"
    assert refused(entry, judge, 41) == "內容須在 0 至 40 分之間。"
    own = Judge.objects.select_related("user", "group").get(user=make.make_judge(unit=entry.unit.unit))
    assert refused(entry, own, 30) == "評審不評自己機關的作品。"
    make.make_sheet(entry=entry, judge=judge.user)
    assert refused(entry, judge, 30) == "這位評審已在線上簽名，不能以代登覆蓋。"
    make.make_result(group=judge.group)
    assert refused(entry, judge, 30) == "機關組的結果已定案，評分表不能再變更。"
    type(entry).objects.update(state="withdrawn")
    assert refused(entry, judge, 30) == "這件作品已撤回，不能評分。"


def test_a_paper_sheet_is_entered_on_the_page_one_after_the_other(client, entry, judge):
    client.force_login(make.make_staff())
    page = reverse("competition:sheet_enter")
    data = {"judge": judge.pk, "work": "aaaaaa", "comment": "紙本"}
    data |= {f"marks_{pk}": "10" for pk in marks(entry, 1, 1, 1, 1)}

    assert "沒有收件編號或作品代碼為「x」的作品。" in body(client.post(page, {**data, "work": "x"}))
    response = client.post(page, data, follow=True)

    assert "已代登測試評審對" in body(response)
    assert f'<option value="{judge.pk}" selected' in body(response)
    assert "待評審確認" in body(client.get(reverse("competition:sheet_list")))


def test_imported_sheets_ask_their_judges_to_confirm(entry, judge):
    from chiayi_elearn.demo.files import import_rows

    quiet = make.make_judge()

    import_rows(
        "scores",
        entry.competition.programme,
        [(entry.receipt, judge.user.username, 30, 20, 10, 5, "")],
        by=make.make_staff(),
        at=DURING,
    )

    assert judge.user.notices.count() == 1
    assert quiet.notices.count() == 0
    assert ScoreSheet.objects.get().awaits_judge
