from datetime import date

import pytest
from django.db import IntegrityError, transaction

from agencies import actions
from agencies.models import (
    Category,
    CompetitionGroup,
    Contact,
    Headcount,
    Programme,
    ProgrammeUnit,
    Unit,
)
from foundation.errors import Refused
from foundation.models import Event
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
AT = make.taipei(2016, 6, 1, 9)


@pytest.fixture
def staff():
    return make.make_staff()


def create(programme, staff, **values):
    defaults = {"code": "N01", "name": "測試新機關", "category": Category.TOWNSHIP}
    return actions.create_unit(programme=programme, by=staff, at=AT, **{**defaults, **values})


def headcount_of(unit):
    return ProgrammeUnit.objects.with_headcount().get(pk=unit.pk).headcount


# Creating and removing


def test_create_unit_puts_it_in_the_documents_group_with_its_headcount(staff):
    programme = make.make_programme(year=105)

    unit = create(programme, staff, category=Category.SCHOOL, headcount=20)

    assert (unit.code, unit.competition_group) == ("N01", CompetitionGroup.COUNTY_AND_SCHOOL)
    assert headcount_of(unit) == 20
    assert Event.objects.get(action="unit.created").summary == "新增機關：測試新機關（N01）"


def test_create_unit_joins_a_year_under_its_lasting_code(staff):
    old = make.make_unit(programme=make.make_programme(year=104), code="N01", name="舊名稱")

    unit = create(make.make_programme(year=105), staff, name="新名稱")

    old.refresh_from_db()
    assert unit.unit == old.unit
    assert (old.name, Unit.objects.get(code="N01").name) == ("舊名稱", "新名稱")


@pytest.mark.parametrize(
    ("values", "words"),
    (
        ({"code": "T1"}, "已有機關代碼 T1"),
        ({"name": "測試甲鄉公所"}, "同一年度的機關名稱不能相同"),
        ({"code": "accounts"}, "系統保留的字"),
    ),
)
def test_create_unit_refuses_doubles_and_reserved_codes(staff, values, words):
    programme = make.make_programme(year=105)
    make.make_unit(programme=programme, code="T1", name="測試甲鄉公所")
    with pytest.raises(Refused, match=words):
        create(programme, staff, **values)


def test_create_unit_refuses_a_closed_one(staff):
    old = make.make_unit(programme=make.make_programme(year=104), code="N01")
    actions.close_unit(unit=old.unit, on=date(2015, 12, 1), by=staff, at=AT)
    with pytest.raises(Refused, match="請先復原裁撤"):
        create(make.make_programme(year=105), staff)


def test_create_unit_refuses_a_parent_of_another_year(staff):
    parent = make.make_unit(programme=make.make_programme(year=104))
    with pytest.raises(Refused, match="同一年度"):
        create(make.make_programme(year=105), staff, parent=parent)


def test_remove_unit_takes_back_a_mistake_with_its_headcounts(staff):
    unit = make.make_unit(code="X1", headcount=5)

    actions.remove_unit(unit=unit, by=staff, at=AT)

    assert not ProgrammeUnit.objects.exists()
    assert not Unit.objects.filter(code="X1").exists()
    assert not Headcount.objects.exists()


def test_remove_unit_keeps_the_unit_of_another_year(staff):
    make.make_unit(programme=make.make_programme(year=104), code="X1")
    unit = make.make_unit(programme=make.make_programme(year=105), code="X1")

    actions.remove_unit(unit=unit, by=staff, at=AT)

    assert [row.programme.year for row in ProgrammeUnit.objects.all()] == [104]


def test_remove_unit_refuses_when_something_was_done_and_keeps_the_headcount(staff):
    unit = make.make_unit(headcount=5)
    make.make_update(unit=unit)
    with pytest.raises(Refused, match="在本年度已有資料"):
        actions.remove_unit(unit=unit, by=staff, at=AT)
    assert headcount_of(unit) == 5


