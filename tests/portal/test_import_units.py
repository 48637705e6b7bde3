"""The import machine, driven through the units file: plan, confirm, undo."""

from datetime import date

import pytest

from agencies.imports import UnitImporter
from agencies.models import Category, CompetitionGroup, Headcount, Programme, ProgrammeUnit, Unit
from foundation import importing
from foundation.errors import Refused
from foundation.models import Event, ImportBatch
from foundation.sheets import Column, SheetRefused, read_table
from tests import factories as make

pytestmark = pytest.mark.django_db
AT = make.taipei(2016, 3, 1, 9)
HEADER = "機關代碼,機關名稱,類別,上級機關,單位人數"


def csv(*rows, header=HEADER):
    return "\n".join((header, *rows)).encode()


def plan(programme, *rows):
    return importing.make_plan(UnitImporter(programme), csv(*rows), "機關.csv", by=None, at=AT)


def run(programme, *rows):
    result = importing.run(UnitImporter(programme), content=csv(*rows), filename="機關.csv", by=None, at=AT)
    assert result.refusals == []
    return ImportBatch.objects.order_by("-pk").first()


def stored():
    return [
        (unit.unit.code, unit.name, unit.category, unit.parent and unit.parent.unit.code, unit.headcount)
        for unit in ProgrammeUnit.objects.with_headcount()
        .select_related("unit", "parent__unit")
        .order_by("unit__code")
    ]


def test_adds_units_with_headcount_parent_and_group():
    programme = make.make_programme()

    run(
        programme,
        "Ｂ01,嘉義縣警察局,所屬一級機關,嘉義縣政府,１２０",
        "B99, 警察局 少年隊 ,other,嘉義縣警察局,",
    )

    assert stored() == [
        ("B01", "嘉義縣警察局", Category.FIRST_LEVEL_AGENCY, None, 120),
        ("B99", "警察局 少年隊", Category.OTHER, "B01", None),
    ]
    assert list(ProgrammeUnit.objects.values_list("competition_group", flat=True)) == [
        CompetitionGroup.AGENCY,
        "",
    ]


def test_a_parent_may_stand_below_its_child_in_the_file():
    programme = make.make_programme()

    run(programme, "A2,子,other,A1,", "A1,母,other,,")

    assert [(row[0], row[3]) for row in stored()] == [("A1", None), ("A2", "A1")]


def test_a_parents_code_may_be_in_full_width_digits():
    programme = make.make_programme()

    run(programme, "1001,母,other,,", "1002,子,other, １００１ ,")

    assert [(row[0], row[3]) for row in stored()] == [("1001", None), ("1002", "1001")]


def test_the_same_file_again_changes_nothing():
    programme = make.make_programme()
    rows = ("U01,民政處,本府單位,,30", "U02,地政處,本府單位,U01,")
    run(programme, *rows)
    before = stored()

    again = plan(programme, *rows)

    assert again.counts == {"added": 0, "changed": 0, "unchanged": 2, "refused": 0}
    run(programme, *rows)
    assert stored() == before


def test_changes_are_shown_before_they_are_made():
    programme = make.make_programme()
    run(programme, "U01,民政處,本府單位,,30")

    (row,) = plan(programme, "U01,民政及戶政處,所屬一級機關,,31").rows

    assert row.outcome == importing.CHANGED
    assert sorted(row.differences) == [
        ["單位人數", "30", "31"],
        ["機關名稱", "民政處", "民政及戶政處"],
        ["競賽組別", "本府暨學校組", "機關組"],
        ["類別", "本府單位", "所屬一級機關"],
    ]
    assert stored() == [("U01", "民政處", "county_unit", None, 30)]


def test_a_group_that_staff_chose_stays():
    programme = make.make_programme()
    make.make_unit(
        programme=programme, code="H01", category=Category.OTHER, competition_group=CompetitionGroup.AGENCY
    )

    run(programme, "H01,戶政事務所,學校,,")

    assert ProgrammeUnit.objects.get().competition_group == CompetitionGroup.AGENCY


