"""The files of paper works and of offline score sheets."""

from datetime import date
from decimal import Decimal

import pytest

from agencies.models import Category, CompetitionGroup, Programme
from competition.imports import EntryImporter, ScoreImporter
from competition.models import Author, Entry, Judge, ResultSet, Score, ScoreSheet, Topic
from competition.standings import standings
from foundation import importing
from foundation.errors import Refused
from foundation.models import ImportBatch
from tests import factories as make
from tests.factories import taipei

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
AT = taipei(2016, 8, 1, 9)
ENTRY_HEADER = "收件編號,機關代碼,主題,作品名稱,作者,送件日期"
SCORE_HEADER = "收件編號,評審,內容,教學設計,媒體呈現,創意,評語"


@pytest.fixture
def unit():
    return make.make_unit(code="10010140")


@pytest.fixture
def staff():
    return make.make_staff()


@pytest.fixture
def competition(unit):
    return make.make_competition(programme=unit.programme)


def csv(header, *rows):
    return "\n".join([header, *rows]).encode()


def run(importer, header, *rows, by=None):
    return importing.run(importer, content=csv(header, *rows), filename="file.csv", by=by, at=AT)


def entries(competition, *rows, by=None):
    return run(EntryImporter(competition.programme), ENTRY_HEADER, *rows, by=by)


def scores(competition, *rows, by=None, header=SCORE_HEADER):
    return run(ScoreImporter(competition.programme), header, *rows, by=by)


def outcomes(plan):
    return [row.outcome for row in plan.rows]


# Works on paper and disc ----------------------------------------------------------------------


def test_a_work_is_registered_as_handed_in_on_its_day(competition, unit, staff):
    plan = entries(
        competition, "紙-001,１００１０１４０,為民服務,火災後三十天,林堃峯、游喆,105/6/30", by=staff
    )

    entry = Entry.objects.get()
    assert plan.refusals == []
    assert (entry.receipt, entry.unit, entry.title) == ("紙-001", unit, "火災後三十天")
    assert (entry.state, entry.medium) == (Entry.State.SUBMITTED, Entry.Medium.PAPER_OR_DISC)
    assert (entry.submitted_at, entry.created_by, entry.created_at) == (taipei(2016, 6, 30, 12), staff, AT)
    assert list(entry.authors.values_list("position", "name")) == [(1, "林堃峯"), (2, "游喆")]
    assert entry.work_code != entry.receipt


@pytest.mark.parametrize(("day", "in_time"), [("105/7/1", True), ("105/7/2", False)])
def test_after_the_deadline_it_is_taken_but_late(competition, day, in_time):
    plan = entries(competition, f"A1,10010140,為民服務,作品,甲,{day}")

    assert Entry.objects.in_time().exists() is in_time
    assert Entry.objects.count() == 1
    assert plan.rows[0].notes == (
        [] if in_time else ["送件日期在繳交期限之後，列為逾期；機關獲准延期者除外。"]
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "A1,10010140,為民服務,作品,甲,105/2/29",
            "第 2 列「送件日期」：不在計畫期間（民國105年3月1日至9月30日）內。",
        ),
        (
            "A1,10010140,為民服務,作品,甲,105/10/1",
            "第 2 列「送件日期」：不在計畫期間（民國105年3月1日至9月30日）內。",
        ),
        ("A1,999,為民服務,作品,甲,105/6/1", "第 2 列「機關代碼」：105年度沒有代碼「999」的機關。"),
        (
            "A1,10010140,人事業務,作品,甲,105/6/1",
            "第 2 列「主題」：機關組沒有「人事業務」這個主題；限定主題：為民服務。",
        ),
        (
            "A1,OTHER,為民服務,作品,甲,105/6/1",
            "第 2 列「機關代碼」：「其他機關」不在任何競賽組別，不能參賽。",
        ),
        (",10010140,為民服務,作品,甲,105/6/1", "第 2 列「收件編號」：沒有填寫。"),
        ("A1,10010140,為民服務,作品,,105/6/1", "第 2 列「作者」：沒有填寫。"),
        ("A1,10010140,為民服務,作品,、,105/6/1", "第 2 列「作者」：沒有填作者姓名。"),
        ("A1,10010140,為民服務,作品,甲、甲,105/6/1", "第 2 列「作者」：同一位作者寫了兩次。"),
    ],
)
def test_a_bad_row_is_refused_and_nothing_is_written(competition, row, message):
    make.make_unit(code="OTHER", name="其他機關", category=Category.OTHER)

    plan = entries(competition, row, "A2,10010140,為民服務,好的,乙,105/6/1")

    assert plan.refusals == [message]
    assert not Entry.objects.exists()


