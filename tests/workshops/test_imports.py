import csv
import io

import pytest

from agencies.models import Category, Person, Programme
from foundation import importing
from foundation.errors import Refused
from foundation.models import ImportBatch, Mail
from tests import factories as make
from tests.factories import taipei
from workshops import actions
from workshops.imports import EnrolmentImporter, QuotaImporter
from workshops.models import Enrolment, UnitQuota

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
AT = taipei(2016, 4, 1, 9)
State = Enrolment.State
IMPORTED = Enrolment.IMPORTED_OVER_LIMIT
QUOTAS = "梯次,機關代碼,名額"
ENROLMENTS = "梯次,機關代碼,姓名,職稱,電子郵件,出席"


@pytest.fixture
def unit():
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所")


@pytest.fixture
def session(unit):
    return make.make_session(number=1, audience=[Category.TOWNSHIP])


def run(importer, *lines):
    content = "\n".join(lines).encode("utf-8-sig")
    return importing.run(
        importer(Programme.objects.get(year=105)), content=content, filename="資料.csv", by=None, at=AT
    )


def quotas(*lines):
    return run(QuotaImporter, QUOTAS, *lines)


def enrolments(*lines):
    return run(EnrolmentImporter, ENROLMENTS, *lines)


def stored_quotas():
    return sorted(UnitQuota.objects.values_list("session__number", "unit__unit__code", "seats"))


def stored():
    """(name, state, attendance, mark) of every enrolment in order."""
    rows = Enrolment.objects.order_by("pk")
    return list(rows.values_list("person__name", "state", "attendance", "over_limit_reason"))


def exported(importer):
    written = importing.write_export(importer(Programme.objects.get(year=105)), "csv")
    return list(csv.reader(io.StringIO(written.content.decode("utf-8-sig"))))


# Quotas


def test_quotas_are_added_changed_and_unchanged(session, unit):
    other = make.make_unit(code="10010130")
    make.make_quota(session=session, unit=unit, seats=2)
    make.make_quota(session=session, unit=make.make_unit(code="10010150"), seats=1)

    plan = quotas("1,10010140,３", "1,10010130, 2 ", "1,10010150,1")

    assert [row.outcome for row in plan.rows] == ["changed", "added", "unchanged"]
    assert plan.rows[0].differences == [["名額", "2", "3"]]
    assert stored_quotas() == [(1, "10010130", 2), (1, "10010140", 3), (1, "10010150", 1)]
    assert other.quotas.get().session == session


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("1,10010140,-1", "第 2 列「名額」：名額「-1」不可為負數。"),
        ("1,10010140,2.5", "第 2 列「名額」：名額「2.5」須為整數。"),
        ("1,10010140,", "第 2 列「名額」：沒有填寫。"),
        ("1,99999999,2", "第 2 列「機關代碼」：105年度沒有代碼「99999999」的機關。"),
        ("3,10010140,2", "第 2 列「梯次」：105年度沒有第3梯次。"),
        ("第一,10010140,2", "第 2 列「梯次」：梯次「第一」不是數字。"),
    ],
)
def test_quotas_refused_by_row(session, unit, line, words):
    plan = quotas(line)

    assert plan.refusals == [words]
    assert stored_quotas() == []


def test_quotas_doubled_row_is_refused(session, unit):
    assert "第 3 列：與第 2 列重複" in quotas("1,10010140,2", "1,10010140,2").refusals[0]


def test_quotas_below_the_confirmed_are_refused_and_nothing_is_written(session, unit):
    make.make_quota(session=session, unit=unit, seats=3)
    make.make_unit(code="10010130")
    for _ in range(3):
        make.make_enrolment(session=session, unit=unit)

    plan = quotas("1,10010130,5", "1,10010140,2")

    assert plan.refusals == [
        "第 3 列「名額」：嘉義縣竹崎鄉公所在第1梯次已錄取 3 人，名額不能少於 3 人；要再減少，請在名額頁調降，並選擇如何處理超出的人。"
    ]
    assert stored_quotas() == [(1, "10010140", 3)]


def test_quotas_below_staff_overbookings_are_taken(session, unit):
    make.make_enrolment(session=session, unit=unit, over_limit_reason="講師助理")

    assert quotas("1,10010140,0").refusals == []
    assert stored()[0][3] == "講師助理"