def test_an_empty_headcount_leaves_the_stored_one():
    programme = make.make_programme()
    run(programme, "U01,民政處,本府單位,,30")

    run(programme, "U01,民政處,本府單位,,")

    assert stored() == [("U01", "民政處", "county_unit", None, 30)]


def test_the_headcount_is_dated_on_the_reference_date():
    programme = make.make_programme(reference_date=date(2016, 4, 1))
    unit = make.make_unit(programme=programme, code="U01", name="民政處", category=Category.COUNTY_UNIT)
    make.make_headcount(unit=unit, count=28, effective_on=date(2016, 3, 1))

    run(programme, "U01,民政處,本府單位,,30")

    assert list(Headcount.objects.order_by("effective_on").values_list("effective_on", "count")) == [
        (date(2016, 3, 1), 28),
        (date(2016, 4, 1), 30),
    ]


def test_a_rename_in_a_newer_year_leaves_the_older_year():
    old = make.make_programme(year=105)
    run(old, "U01,民政處,本府單位,,30")
    new = make.make_programme(year=106)

    run(new, "U01,民政及族群處,本府單位,,30")

    assert Unit.objects.get().name == "民政及族群處"
    assert old.units.get().name == "民政處"
    run(old, "U01,民政科,本府單位,,30")
    assert Unit.objects.get().name == "民政及族群處"


@pytest.mark.parametrize(
    ("row", "problem"),
    (
        (",民政處,本府單位,,3", "第 3 列「機關代碼」：沒有填寫。"),
        ("U02,民政處,鄉公所,,3", "第 3 列「類別」：沒有「鄉公所」這個類別"),
        ("U02,民政處,本府單位,,-3", "第 3 列「單位人數」：單位人數"),
        ("U02,民政處,本府單位,,3.5", "第 3 列「單位人數」：單位人數"),
        ("U02,民政處,本府單位,不存在局,3", "第 3 列「上級機關」：檔案與本年度都沒有「不存在局」這個機關。"),
        ("U02,民政處,本府單位,U02,3", "第 3 列「上級機關」：機關不能隸屬於自己或自己的下級。"),
        ("U01,民政處,本府單位,,3", "第 3 列：與第 2 列重複"),
    ),
)
def test_a_refused_row_names_row_column_and_rule_and_nothing_is_written(row, problem):
    programme = make.make_programme()
    rows = ("U01,人事處,本府單位,,5", row)

    result = importing.run(UnitImporter(programme), content=csv(*rows), filename="機關.csv", by=None, at=AT)

    assert [found[: len(problem)] for found in result.refusals] == [problem]
    assert (stored(), ImportBatch.objects.count(), Event.objects.count()) == ([], 0, 0)


def test_a_formula_is_refused_by_its_place():
    with pytest.raises(SheetRefused, match="第 3 列「單位人數」.*公式"):
        plan(make.make_programme(), "U01,人事處,本府單位,,5", "U02,民政處,本府單位,,=1+2")


def test_a_frozen_year_refuses():
    programme = make.make_programme(state=Programme.State.FROZEN)

    with pytest.raises(Refused, match="105年度已凍結"):
        run(programme, "U01,民政處,本府單位,,30")


def preview(programme, *rows, by):
    return importing.preview(UnitImporter(programme), content=csv(*rows), filename="機關.csv", by=by, at=AT)


def confirm(batch, *, by):
    return importing.confirm(batch, UnitImporter(make.the_programme()), by=by, at=AT)


def test_confirm_writes_what_was_previewed_once():
    staff = make.make_staff()
    batch = preview(make.make_programme(), "U01,民政處,本府單位,,30", by=staff)
    assert stored() == []

    confirm(batch, by=staff)

    assert stored() == [("U01", "民政處", "county_unit", None, 30)]
    with pytest.raises(Refused, match="已匯入，不能再確認一次"):
        confirm(batch, by=staff)
    assert [event.action for event in Event.objects.all()] == ["import.applied"]