def test_a_receipt_stands_once_in_a_file(competition):
    plan = entries(competition, "A1,10010140,為民服務,一,甲,105/6/1", "A1,10010140,為民服務,二,乙,105/6/1")

    assert plan.refusals == ["第 3 列：與第 2 列重複，同一筆資料在檔案中只能出現一次。"]


def test_a_year_without_a_competition_refuses_by_row(unit):
    plan = run(EntryImporter(unit.programme), ENTRY_HEADER, "A1,10010140,為民服務,一,甲,105/6/1")

    assert plan.refusals == ["第 2 列：105年度尚未設定競賽。"]


def test_the_same_file_again_changes_nothing(competition):
    row = "A1,10010140,為民服務,作品,甲、乙,105/6/30"
    entries(competition, row)

    assert outcomes(entries(competition, row)) == ["unchanged"]


def test_a_changed_row_shows_and_writes_its_differences(competition):
    entries(competition, "A1,10010140,為民服務,作品,甲、乙,105/6/30")

    plan = entries(competition, "A1,10010140,為民服務,新名,甲、丙、丁,105/6/29")

    entry = Entry.objects.get()
    assert outcomes(plan) == ["changed"]
    assert ["作品名稱", "作品", "新名"] in plan.rows[0].differences
    assert ["作者", "甲、乙", "甲、丙、丁"] in plan.rows[0].differences
    assert (entry.title, entry.submitted_at) == ("新名", taipei(2016, 6, 29, 12))
    assert list(entry.authors.values_list("name", flat=True)) == ["甲", "丙", "丁"]


def test_a_work_with_sheets_keeps_its_unit_and_its_group(competition, unit):
    make.make_unit(programme=unit.programme, code="B1", category="township")
    make.make_unit(programme=unit.programme, code="S1", category="school")
    entries(competition, "A1,10010140,為民服務,作品,甲,105/6/30")
    make.make_sheet(entry=Entry.objects.get(), judge=make.make_judge())

    assert entries(competition, "A1,B1,為民服務,作品,甲,105/6/30").refusals == [
        "第 2 列「機關代碼」：這件作品已有評分表，不能改列別的機關。"
    ]
    other_group = competition.groups.get(key=CompetitionGroup.COUNTY_AND_SCHOOL)
    Topic.objects.create(group=other_group, name="人事業務")
    unit.competition_group = other_group.key
    unit.save()
    assert entries(competition, "A1,10010140,人事業務,作品,甲,105/6/30").refusals == [
        "第 2 列「主題」：這件作品已有評分表，不能改列別組的主題。"
    ]
    assert outcomes(entries(competition, "A1,10010140,為民服務,新名,甲,105/6/30")) == ["changed"]


def test_the_same_file_after_the_unit_left_its_group_changes_nothing(competition, unit):
    row = "A1,10010140,為民服務,作品,甲,105/6/30"
    entries(competition, row)
    unit.competition_group = ""
    unit.save()

    assert outcomes(entries(competition, row)) == ["unchanged"]