# Renaming


def test_rename_holds_for_this_year_and_later_ones(staff):
    rows = {
        year: make.make_unit(programme=make.make_programme(year=year), code="R1", name="朴子舊名")
        for year in (104, 105, 106)
    }
    make.make_unit(programme=rows[104].programme, code="R2", name="朴子新名")

    actions.rename_unit(unit=rows[105], name="朴子新名", by=staff, at=AT)

    names = ProgrammeUnit.objects.filter(unit__code="R1").values_list("programme__year", "name")
    assert dict(names) == {104: "朴子舊名", 105: "朴子新名", 106: "朴子新名"}
    assert Unit.objects.get(code="R1").name == "朴子新名"
    event = Event.objects.get(action="unit.renamed")
    assert event.summary == "朴子舊名更名為朴子新名（105、106年度）"


@pytest.mark.parametrize(
    ("name", "words"), (("測試甲", "沒有變更"), ("測試乙", "同一年度的機關名稱不能相同"))
)
def test_rename_refuses(staff, name, words):
    unit = make.make_unit(name="測試甲")
    make.make_unit(name="測試乙")
    with pytest.raises(Refused, match=words):
        actions.rename_unit(unit=unit, name=name, by=staff, at=AT)


# Year settings


def test_change_unit_stores_what_differs(staff):
    unit = make.make_unit(name="測試甲")
    parent = make.make_unit(name="測試上級")

    actions.change_unit(
        unit=unit, category=Category.OTHER, competition_group="", parent=parent, by=staff, at=AT
    )

    unit.refresh_from_db()
    assert (unit.category, unit.competition_group, unit.parent) == (Category.OTHER, "", parent)
    assert Event.objects.get(action="unit.changed").data["changed"]["category"] == ["township", "other"]


def test_change_unit_refuses_no_change(staff):
    unit = make.make_unit()
    with pytest.raises(Refused, match="沒有任何變更"):
        actions.change_unit(
            unit=unit,
            category=unit.category,
            competition_group=unit.competition_group,
            parent=None,
            by=staff,
            at=AT,
        )


def test_change_unit_refuses_a_circle_of_superiors(staff):
    top = make.make_unit()
    middle = make.make_unit(parent=top)
    below = make.make_unit(parent=middle)
    for parent in (top, below):
        with pytest.raises(Refused, match="上級機關不能是自己或自己的下級機關"):
            actions.change_unit(
                unit=top,
                category=top.category,
                competition_group=top.competition_group,
                parent=parent,
                by=staff,
                at=AT,
            )


def test_change_unit_refuses_a_parent_of_another_year(staff):
    unit = make.make_unit(programme=make.make_programme(year=105))
    parent = make.make_unit(programme=make.make_programme(year=104))
    with pytest.raises(Refused, match="同一年度"):
        actions.change_unit(
            unit=unit, category=unit.category, competition_group="", parent=parent, by=staff, at=AT
        )


def test_set_on_board_takes_off_and_puts_back(staff):
    unit = make.make_unit()
    for on_board in (False, True):
        actions.set_on_board(unit=unit, on_board=on_board, by=staff, at=AT)
        unit.refresh_from_db()
        assert unit.on_board is on_board
    assert Event.objects.filter(action="unit.on_board_changed").count() == 2


def test_set_on_board_as_it_is_writes_nothing(staff):
    actions.set_on_board(unit=make.make_unit(), on_board=True, by=staff, at=AT)
    assert not Event.objects.exists()


# Headcounts


def test_headcount_of_a_day_is_added_then_corrected(staff):
    unit = make.make_unit()
    day = unit.programme.headcount_date

    actions.set_headcount(unit=unit, effective_on=day, count=30, by=staff, at=AT)
    actions.set_headcount(unit=unit, effective_on=day, count=28, by=staff, at=AT)

    assert headcount_of(unit) == 28
    summaries = list(Event.objects.order_by("pk").values_list("summary", flat=True))
    assert [text.partition("單位人數")[2] for text in summaries] == ["為 30 人", "由 30 人更正為 28 人"]