def test_another_persons_preview_cannot_be_confirmed():
    batch = preview(make.make_programme(), "U01,民政處,本府單位,,30", by=make.make_staff())

    with pytest.raises(Refused, match="別人預覽的"):
        confirm(batch, by=make.make_staff())
    assert stored() == []


def test_confirm_refuses_when_the_facts_changed_since_the_preview():
    programme, staff = make.make_programme(), make.make_staff()
    batch = preview(programme, "U01,民政處,本府單位,,30", by=staff)
    run(programme, "U01,民政處,本府單位,,28")

    with pytest.raises(Refused, match="預覽之後資料已有變動"):
        confirm(batch, by=staff)

    batch.refresh_from_db()
    assert batch.counts == {"added": 0, "changed": 1, "unchanged": 0, "refused": 0}
    confirm(batch, by=staff)
    assert stored() == [("U01", "民政處", "county_unit", None, 30)]


def undo(batch):
    return importing.undo(batch, UnitImporter(make.the_programme()), by=make.make_staff(), at=AT)


def test_undo_takes_back_what_was_added_and_restores_what_was_changed():
    programme = make.make_programme()
    run(programme, "U01,民政處,本府單位,,30")
    batch = run(programme, "U01,民政科,學校,,31", "U02,地政處,本府單位,U01,8")

    undo(batch)

    assert stored() == [("U01", "民政處", "county_unit", None, 30)]
    assert list(Unit.objects.values_list("code", "name")) == [("U01", "民政處")]
    with pytest.raises(Refused, match="已復原，沒有可以復原的資料"):
        undo(batch)


def test_undo_is_refused_while_something_depends_on_the_batch():
    programme = make.make_programme()
    batch = run(programme, "U01,民政處,本府單位,,30")
    make.make_update(unit=programme.units.get())

    with pytest.raises(Refused, match="已有 1 筆「.*」用到這一批新增的「.*」，不能復原"):
        undo(batch)
    assert len(stored()) == 1


def test_undo_is_refused_after_a_later_change():
    programme = make.make_programme()
    batch = run(programme, "U01,民政處,本府單位,,30")
    Headcount.objects.update(count=29)

    with pytest.raises(Refused, match="「單位人數」又有變更"):
        undo(batch)
    assert stored() == [("U01", "民政處", "county_unit", None, 29)]


@pytest.mark.parametrize("fmt", ("xlsx", "ods", "csv"))
def test_what_is_exported_imports_as_unchanged(fmt):
    programme = make.make_programme()
    run(programme, "U01,民政處,本府單位,,30", "U02,堃峯喆𠮷科,本府單位,U01,")

    written = importing.write_export(UnitImporter(programme), fmt)
    again = importing.make_plan(UnitImporter(programme), written.content, f"匯出.{fmt}", by=None, at=AT)

    assert again.counts == {"added": 0, "changed": 0, "unchanged": 2, "refused": 0}


@pytest.mark.parametrize("fmt", ("xlsx", "ods", "csv"))
def test_the_template_holds_the_header(fmt):
    importer = UnitImporter(make.make_programme())
    written = importing.write_template(importer, fmt)

    content = written.content
    if fmt == "csv":
        assert content.decode("utf-8-sig").split("\r\n")[0] == HEADER
    else:
        columns = [Column(key=spec.key, title=spec.title) for spec in importer.fields]
        assert read_table(content, f"範本.{fmt}", columns=columns).rows == []


@pytest.mark.parametrize("rows", (1, 1200))
def test_the_number_of_queries_grows_by_the_batch_only(rows, django_assert_max_num_queries):
    programme = make.make_programme()
    lines = [f"S{number:04d},測試學校{number},學校,,{number % 40}" for number in range(rows)]

    with django_assert_max_num_queries(30 + 12 * (rows // importing.WRITE_BATCH)):
        run(programme, *lines)

    assert ProgrammeUnit.objects.count() == rows