def test_an_author_is_not_dropped_by_a_file(competition):
    entries(competition, "A1,10010140,為民服務,作品,甲、乙,105/6/30")

    assert entries(competition, "A1,10010140,為民服務,作品,甲,105/6/30").refusals == [
        "第 2 列「作者」：已登錄 2 位作者，檔案只有 1 位；要移除作者請在作品頁面修改。"
    ]


def test_a_work_handed_in_online_is_left_alone(competition, unit):
    entry = make.make_entry(unit=unit, receipt="105-A-0001", title="作品")
    Author.objects.create(entry=entry, position=1, name="甲")

    same = "105-A-0001,10010140,為民服務,作品,甲,105/7/1"
    assert outcomes(entries(competition, same)) == ["unchanged"]
    assert entries(competition, same.replace("作品", "別的")).refusals == [
        "第 2 列「收件編號」：這個收件編號是線上送件的作品，請在作品頁面修改。"
    ]


def test_a_work_taken_out_is_not_changed_by_a_file(competition):
    entries(competition, "A1,10010140,為民服務,作品,甲,105/6/30")
    Entry.objects.update(state=Entry.State.DISQUALIFIED, state_reason="抄襲")

    assert entries(competition, "A1,10010140,為民服務,新名,甲,105/6/30").refusals == [
        "第 2 列「收件編號」：這件作品取消資格，不能再變更。"
    ]


def finalise(competition):
    ResultSet.objects.create(
        group=competition.groups.get(key="agency"),
        number=1,
        payload={},
        sha256="",
        release_at=AT,
        finalised_by=make.make_staff(),
        finalised_at=AT,
    )


def test_a_final_group_takes_no_works(competition):
    finalise(competition)

    assert entries(competition, "A1,10010140,為民服務,作品,甲,105/6/30").refusals == [
        "第 2 列：機關組的結果已定案，不能再變更。"
    ]


def test_a_frozen_year_takes_no_file(competition):
    Programme.objects.update(state=Programme.State.FROZEN)

    with pytest.raises(Refused, match="105年度已凍結"):
        entries(competition, "A1,10010140,為民服務,作品,甲,105/6/30")


def test_what_is_exported_imports_as_unchanged(competition, unit):
    entries(competition, "A1,10010140,為民服務,作品,甲、乙,105/6/30", "A2,10010140,為民服務,二,丙,105/7/9")
    exported = importing.write_export(EntryImporter(unit.programme), "xlsx")

    plan = importing.run(
        EntryImporter(unit.programme), content=exported.content, filename="entries.xlsx", by=None, at=AT
    )

    assert outcomes(plan) == ["unchanged", "unchanged"]


def test_a_batch_is_undone_while_nothing_depends_on_it(competition, unit, staff):
    importer = EntryImporter(unit.programme)
    content = csv(ENTRY_HEADER, "A1,10010140,為民服務,作品,甲,105/6/30")
    batch = importing.preview(importer, content=content, filename="f.csv", by=staff, at=AT)
    importing.confirm(batch, importer, by=staff, at=AT)
    make.make_sheet(entry=Entry.objects.get(), judge=make.make_judge(), signed_at=None)

    batch.refresh_from_db()
    with pytest.raises(Refused, match="不能復原"):
        importing.undo(batch, importer, by=staff, at=AT)
    Score.objects.all().delete()
    ScoreSheet.objects.all().delete()
    importing.undo(batch, importer, by=staff, at=AT)
    assert not Entry.objects.exists()
    assert ImportBatch.objects.get().state == ImportBatch.State.UNDONE


@pytest.mark.parametrize("count", [1, 30])
def test_importing_works_takes_a_fixed_number_of_queries(competition, count, django_assert_max_num_queries):
    rows = [f"A{n},10010140,為民服務,作品{n},甲、乙,105/6/30" for n in range(count)]

    with django_assert_max_num_queries(24):
        entries(competition, *rows)
    assert Entry.objects.count() == count


# Score sheets filled in offline -----------------------------------------------------------------