def test_headcount_after_the_reference_date_does_not_count(staff):
    unit = make.make_unit(headcount=30)
    actions.set_headcount(unit=unit, effective_on=date(2016, 5, 1), count=99, by=staff, at=AT)
    assert headcount_of(unit) == 30


def test_same_headcount_again_is_refused(staff):
    unit = make.make_unit(headcount=30)
    with pytest.raises(Refused, match="已是 30 人"):
        actions.set_headcount(
            unit=unit, effective_on=unit.programme.headcount_date, count=30, by=staff, at=AT
        )


def test_delete_headcount_brings_back_the_one_before(staff):
    unit = make.make_unit()
    make.make_headcount(unit=unit, count=10, effective_on=date(2016, 1, 1))
    wrong = make.make_headcount(unit=unit, count=100, effective_on=date(2016, 2, 1))

    actions.delete_headcount(headcount=wrong, by=staff, at=AT)

    assert headcount_of(unit) == 10
    with pytest.raises(Refused, match="已經刪除"):
        actions.delete_headcount(headcount=wrong, by=staff, at=AT)


# Closing, merging, reopening


def test_close_ends_contacts_and_leaves_boards_of_years_begun(staff):
    begun = make.make_unit(programme=make.make_programme(year=105), code="C1")
    later = make.make_unit(programme=make.make_programme(year=106), code="C1")
    open_ended = make.make_contact(unit=begun)
    future = make.make_contact(unit=begun, starts_on=date(2016, 9, 1))

    actions.close_unit(unit=begun.unit, on=date(2016, 7, 1), by=staff, at=AT)

    begun.refresh_from_db()
    later.refresh_from_db()
    assert (begun.on_board, later.on_board) == (True, False)
    assert Contact.objects.get(user=open_ended).ends_on == date(2016, 6, 30)
    assert not Contact.objects.filter(user=future).exists()
    closed = Unit.objects.get(code="C1")
    assert not closed.is_closed(date(2016, 6, 30))
    assert closed.is_closed(date(2016, 7, 1))


def test_close_refuses_a_second_time(staff):
    unit = make.make_unit()
    actions.close_unit(unit=unit.unit, on=date(2016, 7, 1), by=staff, at=AT)
    with pytest.raises(Refused, match="請先復原裁撤"):
        actions.close_unit(unit=unit.unit, on=date(2016, 8, 1), by=staff, at=AT)


def test_merge_points_to_the_other_and_moves_no_credit(staff):
    unit, into = make.make_unit(name="甲所"), make.make_unit(name="乙所")
    update = make.make_update(unit=unit)

    actions.merge_unit(unit=unit.unit, into=into.unit, on=date(2016, 7, 1), by=staff, at=AT)

    update.refresh_from_db()
    merged = Unit.objects.get(pk=unit.unit_id)
    assert (merged.merged_into, merged.closed_on, update.unit) == (into.unit, date(2016, 7, 1), unit)
    assert Event.objects.get(action="unit.merged").summary == "甲所自民國105年7月1日起併入乙所"


def test_merge_refuses_itself_and_a_closed_one(staff):
    unit, gone = make.make_unit(), make.make_unit()
    actions.close_unit(unit=gone.unit, on=date(2016, 5, 1), by=staff, at=AT)
    for into, words in ((unit, "不能併入自己"), (gone, "不能再併入其他機關")):
        with pytest.raises(Refused, match=words):
            actions.merge_unit(unit=unit.unit, into=into.unit, on=date(2016, 7, 1), by=staff, at=AT)