def test_quotas_outside_the_audience_are_taken_with_a_note(session):
    make.make_unit(code="104731", category=Category.SCHOOL)

    plan = quotas("1,104731,1")

    assert plan.rows[0].notes == ["學校不在第1梯次的研習對象內，仍照檔案訂定名額。"]
    assert stored_quotas() == [(1, "104731", 1)]


def test_quotas_raised_move_up_those_who_wait_and_tell_them(session, unit):
    make.make_quota(session=session, unit=unit, seats=1)
    make.make_enrolment(session=session, unit=unit)
    for name in "甲乙":
        make.make_enrolment(
            session=session, unit=unit, state=State.WAITING, person=make.make_person(unit=unit, name=name)
        )

    quotas("1,10010140,2")

    assert [row[:2] for row in stored()][1:] == [("甲", State.CONFIRMED), ("乙", State.WAITING)]
    assert Mail.objects.count() == 1


def test_quotas_export_is_what_is_imported(session, unit):
    quotas("1,10010140,3")

    header, *rows = exported(QuotaImporter)

    assert [header, *rows] == [["梯次", "機關代碼", "名額"], ["1", "10010140", "3"]]
    assert quotas(*(",".join(row) for row in rows)).counts["unchanged"] == 1


def test_quotas_undone_while_seats_are_taken_are_kept(session, unit):
    quotas("1,10010140,1")
    actions.enrol(session=session, unit=unit, name="甲", by=None, at=AT)
    importer = QuotaImporter(Programme.objects.get())

    with pytest.raises(Refused, match="嘉義縣竹崎鄉公所在第1梯次已錄取 1 人，用到這一批的名額，不能復原。"):
        importing.undo(ImportBatch.objects.get(), importer, by=None, at=AT)
    assert stored_quotas() == [(1, "10010140", 1)]


# Enrolments


def test_enrolments_are_added_with_their_marks(session, unit):
    quotas("1,10010140,9")
    marks = ["present", "遲到", "請假", "absent", "現場報到", ""]

    plan = enrolments(*(f"1,10010140,學員{n},課員,,{mark}" for n, mark in enumerate(marks)))

    assert plan.counts == {"added": 6, "changed": 0, "unchanged": 0, "refused": 0}
    assert [row[1:] for row in stored()] == [
        (State.CONFIRMED, mark, "") for mark in ("present", "late", "excused", "absent", "walk_in", "")
    ]
    assert Person.objects.filter(unit=unit.unit, title="課員").count() == 6
    assert Enrolment.objects.first().created_at == AT


def test_enrolments_again_change_nothing(session, unit):
    quotas("1,10010140,1")
    file = ["1,10010140,王小明,課員,Ming@example.test,present", "1,10010140,李大同,技士,,"]
    enrolments(*file)
    before = stored()

    plan = enrolments(*file)

    assert plan.counts == {"added": 0, "changed": 0, "unchanged": 2, "refused": 0}
    assert stored() == before


def test_enrolments_without_the_optional_columns(session, unit):
    plan = run(EnrolmentImporter, "梯次,機關代碼,姓名,職稱", "1,10010140,王小明,課員")

    assert plan.counts["added"] == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("1,10010140,,課員,,", "第 2 列「姓名」：沒有填寫。"),
        ("1,10010140,王小明,,,", "第 2 列「職稱」：沒有填寫。"),
        ("1,10010140,王小明,課員,no address,", "第 2 列「電子郵件」：「noaddress」不是電子郵件地址。"),
        (
            "1,10010140,王小明,課員,,睡著",
            "第 2 列「出席」：沒有「睡著」這種出席情形；可填：出席、遲到、請假、缺席、現場報到，或空白。",
        ),
        ("2,10010140,王小明,課員,,", "第 2 列「梯次」：105年度沒有第2梯次。"),
        ("1,99999999,王小明,課員,,", "第 2 列「機關代碼」：105年度沒有代碼「99999999」的機關。"),
    ],
)
def test_enrolments_refused_by_row(session, unit, line, words):
    assert enrolments(line).refusals == [words]
    assert (stored(), Person.objects.count()) == ([], 0)


