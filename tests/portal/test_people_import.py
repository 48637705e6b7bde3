import csv
import io
import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from agencies.models import CompetitionGroup, Contact, Curator, Notice, Person, User
from chiayi_elearn.people_import import PeopleImporter
from competition.models import Judge
from foundation import importing
from foundation.models import Event, Mail
from tests import factories as make
from workshops.models import Tutor

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
AT = make.taipei(2016, 3, 15, 9)
TITLES = [field.title for field in PeopleImporter.fields]


@pytest.fixture
def programme():
    programme = make.make_programme(year=105)
    make.make_competition(programme=programme)
    make.make_unit(programme=programme, code="A1", name="竹崎鄉公所")
    make.make_unit(programme=programme, code="B1", name="民雄鄉公所")
    return programme


def as_csv(*rows):
    """Rows as (username, name, email, unit, roles, group); the last may be left out."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(TITLES)
    writer.writerows([*row, ""][:6] if len(row) == 5 else row for row in rows)
    return file.getvalue().encode()


def read(programme, *rows, by=None, at=AT):
    """Import at once, as the command does."""
    return importing.run(
        PeopleImporter(programme), content=as_csv(*rows), filename="people.csv", by=by, at=at
    )


def refusals(programme, *rows, by=None):
    before = User.objects.count(), Person.objects.count(), Contact.objects.count()
    plan = read(programme, *rows, by=by)
    assert (User.objects.count(), Person.objects.count(), Contact.objects.count()) == before
    return plan.refusals


LIN = ("lin", "林堃峯", "lin@example.test", "A1", "聯絡人")


def test_new_contact_is_made_and_invited(programme):
    plan = read(programme, LIN)

    user = User.objects.get(username="lin")
    assert plan.counts == {"added": 1, "changed": 0, "unchanged": 0, "refused": 0}
    assert (user.name, user.email, user.is_staff, user.has_usable_password()) == (
        "林堃峯",
        "lin@example.test",
        False,
        False,
    )
    contact = user.contacts.get()
    assert (contact.unit.code, contact.starts_on, contact.ends_on) == ("A1", date(2016, 3, 15), None)
    assert "/accounts/reset/" in Mail.objects.get(recipient="lin@example.test").body


def test_every_role_goes_where_it_belongs(programme):
    read(
        programme,
        ("a", "甲", "a@example.test", "", "承辦人、策展人"),
        ("b", "乙", "b@example.test", "A1", "評審，輔導教師", "機關組"),
        ("c", "丙", "c@example.test", "B1", "同仁"),
        ("", "丁", "d@example.test", "B1", "同仁"),
    )

    assert list(User.objects.filter(is_staff=True).values_list("username", flat=True)) == ["a"]
    assert Curator.objects.get().user.username == "a"
    judge = Judge.objects.get()
    assert (judge.user.username, judge.group.key, judge.unit.code) == ("b", CompetitionGroup.AGENCY, "A1")
    assert (Tutor.objects.get().user.username, Tutor.objects.get().programme) == ("b", programme)
    people = Person.objects.order_by("pk").values_list("name", "unit__code", "user__username")
    assert list(people) == [("丙", "B1", "c"), ("丁", "B1", None)]
    assert set(Mail.objects.values_list("recipient", flat=True)) == {
        "a@example.test",
        "b@example.test",
        "c@example.test",
    }
    assert Event.objects.get(action="account.staff_granted").summary == "授予甲承辦人身分（匯入）"


def test_same_file_again_changes_nothing_and_mails_nobody(programme):
    rows = (
        LIN,
        ("a", "甲", "a@example.test", "", "承辦人、策展人"),
        ("b", "乙", "b@example.test", "A1", "評審、輔導教師", "機關組"),
        ("c", "丙", "c@example.test", "B1", "同仁"),
        ("", "丁", "", "B1", "同仁"),
    )
    read(programme, *rows)
    mails = Mail.objects.count()

    plan = read(programme, *rows)

    assert plan.counts == {"added": 0, "changed": 0, "unchanged": 5, "refused": 0}
    assert Mail.objects.count() == mails


def test_one_account_in_two_units_and_two_panels(programme):
    read(
        programme,
        ("lin", "林堃峯", "lin@example.test", "A1", "聯絡人"),
        ("lin", "林堃峯", "lin@example.test", "B1", "聯絡人"),
        ("lin", "林堃峯", "lin@example.test", "", "評審", "機關組"),
        ("LIN", "林堃峯", "lin@example.test", "", "評審、策展人", "本府暨學校組"),
    )
    user = User.objects.get()
    assert sorted(user.contacts.values_list("unit__code", flat=True)) == ["A1", "B1"]
    assert (user.judgeships.count(), user.curatorships.count()) == (2, 1)
    assert Mail.objects.count() == 1


def test_hats_are_added_to_known_accounts_and_told(programme):
    user = make.make_user(username="lin", name="林堃峯", email="lin@example.test")

    plan = read(programme, ("Lin", "林堃峯", "LIN@example.test", "A1", "聯絡人、輔導教師"))

    assert plan.counts["changed"] == 1
    assert plan.rows[0].differences == [
        ["身分", "（沒有）", "聯絡人"],
        ["身分", "（沒有）", "輔導教師"],
    ]
    assert Notice.objects.get(user=user).text == "您已是竹崎鄉公所的聯絡人。"
    assert not Mail.objects.exists()


def test_name_and_address_are_changed_and_the_old_address_told(programme):
    make.make_user(username="lin", name="林堃峰", email="old@example.test")
    plan = read(programme, LIN)
    user = User.objects.get(username="lin")
    assert (user.name, user.email) == ("林堃峯", "lin@example.test")
    assert ["姓名", "林堃峰", "林堃峯"] in plan.rows[0].differences
    assert Mail.objects.get().recipient == "old@example.test"


def test_the_person_of_an_account_goes_by_its_name(programme):
    unit = programme.units.get(unit__code="A1")
    user = make.make_user(username="lin", name="林堃峰", email="lin@example.test")
    person = make.make_person(unit=unit, name="林堃峰", email="lin@example.test", user=user)

    read(programme, LIN)
    person.refresh_from_db()
    assert person.name == "林堃峯"

    assert refusals(programme, ("", "林大同", "lin@example.test", "A1", "同仁")) == [
        "第 2 列「姓名」：這位同仁的帳號是「lin」；要改姓名，請填帳號。"
    ]


def test_known_person_gets_the_account(programme):
    person = make.make_person(name="林堃峯", email="lin@example.test")
    read(programme, LIN)
    person.refresh_from_db()
    assert person.user.username == "lin"


def test_colleague_known_by_address_moves_to_the_unit_of_the_row(programme):
    old = programme.units.get(unit__code="B1")
    person = make.make_person(unit=old, name="林堃峯", title="課長", email="lin@example.test")
    read(programme, ("", "林堃峯", "lin@example.test", "A1", "同仁"))
    person.refresh_from_db()
    assert (person.unit.code, person.title) == ("A1", "課長")


def test_colleague_without_address_is_known_by_name_in_the_unit(programme):
    unit = programme.units.get(unit__code="A1")
    make.make_person(unit=unit, name="林堃峯", title="科員", email="")
    plan = read(programme, ("", "林堃峯", "", "A1", "同仁"))
    assert plan.counts["unchanged"] == 1
    make.make_person(unit=unit, name="林堃峯", title="課長", email="")
    assert refusals(programme, ("", "林堃峯", "", "A1", "同仁")) == [
        "第 2 列「電子郵件」：同一機關有多位同名的同仁，請填電子郵件以資區別。"
    ]


def test_colleague_listed_without_address_gets_the_one_of_the_file(programme):
    unit = programme.units.get(unit__code="A1")
    person = make.make_person(unit=unit, name="林堃峯", title="科員", email="")

    plan = read(programme, ("", "林堃峯", "lin@example.test", "A1", "同仁"))

    person.refresh_from_db()
    assert (person.email, person.title, Person.objects.count()) == ("lin@example.test", "科員", 1)
    assert plan.rows[0].differences == [["電子郵件", "（未填）", "lin@example.test"]]


def test_judge_gets_a_unit_that_was_missing(programme):
    user = make.make_judge(programme=programme)
    read(programme, (user.username, user.name, user.email, "A1", "評審", "機關組"))
    assert Judge.objects.get().unit.code == "A1"


@pytest.mark.parametrize(
    ("row", "problem"),
    (
        (("", "林堃峯", "lin@example.test", "A1", "聯絡人"), "「帳號」：沒有填寫"),
        (("lin", "林堃峯", "", "A1", "聯絡人"), "「電子郵件」：新帳號須有電子郵件"),
        (("lin", "", "lin@example.test", "A1", "聯絡人"), "「姓名」：沒有填寫"),
        (("lin", "林堃峯", "lin", "A1", "聯絡人"), "「電子郵件」：「lin」不是電子郵件地址"),
        (("林 ？", "林堃峯", "lin@example.test", "A1", "聯絡人"), "「帳號」：帳號只能用"),
        (("lin", "林堃峯", "lin@example.test", "", "聯絡人"), "「機關代碼」：聯絡人須填"),
        (("lin", "林堃峯", "lin@example.test", "", "同仁"), "「機關代碼」：同仁須填"),
        (("lin", "林堃峯", "lin@example.test", "Z9", "聯絡人"), "沒有代碼「Z9」的機關"),
        (("lin", "林堃峯", "lin@example.test", "A1", "主任"), "沒有「主任」這個身分"),
        (("lin", "林堃峯", "lin@example.test", "A1", ""), "「身分」：沒有填寫"),
        (("lin", "林堃峯", "lin@example.test", "", "評審"), "「組別」：評審須填組別"),
        (("lin", "林堃峯", "lin@example.test", "", "評審", "甲組"), "沒有「甲組」這個組別"),
        (("lin", "林堃峯", "lin@example.test", "", "承辦人、評審", "機關組"), "不能擔任評審"),
        (("lin", "林堃峯", "lin@example.test", "A1", "聯絡人", "機關組"), "只有評審填組別"),
        (("gone", "離職者", "gone@example.test", "A1", "聯絡人"), "帳號「gone」已停用"),
        (("lin", "林堃峯", "chen@example.test", "A1", "聯絡人"), "是帳號「chen」的電子郵件"),
    ),
)
def test_rows_that_are_refused(programme, row, problem):
    make.make_user(username="gone", email="gone@example.test", is_active=False)
    make.make_user(username="chen", email="chen@example.test")
    found = refusals(programme, row)
    assert len(found) == 1
    assert problem in found[0]
    assert found[0].startswith("第 2 列")


def test_one_refused_row_stops_the_whole_file(programme):
    assert len(refusals(programme, LIN, ("chen", "陳", "", "A1", "聯絡人"))) == 1


def test_doubled_rows_and_contradicting_ones_are_refused(programme):
    assert "與第 2 列重複" in refusals(programme, LIN, LIN)[0]
    other = ("lin", "林大同", "lin@example.test", "B1", "聯絡人")
    assert refusals(programme, LIN, other) == ["第 3 列「帳號」：這個帳號在第 2 列有不同的姓名或電子郵件。"]
    stolen = ("chen", "陳", "lin@example.test", "B1", "聯絡人")
    assert "是帳號「lin」的電子郵件" in refusals(programme, LIN, stolen)[0]


def test_two_known_accounts_cannot_get_one_address(programme):
    make.make_user(username="a", name="甲", email="a@example.test")
    make.make_user(username="b", name="乙", email="b@example.test")

    assert refusals(
        programme,
        ("a", "甲", "new@example.test", "A1", "聯絡人"),
        ("b", "乙", "new@example.test", "A1", "聯絡人"),
    ) == ["第 3 列「電子郵件」：「new@example.test」是帳號「a」的電子郵件。"]


def test_staff_are_made_by_administrators_only(programme):
    row = ("a", "甲", "a@example.test", "", "承辦人")
    assert "只有系統管理者可以授予" in refusals(programme, row, by=make.make_staff())[0]
    known = make.make_user(username="b", name="乙", email="b@example.test")
    row_of_known = ("b", "乙", "b@example.test", "", "承辦人")
    assert refusals(programme, row_of_known, by=make.make_staff())

    read(programme, row, row_of_known, by=make.make_administrator())

    known.refresh_from_db()
    assert known.is_staff
    assert Event.objects.filter(action="account.staff_granted").count() == 2


def test_a_judge_is_not_made_staff(programme):
    judge = make.make_judge(user=make.make_user(username="judge", name="周評審", email="judge@example.test"))
    found = refusals(programme, ("judge", "周評審", judge.email, "", "承辦人"), by=make.make_administrator())
    assert found == [
        "第 2 列「身分」：周評審正在擔任評審，不能授予承辦人身分：承辦人看得到機關、作者與各人的分數。"
    ]

    Judge.objects.update(resigned_at=AT, resign_reason="出國")

    read(programme, ("judge", "周評審", judge.email, "", "承辦人"), by=make.make_administrator())
    judge.refresh_from_db()
    assert judge.is_staff


def test_an_administrators_account_is_not_changed_by_staff(programme):
    administrator = make.make_administrator(username="root", name="管理者", email="root@example.test")
    row = ("root", "管理者", "other@example.test", "", "策展人")
    assert "只有系統管理者可以變更" in refusals(programme, row, by=make.make_staff())[0]
    administrator.refresh_from_db()
    assert administrator.email == "root@example.test"


def test_closed_unit_takes_no_contact(programme):
    unit = programme.units.get(unit__code="A1").unit
    unit.closed_on = date(2016, 3, 1)
    unit.save()
    assert "已裁撤" in refusals(programme, LIN)[0]


def test_year_without_a_competition_has_no_panels():
    programme = make.make_programme(year=104)
    row = ("b", "乙", "b@example.test", "", "評審", "機關組")
    assert "沒有這一組" in refusals(programme, row)[0]


def test_undo_takes_new_accounts_and_hats_back(programme):
    importer = PeopleImporter(programme)
    staff = make.make_administrator()
    batch = importing.preview(importer, content=as_csv(LIN), filename="p.csv", by=staff, at=AT)
    importing.confirm(batch, importer, by=staff, at=AT)
    assert User.objects.filter(username="lin").exists()

    importing.undo(batch, importer, by=staff, at=AT)

    assert not User.objects.filter(username="lin").exists()
    assert not Contact.objects.exists()


def test_export_reads_back_as_unchanged(programme):
    read(
        programme,
        ("a", "甲", "a@example.test", "", "承辦人、策展人"),
        ("b", "乙", "b@example.test", "A1", "評審、輔導教師", "機關組"),
        LIN,
        ("lin", "林堃峯", "lin@example.test", "B1", "聯絡人、同仁"),
        ("", "丁", "d@example.test", "B1", "同仁"),
    )
    written = importing.write_export(PeopleImporter(programme), "csv")

    plan = importing.run(
        PeopleImporter(programme), content=written.content, filename="people.csv", by=None, at=AT
    )

    assert plan.counts == {"added": 0, "changed": 0, "unchanged": 6, "refused": 0}


@pytest.mark.parametrize("count", (1, 30))
def test_plan_runs_the_same_queries_for_any_number_of_rows(programme, count, django_assert_max_num_queries):
    rows = [(f"u{n}", f"人{n}", f"u{n}@example.test", "A1", "聯絡人、同仁、輔導教師") for n in range(count)]
    with django_assert_max_num_queries(13):
        importing.make_plan(PeopleImporter(programme), as_csv(*rows), "people.csv", by=None, at=AT)


def test_command_imports_people(programme, tmp_path):
    file = tmp_path / "people.csv"
    file.write_bytes(as_csv(LIN))
    out = StringIO()
    call_command("import_people", "105", str(file), "--format", "json", stdout=out)
    assert json.loads(out.getvalue())["counts"]["added"] == 1

    file.write_bytes(as_csv(("chen", "陳", "", "A1", "聯絡人")))
    with pytest.raises(CommandError, match="第 2 列「電子郵件」"):
        call_command("import_people", "105", str(file), stdout=out)