@pytest.fixture
def entry(unit, competition):
    return make.make_entry(unit=unit, receipt="A1")


@pytest.fixture
def judge(competition):
    return make.make_judge(user=make.make_user(username="chou", name="周評審"))


def test_a_sheet_is_signed_and_named_as_entered_by_staff(competition, entry, judge, staff):
    plan = scores(competition, "A1,CHOU,34.5,25,１６.５,0,清楚好懂", by=staff)

    sheet = ScoreSheet.objects.get()
    assert plan.refusals == []
    assert (sheet.entry, sheet.judge.user, sheet.comment) == (entry, judge, "清楚好懂")
    assert (sheet.signed_at, sheet.signed_by, sheet.is_proxy, sheet.entered_by) == (AT, judge, True, staff)
    assert list(sheet.scores.values_list("points", flat=True)) == [
        Decimal("34.5"),
        Decimal("25"),
        Decimal("16.5"),
        Decimal("0"),
    ]


def test_the_work_code_names_the_work_too(competition, entry, judge):
    scores(competition, f"{entry.work_code.lower()},chou,30,20,10,5,")

    assert ScoreSheet.objects.get().entry == entry


def test_an_empty_criterion_is_an_abstention_and_the_sheet_does_not_count(competition, entry, judge):
    plan = scores(competition, "A1,chou,30,,10,5,")

    assert plan.rows[0].notes == ["有棄權的項目，這張評分表不計入排名。"]
    assert list(Score.objects.values_list("points", flat=True)) == [30, None, 10, 5]
    assert standings(competition)[0].ranking[0].sheets == 0


def test_criteria_are_found_by_name_in_any_order_and_comments_may_be_left_out(competition, entry, judge):
    scores(competition, "chou,A1,5,10,20,30", header="評審,收件編號,創意,媒體呈現,教學設計,內容")

    assert list(Score.objects.values_list("criterion__name", "points")) == [
        ("內容", 30),
        ("教學設計", 20),
        ("媒體呈現", 10),
        ("創意", 5),
    ]


def test_a_criterion_without_a_column_is_refused(competition, entry, judge):
    with pytest.raises(Refused, match="創意"):
        scores(competition, "A1,chou,30,20,10", header="收件編號,評審,內容,教學設計,媒體呈現")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("A1,chou,40.5,20,10,5,", "第 2 列「內容」：內容「40.5」不可超過 40。"),
        ("A1,chou,-1,20,10,5,", "第 2 列「內容」：內容「-1」不可為負數。"),
        ("A1,chou,30.3,20,10,5,", "第 2 列「內容」：內容「30.3」須以 0.5 為單位。"),
        ("A1,chou,三十,20,10,5,", "第 2 列「內容」：內容「三十」不是數字。"),
        ("ZZ,chou,30,20,10,5,", "第 2 列「收件編號」：沒有收件編號或作品代碼為「ZZ」的作品。"),
        ("A1,nobody,30,20,10,5,", "第 2 列「評審」：「nobody」不在機關組的評審名單。"),
        ("A1,other,30,20,10,5,", "第 2 列「評審」：「other」不在機關組的評審名單。"),
    ],
)
def test_a_bad_sheet_is_refused(competition, entry, judge, row, message):
    make.make_judge(user=make.make_user(username="other"), group=CompetitionGroup.COUNTY_AND_SCHOOL)

    assert scores(competition, row).refusals == [message]
    assert not ScoreSheet.objects.exists()


def test_conflict_and_own_unit_are_refused(competition, entry, judge):
    make.make_conflict(entry=entry, judge=judge)
    assert scores(competition, "A1,chou,30,20,10,5,").refusals == ["第 2 列「評審」：評審已迴避這件作品。"]

    Judge.objects.update(unit=entry.unit.unit)
    assert scores(competition, "A1,chou,30,20,10,5,").refusals == [
        "第 2 列「評審」：評審不評自己機關的作品。"
    ]