def test_enrolments_beyond_quota_or_room_are_confirmed_and_marked(session, unit):
    session.capacity = 2
    session.save()
    other = make.make_unit(code="10010130")
    make.make_quota(session=session, unit=unit, seats=1)
    make.make_quota(session=session, unit=other, seats=5)

    plan = enrolments(
        "1,10010140,甲,課員,,", "1,10010140,乙,課員,,", "1,10010130,丙,課員,,", "1,10010130,丁,課員,,"
    )

    assert [row[3] for row in stored()] == ["", IMPORTED, "", IMPORTED]
    assert [row.notes for row in plan.rows] == [
        [],
        ["本機關名額已滿，仍予錄取並註記「由試算表匯入」。"],
        [],
        ["場地已滿，仍予錄取並註記「由試算表匯入」。"],
    ]


@pytest.mark.parametrize("quotas_first", [True, False])
def test_the_two_files_give_the_same_in_either_order(session, unit, quotas_first):
    people = [f"1,10010140,學員{n},課員,," for n in range(3)]
    if quotas_first:
        quotas("1,10010140,2")
        enrolments(*people)
    else:
        enrolments(*people)
        quotas("1,10010140,2")

    assert [row[3] for row in stored()] == ["", "", IMPORTED]
    contact = actions.enrol(session=session, unit=unit, name="晚到", by=None, at=AT)
    assert contact.state == State.WAITING


def test_quotas_after_enrolments_undone_give_the_marks_back(session, unit):
    enrolments("1,10010140,甲,課員,,")
    quotas("1,10010140,2")
    assert stored()[0][3] == ""

    batch = ImportBatch.objects.get(kind="quotas")
    importing.undo(batch, QuotaImporter(Programme.objects.get()), by=None, at=AT)

    assert (stored()[0][3], stored_quotas()) == (IMPORTED, [])


def test_enrolments_know_people_by_email_then_by_words(session, unit):
    by_email = make.make_person(unit=unit, name="王小明", title="科員", email="ming@example.test")
    by_words = make.make_person(unit=unit, name="李大同", title="技士", email="")
    only_one = make.make_person(unit=unit, name="陳美惠", title="課員", email="mei@example.test")

    enrolments(
        "1,10010140,王小明,課長,MING@example.test,", "1,10010140,李大同,技士,,", "1,10010140,陳美惠,課員,,"
    )

    assert list(Enrolment.objects.order_by("pk").values_list("person", flat=True)) == [
        by_email.pk,
        by_words.pk,
        only_one.pk,
    ]
    by_email.refresh_from_db()
    assert by_email.title == "課長"


def test_one_new_person_in_two_sessions_is_made_once(session, unit):
    make.make_session(number=2)

    enrolments(
        "1,10010140,王小明,課員,,",
        "2,10010140,王小明,課員,,",
        "1,10010140,李大同,課員,li@example.test,",
        "2,10010140,李大同,課員,li@example.test,",
    )

    assert (Person.objects.count(), Enrolment.objects.count()) == (2, 4)


@pytest.mark.parametrize("email_first", (True, False))
def test_a_list_with_addresses_and_one_without_name_the_same_person(session, unit, email_first):
    lists = ["1,10010140,王小明,課員,ming@example.test,", "1,10010140,王小明,課員,,present"]

    for line in lists if email_first else reversed(lists):
        enrolments(line)

    assert list(Enrolment.objects.values_list("person__email", "attendance")) == [
        ("ming@example.test", "present")
    ]


def test_somebody_without_a_title_yet_gets_it_from_the_list(session, unit):
    person = make.make_person(unit=unit, name="王小明", title="", email="ming@example.test")

    enrolments("1,10010140,王小明,課員,,", "1,10010140,王小明,技士,,")

    person.refresh_from_db()
    assert (person.title, Enrolment.objects.order_by("pk").first().person) == ("課員", person)
    assert Enrolment.objects.count() == 2


def test_a_colleague_of_another_unit_without_a_title_gets_it_and_can_be_exported(session, unit):
    other = make.make_unit(code="10010130", name="嘉義縣中埔鄉公所")
    make.make_person(unit=other, name="王小明", title="", email="ming@example.test")

    enrolments("1,10010140,王小明,課員,ming@example.test,")

    rows = list(EnrolmentImporter(session.programme).export_rows())
    assert rows == [(1, "10010140", "王小明", "課員", "ming@example.test", None)]