def test_reopen_undoes_a_merger(staff):
    unit, into = make.make_unit(), make.make_unit()
    actions.merge_unit(unit=unit.unit, into=into.unit, on=date(2016, 7, 1), by=staff, at=AT)

    actions.reopen_unit(unit=unit.unit, by=staff, at=AT)

    again = Unit.objects.get(pk=unit.unit_id)
    assert (again.closed_on, again.merged_into) == (None, None)
    assert Event.objects.get(action="unit.reopened").data["merged_into"] == into.code


def test_reopen_refuses_what_is_open(staff):
    with pytest.raises(Refused, match="不必復原"):
        actions.reopen_unit(unit=make.make_unit().unit, by=staff, at=AT)


# A frozen year


@pytest.mark.parametrize(
    "act",
    (
        lambda unit, **who: actions.rename_unit(unit=unit, name="新名稱", **who),
        lambda unit, **who: actions.set_on_board(unit=unit, on_board=False, **who),
        lambda unit, **who: actions.set_headcount(unit=unit, effective_on=date(2016, 3, 1), count=1, **who),
        lambda unit, **who: actions.delete_headcount(headcount=unit.headcounts.get(), **who),
        lambda unit, **who: actions.remove_unit(unit=unit, **who),
        lambda unit, **who: actions.change_unit(
            unit=unit, category="school", competition_group="", parent=None, **who
        ),
        lambda unit, **who: actions.create_unit(
            programme=unit.programme, code="N9", name="新機關", category="school", **who
        ),
    ),
)
def test_a_frozen_year_refuses(staff, act):
    unit = make.make_unit(headcount=9)
    Programme.objects.update(state=Programme.State.FROZEN)
    with pytest.raises(Refused, match="105年度已凍結"):
        act(unit, by=staff, at=AT)
    assert not Event.objects.exists()


def test_rename_refuses_when_a_later_year_is_frozen(staff):
    unit = make.make_unit(programme=make.make_programme(year=104), code="R1", name="甲")
    make.make_unit(
        programme=make.make_programme(year=105, state=Programme.State.FROZEN), code="R1", name="甲"
    )
    with pytest.raises(Refused, match="105年度已凍結"):
        actions.rename_unit(unit=unit, name="乙", by=staff, at=AT)


# Constraints and querysets


def test_database_refuses_a_merger_without_a_date():
    unit, into = make.make_unit(), make.make_unit()
    with pytest.raises(IntegrityError), transaction.atomic():
        Unit.objects.filter(pk=unit.unit_id).update(merged_into=into.unit)


@pytest.mark.parametrize("fields", ({"code": ""}, {"name": ""}))
def test_database_refuses_a_unit_without_code_or_name(fields):
    unit = make.make_unit()
    model, pk = (Unit, unit.unit_id) if "code" in fields else (ProgrammeUnit, unit.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.filter(pk=pk).update(**fields)


def test_database_keeps_one_row_a_year_and_one_headcount_a_day():
    unit = make.make_unit(headcount=5)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProgrammeUnit.objects.create(
            programme=unit.programme, unit=unit.unit, name="另一列", category=unit.category
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        make.make_headcount(unit=unit, count=6)


def test_with_contact_count_counts_those_in_force():
    unit, other = make.make_unit(), make.make_unit()
    make.make_contact(unit=unit)
    make.make_contact(unit=unit)
    make.make_contact(unit=unit, ends_on=date(2015, 12, 31))
    counts = ProgrammeUnit.objects.with_contact_count(date(2016, 6, 1)).values_list("pk", "contact_count")
    assert dict(counts) == {unit.pk: 2, other.pk: 0}


def test_visible_to_a_contact_only_the_own_unit_while_in_force():
    unit = make.make_unit()
    make.make_unit()
    assert list(ProgrammeUnit.objects.visible_to(make.make_contact(unit=unit))) == [unit]
    former = make.make_contact(unit=unit, ends_on=date(2015, 12, 31))
    assert list(ProgrammeUnit.objects.visible_to(former)) == []