@pytest.mark.parametrize(
    ("state", "name"),
    [(Entry.State.WITHDRAWN, "已撤回"), (Entry.State.DISQUALIFIED, "取消資格")],
)
def test_a_work_taken_out_takes_no_sheet(competition, entry, judge, state, name):
    Entry.objects.update(state=state, state_reason="理由")

    assert scores(competition, "A1,chou,30,20,10,5,").refusals == [
        f"第 2 列「收件編號」：這件作品{name}，不能評分。"
    ]


def test_a_final_group_takes_no_sheets(competition, entry, judge):
    finalise(competition)

    assert scores(competition, "A1,chou,30,20,10,5,").refusals == [
        "第 2 列：機關組的結果已定案，不能再變更。"
    ]


def test_receipt_and_work_code_are_one_work(competition, entry, judge):
    plan = scores(competition, "A1,chou,30,20,10,5,", f"{entry.work_code},chou,20,20,10,5,")

    assert plan.refusals == ["第 3 列：與第 2 列是同一位評審對同一件作品的評分表。"]


def test_a_proxy_sheet_may_be_corrected_and_the_same_again_changes_nothing(competition, entry, judge, staff):
    scores(competition, "A1,chou,30,20,10,5,好")
    assert outcomes(scores(competition, "A1,chou,30,20,10,5,好")) == ["unchanged"]

    plan = scores(competition, "A1,chou,31,,10,5,好", by=staff)

    sheet = ScoreSheet.objects.get()
    assert plan.rows[0].differences == [["內容", "30.0", "31.0"], ["教學設計", "20.0", "（棄權）"]]
    assert (sheet.version, sheet.entered_by) == (2, staff)
    assert list(sheet.scores.values_list("points", flat=True)) == [31, None, 10, 5]


def test_a_draft_of_the_judge_is_completed_from_paper(competition, entry, judge):
    make.make_sheet(entry=entry, judge=judge, marks=(30,), signed_at=None)

    plan = scores(competition, "A1,chou,30,20,10,5,")

    assert plan.rows[0].differences == [
        ["教學設計", "（未評）", "20.0"],
        ["媒體呈現", "（未評）", "10.0"],
        ["創意", "（未評）", "5.0"],
        ["狀態", "評分中", "已簽名（代登）"],
    ]
    assert ScoreSheet.objects.get().is_proxy


def test_a_sheet_that_the_judge_signed_is_not_overwritten(competition, entry, judge):
    make.make_sheet(entry=entry, judge=judge, marks=(30, 20, 10, 5))

    assert outcomes(scores(competition, "A1,chou,30,20,10,5,")) == ["unchanged"]
    assert scores(competition, "A1,chou,40,20,10,5,").refusals == [
        "第 2 列「評審」：這位評審已在線上簽名，不能以檔案覆蓋。"
    ]


def test_before_the_deadline_staff_may_still_enter_sheets(competition, entry, judge):
    type(competition).objects.update(judging_starts_on=date(2016, 9, 1))

    assert scores(competition, "A1,chou,30,20,10,5,").refusals == []


def test_exported_sheets_import_as_unchanged(competition, entry, judge):
    scores(competition, "A1,chou,30.5,,10,5,評語")
    exported = importing.write_export(ScoreImporter(competition.programme), "ods")

    plan = importing.run(
        ScoreImporter(competition.programme), content=exported.content, filename="s.ods", by=None, at=AT
    )

    assert outcomes(plan) == ["unchanged"]


@pytest.mark.parametrize("count", [1, 30])
def test_importing_sheets_takes_a_fixed_number_of_queries(
    competition, unit, judge, count, django_assert_max_num_queries
):
    for n in range(count):
        make.make_entry(unit=unit, receipt=f"R{n}")
    rows = [f"R{n},chou,30,20,10,5," for n in range(count)]

    with django_assert_max_num_queries(30):
        scores(competition, *rows)
    assert ScoreSheet.objects.count() == count