def test_an_address_is_given_to_one_of_those_who_share_a_name(session, unit):
    known = make.make_person(unit=unit, name="王小明", title="課員", email="")

    enrolments("1,10010140,王小明,課員,a@example.test,", "1,10010140,王小明,課員,b@example.test,")

    known.refresh_from_db()
    assert known.email == "a@example.test"
    assert list(Enrolment.objects.order_by("pk").values_list("person__email", flat=True)) == [
        "a@example.test",
        "b@example.test",
    ]


def test_twins_without_email_are_refused_naming_both_rows(session, unit):
    plan = enrolments("1,10010140,王小明,課員,,", "1,10010140,王小明,課員,,")

    words = "列同梯次、同機關、同姓名、同職稱，又都沒有電子郵件，無法分辨是不是同一人；不同的人請填電子郵件，同一人請刪去一列。"
    assert plan.refusals == [
        f"第 2 列「姓名」：與第 3 {words}",
        f"第 3 列「姓名」：與第 2 {words}",
    ]


def test_twins_with_email_are_two_people(session, unit):
    enrolments("1,10010140,王小明,課員,a@example.test,", "1,10010140,王小明,課員,b@example.test,")

    assert Person.objects.count() == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1,10010140,王小明,課員,a@example.test,", "1,10010140,王小明,課員,A@example.test,present"),
        ("1,10010140,王小明,課員,a@example.test,", "1,10010140,王小明,課員,,"),
        ("1,10010140,王小明,課員,,", "1,10010140,王小明,課員,a@example.test,"),
    ],
)
def test_one_person_twice_in_a_session_is_refused_naming_both_rows(session, unit, first, second):
    assert enrolments(first, second).refusals == [
        "第 3 列「姓名」：與第 2 列是同一人；同一人在一個梯次只能有一列。若是不同人，請填各自的電子郵件。"
    ]


def test_an_email_under_another_name_is_refused(session, unit):
    make.make_person(unit=unit, name="李大同", email="a@example.test")

    assert enrolments("1,10010140,王小明,課員,a@example.test,").refusals == [
        "第 2 列「電子郵件」：這個電子郵件登記在另一個姓名之下，請核對姓名或電子郵件。"
    ]


def test_words_that_mean_two_stored_people_are_refused(session, unit):
    for number in (1, 2):
        make.make_person(unit=unit, name="王小明", title="課員", email=f"{number}@example.test")

    assert enrolments("1,10010140,王小明,課員,,").refusals == [
        "第 2 列「電子郵件」：本機關有 2 位同姓名、同職稱的同仁，請填電子郵件以資區別。"
    ]


def test_one_person_under_two_titles_is_refused(session, unit):
    make.make_session(number=2)

    plan = enrolments("1,10010140,王小明,課員,a@example.test,", "2,10010140,王小明,技士,a@example.test,")

    assert plan.refusals == ["第 3 列「職稱」：這位同仁在第 2 列的職稱是「課員」，請一致。"]


def test_a_person_on_the_list_by_another_unit_is_refused(session, unit):
    other = make.make_unit(code="10010130", name="嘉義縣中埔鄉公所")
    person = make.make_person(unit=other, name="王小明", title="課員", email="a@example.test")
    make.make_enrolment(session=session, unit=other, person=person)

    assert enrolments("1,10010140,王小明,課員,a@example.test,").refusals == [
        "第 2 列「機關代碼」：這位同仁已由嘉義縣中埔鄉公所薦送同一梯次。"
    ]


def test_enrolments_change_marks_and_an_empty_cell_keeps_them(session, unit):
    enrolments("1,10010140,甲,課員,,present", "1,10010140,乙,課員,,present", "1,10010140,丙,課員,,present")

    plan = enrolments("1,10010140,甲,課員,,", "1,10010140,乙,課員,,absent", "1,10010140,丙,課員,,未登記")

    assert [row.outcome for row in plan.rows] == ["unchanged", "changed", "changed"]
    assert plan.rows[1].differences == [["出席", "出席", "缺席"]]
    assert [row[2] for row in stored()] == ["present", "absent", ""]


def test_somebody_who_waits_is_confirmed(session, unit):
    make.make_quota(session=session, unit=unit, seats=1)
    make.make_enrolment(session=session, unit=unit)
    person = make.make_person(unit=unit, name="王小明", title="課員", email="")
    make.make_enrolment(session=session, unit=unit, person=person, state=State.WAITING)

    plan = enrolments("1,10010140,王小明,課員,,present")

    assert plan.rows[0].outcome == "changed"
    assert stored()[1] == ("王小明", State.CONFIRMED, "present", IMPORTED)


def test_somebody_who_cancelled_is_enrolled_anew(session, unit):
    person = make.make_person(unit=unit, name="王小明", title="課員", email="")
    make.make_enrolment(session=session, unit=unit, person=person, state=State.CANCELLED)

    enrolments("1,10010140,王小明,課員,,")

    assert [row[1] for row in stored()] == [State.CANCELLED, State.CONFIRMED]


def test_after_attendance_is_settled_a_new_empty_mark_is_absent(session, unit):
    actions.close_attendance(session=session, by=None, at=taipei(2016, 4, 12))

    plan = enrolments("1,10010140,甲,課員,,", "1,10010140,乙,課員,,present")

    assert [row[2] for row in stored()] == ["absent", "present"]
    assert "本梯次出席已結算，沒有登記的算缺席。" in plan.rows[0].notes
    assert enrolments("1,10010140,甲,課員,,未登記").refusals == [
        "第 2 列「出席」：本梯次出席已結算，請填出席情形。"
    ]


def test_windows_do_not_refuse_an_import_but_a_frozen_year_does(session, unit):
    session.enrolment_closes_at = taipei(2016, 3, 1)
    session.save()
    enrolments("1,10010140,甲,課員,,")
    Programme.objects.update(state=Programme.State.FROZEN)

    with pytest.raises(Refused, match="105年度已凍結，資料不能再變更。"):
        enrolments("1,10010140,乙,課員,,")
    assert len(stored()) == 1


def test_enrolments_undone_give_their_seats_to_who_waits(session, unit):
    make.make_quota(session=session, unit=unit, seats=1)
    enrolments("1,10010140,甲,課員,,")
    actions.enrol(session=session, unit=unit, name="乙", by=None, at=AT)

    importing.undo(ImportBatch.objects.get(), EnrolmentImporter(Programme.objects.get()), by=None, at=AT)

    assert stored() == [("乙", State.CONFIRMED, "", "")]


def test_enrolments_export_is_what_is_imported(session, unit):
    enrolments("1,10010140,林堃峯,課員,lin@example.test,遲到", "1,10010140,王小明,課員,,")
    make.make_enrolment(session=session, unit=unit, state=State.WAITING)

    header, *rows = exported(EnrolmentImporter)

    assert header == ["梯次", "機關代碼", "姓名", "職稱", "電子郵件", "出席"]
    assert rows == [
        ["1", "10010140", "林堃峯", "課員", "lin@example.test", "遲到"],
        ["1", "10010140", "王小明", "課員", "", ""],
    ]
    assert enrolments(*(",".join(row) for row in rows)).counts["unchanged"] == 2


@pytest.mark.parametrize(
    ("importer", "header", "line"),
    [
        (QuotaImporter, QUOTAS, "{n},10010140,2"),
        (EnrolmentImporter, ENROLMENTS, "1,10010140,學員{n},課員,p{n}@example.test,present"),
    ],
)
def test_a_plan_takes_the_same_queries_however_long(
    django_assert_max_num_queries, session, unit, importer, header, line
):
    for number in range(2, 31):
        make.make_session(number=number)
    taken = []
    for count in (1, 30):
        content = "\n".join([header, *(line.format(n=n) for n in range(1, count + 1))]).encode()
        with django_assert_max_num_queries(8) as counted:
            plan = importing.make_plan(
                importer(Programme.objects.get(year=105)), content, "資料.csv", by=None, at=AT
            )
        assert plan.counts["added"] == count
        taken.append(len(counted))

    assert taken[0] == taken[1]
