from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agencies.models import Category, Contact, Headcount, Person, Programme, ProgrammeUnit, Unit, User
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    user = make.make_staff()
    client.force_login(user)
    return user


def unit_page(name, unit, *args):
    url = reverse(f"agencies:{name}", args=[unit.unit.code, *args])
    return f"{url}?year={unit.programme.year}"


def words(response):
    return response.content.decode()


# The list of units


def test_unit_list_without_a_year_says_what_to_do(client, staff):
    assert "還沒有任何年度" in words(client.get(reverse("agencies:unit_list")))


@pytest.mark.parametrize("count", (1, 3))
def test_unit_list_query_count(client, staff, count, django_assert_num_queries):
    programme = make.make_programme(year=105)
    parent = make.make_unit(programme=programme)
    for _ in range(count):
        unit = make.make_unit(programme=programme, headcount=5, parent=parent)
        make.make_contact(unit=unit)

    # session, user, year, categories, count, rows; the frame's years and notices
    with django_assert_num_queries(8):
        response = client.get(reverse("agencies:unit_list"))

    assert len(response.context["page"]) == count + 1


@pytest.fixture
def some_units():
    programme = make.make_programme(year=105)
    full = make.make_unit(
        programme=programme, code="A1", name="甲鄉公所", category=Category.TOWNSHIP, headcount=9
    )
    make.make_contact(unit=full)
    bare = make.make_unit(programme=programme, code="B1", name="乙國小", category=Category.SCHOOL)
    other = make.make_unit(
        programme=programme, code="C1", name="丙所", category=Category.OTHER, headcount=3, on_board=False
    )
    Unit.objects.filter(pk=other.unit_id).update(closed_on=date(2016, 6, 1))
    make.make_contact(unit=other)
    return {"A1": full, "B1": bare, "C1": other}


@pytest.mark.parametrize(
    ("query", "codes"),
    (
        ("", ["A1", "B1", "C1"]),
        ("?category=school", ["B1"]),
        ("?group=agency", ["A1"]),
        ("?q=甲鄉", ["A1"]),
        ("?q=c1", ["C1"]),
        ("?state=no_headcount", ["B1"]),
        ("?state=no_contact", ["B1"]),
        ("?state=no_group", ["C1"]),
        ("?state=off_board", ["C1"]),
        ("?state=closed", ["C1"]),
        ("?sort=-code", ["C1", "B1", "A1"]),
        ("?sort=headcount", ["B1", "C1", "A1"]),
        ("?sort=nonsense", ["A1", "B1", "C1"]),
        ("?category=township&q=乙", []),
    ),
)
def test_unit_list_filters_and_sorts(client, staff, some_units, query, codes):
    response = client.get(reverse("agencies:unit_list") + query)
    assert [unit.unit.code for unit in response.context["page"]] == codes
    if not codes:
        assert "沒有符合條件的機關" in words(response)


def test_unit_list_pages_by_the_hundred(client, staff):
    programme = make.make_programme(year=105)
    for number in range(101):
        make.make_unit(programme=programme, code=f"P{number:03d}")
    response = client.get(reverse("agencies:unit_list"), {"page": 2})
    assert [unit.unit.code for unit in response.context["page"]] == ["P100"]
    assert "共 101 個機關" in words(response)


def test_unit_list_of_a_contact_holds_only_the_own_unit(client, some_units):
    client.force_login(make.make_contact(unit=some_units["B1"]))
    response = client.get(reverse("agencies:unit_list"))
    assert [unit.unit.code for unit in response.context["page"]] == ["B1"]
    assert "甲鄉公所" not in words(response)
    assert reverse("agencies:unit_create") not in words(response)


# One unit


@pytest.mark.parametrize("count", (1, 3))
def test_unit_detail_query_count(client, staff, count, django_assert_max_num_queries):
    unit = make.make_unit(programme=make.make_programme(year=105), code="A1", headcount=5)
    for number in range(count):
        programme = make.make_programme(year=105 - 1 - number)
        make.make_unit(programme=programme, code="A1", headcount=number)
        make.make_contact(unit=unit)
        make.make_headcount(unit=unit, count=number, effective_on=date(2016, 4, 1 + number))
        make.make_unit(programme=unit.programme, parent=unit)
    with django_assert_max_num_queries(16):
        client.get(unit_page("unit_detail", unit))


def test_unit_detail_of_an_old_year_keeps_the_old_name(client, staff):
    old = make.make_unit(programme=make.make_programme(year=104), code="A1", name="舊名公所")
    new = make.make_unit(programme=make.make_programme(year=105), code="A1", name="舊名公所")
    client.post(unit_page("unit_rename", new), {"name": "新名公所"})

    assert "<h1>舊名公所</h1>" in words(client.get(unit_page("unit_detail", old)))
    assert "<h1>新名公所</h1>" in words(client.get(unit_page("unit_detail", new)))


def test_unit_detail_without_this_year_leads_to_the_newest_it_has(client, staff):
    old = make.make_unit(programme=make.make_programme(year=104), code="A1")
    make.make_programme(year=105)
    url = reverse("agencies:unit_detail", args=["A1"])
    assert client.get(url).url == unit_page("unit_detail", old)
    assert client.get(f"{url}?year=105").status_code == 404


def test_unit_detail_of_a_contact_shows_no_staff_tools(client):
    unit = make.make_unit(headcount=5)
    client.force_login(make.make_contact(unit=unit))
    page = words(client.get(unit_page("unit_detail", unit)))
    assert unit.name in page
    for tool in ("更名", "裁撤", "交接", "登錄或更正人數", "異動紀錄"):
        assert tool not in page


def test_unit_detail_of_a_frozen_year_offers_no_changes(client, staff):
    unit = make.make_unit(headcount=5)
    Programme.objects.update(state=Programme.State.FROZEN)
    page = words(client.get(unit_page("unit_detail", unit)))
    assert "這個年度已凍結" in page
    for tool in ("更名", "登錄或更正人數", "變更設定"):
        assert tool not in page


# Forms


def test_unit_create_by_hand(client, staff):
    programme = make.make_programme(year=105)
    data = {"code": "Ｎ０１", "name": "　測試 新機關 ", "category": "school", "headcount": "２０"}

    response = client.post(reverse("agencies:unit_create") + "?year=105", data)

    unit = ProgrammeUnit.objects.with_headcount().get(programme=programme)
    assert (unit.unit.code, unit.name, unit.headcount) == ("N01", "測試 新機關", 20)
    assert response.url == unit_page("unit_detail", unit)


@pytest.mark.parametrize(
    ("data", "problem"),
    (
        ({"code": "甲/乙"}, "不能作機關代碼"),
        ({"code": "new"}, "不能作機關代碼"),
        ({"headcount": "-1"}, "大於或等於 0"),
        ({"headcount": "12.5"}, "單位人數須為整數"),
        ({"category": "nonsense"}, "nonsense"),
        ({"code": "A1"}, "已有機關代碼 A1"),
    ),
)
def test_unit_create_refuses_and_keeps_what_was_typed(client, staff, data, problem):
    make.make_unit(programme=make.make_programme(year=105), code="A1")
    data = {"code": "N01", "name": "打好的名稱", "category": "school", **data}

    response = client.post(reverse("agencies:unit_create"), data)

    assert problem in words(response)
    assert "打好的名稱" in words(response)
    assert Unit.objects.count() == 1


def test_headcount_pages_add_and_delete(client, staff):
    unit = make.make_unit()
    client.post(unit_page("headcount_create", unit), {"effective_on": "105.3.1", "count": "68"})
    headcount = Headcount.objects.get()
    assert (headcount.effective_on, headcount.count) == (date(2016, 3, 1), 68)

    client.post(unit_page("headcount_delete", unit, headcount.pk))
    assert not Headcount.objects.exists()


def test_headcount_of_another_unit_cannot_be_deleted_by_this_address(client, staff):
    unit, other = make.make_unit(), make.make_unit(headcount=5)
    url = unit_page("headcount_delete", unit, other.headcounts.get().pk)
    assert client.post(url).status_code == 404
    assert other.headcounts.exists()


def test_unit_update_shows_the_refusal_of_the_action(client, staff):
    unit = make.make_unit()
    data = {"category": unit.category, "competition_group": unit.competition_group, "parent": ""}
    assert "沒有任何變更" in words(client.post(unit_page("unit_update", unit), data))


def test_merge_then_reopen_by_the_pages(client, staff):
    unit, into = make.make_unit(name="甲所"), make.make_unit(name="乙所")
    client.post(unit_page("unit_merge", unit), {"into": into.unit_id, "on": "105/7/1"})
    assert "併入" in words(client.get(unit_page("unit_detail", unit)))

    client.post(unit_page("unit_reopen", unit))
    assert Unit.objects.get(pk=unit.unit_id).closed_on is None


def test_close_by_the_page(client, staff):
    unit = make.make_unit()
    client.post(unit_page("unit_close", unit), {"on": "2016-07-01"})
    assert Unit.objects.get(pk=unit.unit_id).closed_on == date(2016, 7, 1)


def test_unit_remove_leads_to_the_list_or_says_why_not(client, staff):
    unit, busy = make.make_unit(), make.make_unit()
    make.make_update(unit=busy)
    assert client.post(unit_page("unit_remove", unit)).url.startswith(reverse("agencies:unit_list"))
    assert "不能移除；可改為不列入完成度" in words(client.post(unit_page("unit_remove", busy)))


def test_unit_on_board_by_the_page(client, staff):
    unit = make.make_unit()
    client.post(unit_page("unit_on_board", unit), {"on_board": "0"})
    unit.refresh_from_db()
    assert not unit.on_board


# Contacts


def test_contact_pages_from_first_to_last(client, staff):
    unit, lin, chen = make.make_unit(), make.make_user(username="lin"), make.make_user(username="chen")
    today = timezone.localdate()
    client.post(
        unit_page("contact_create", unit),
        {"user": "LIN", "starts_on": str(today - timedelta(days=10)), "phone": "05-3620123"},
    )
    first = Contact.objects.get()
    assert (first.user, first.phone) == (lin, "05-3620123")

    client.post(
        unit_page("contact_deputy", unit, first.pk),
        {"user": chen.email, "starts_on": str(today), "ends_on": str(today + timedelta(days=3))},
    )
    assert Contact.objects.get(deputy_for=first).user == chen

    third = make.make_user(username="third")
    client.post(unit_page("contact_hand_over", unit, first.pk), {"to": "third", "on": str(today)})
    first.refresh_from_db()
    assert first.ends_on == today - timedelta(days=1)
    assert Contact.objects.in_force().get(user=third).unit == unit.unit

    row = Contact.objects.get(user=third)
    client.post(unit_page("contact_end", unit, row.pk), {"on": str(today)})
    row.refresh_from_db()
    assert row.ends_on == today
    page = words(client.get(unit_page("unit_detail", unit)))
    assert page.count("已結束") == 1


@pytest.mark.parametrize(
    ("user", "problem"), (("nobody", "沒有帳號「nobody」"), ("gone", "帳號已停用"), ("", "請填帳號"))
)
def test_contact_create_refuses_unknown_accounts(client, staff, user, problem):
    make.make_user(username="gone", is_active=False)
    unit = make.make_unit()
    response = client.post(unit_page("contact_create", unit), {"user": user, "starts_on": "105/6/1"})
    assert problem in words(response)


def test_contact_of_another_unit_is_not_found(client, staff):
    unit, other = make.make_unit(), make.make_unit()
    contact = make.make_contact(unit=other).contacts.get()
    for name in ("contact_end", "contact_deputy", "contact_hand_over"):
        assert client.get(unit_page(name, unit, contact.pk)).status_code == 404


def test_contact_remove_by_the_page(client, staff):
    unit = make.make_unit()
    tomorrow = timezone.localdate() + timedelta(days=1)
    contact = make.make_contact(unit=unit, starts_on=tomorrow).contacts.get()
    client.post(unit_page("contact_remove", unit, contact.pk))
    assert not Contact.objects.exists()


# Accounts


@pytest.mark.parametrize("count", (1, 3))
def test_account_list_query_count(client, staff, count, django_assert_num_queries):
    unit = make.make_unit()
    for _ in range(count):
        make.make_contact(unit=unit)
    # session, user, count, rows, contacts, curatorships; the frame's year, years and notices
    with django_assert_num_queries(9):
        response = client.get(reverse("agencies:account_list"))
    assert len(response.context["page"]) == count + 1


@pytest.mark.parametrize(
    ("query", "names"),
    (
        ("", ["chen", "gone", "lin", "office", "plain"]),
        ("?hat=staff", ["office"]),
        ("?hat=contact", ["lin"]),
        ("?hat=curator", ["chen"]),
        ("?hat=none", ["gone", "plain"]),
        ("?state=disabled", ["gone"]),
        ("?state=invited", ["chen", "lin", "office"]),
        ("?state=active", ["plain"]),
        ("?q=LIN", ["lin"]),
        ("?unit=竹崎", ["lin"]),
        ("?unit=a1", ["lin"]),
    ),
)
def test_account_list_filters(client, query, names):
    office = make.make_staff(username="office")
    unit = make.make_unit(code="A1", name="竹崎鄉公所")
    make.make_contact(unit=unit, user=make.make_user(username="lin"))
    curator = make.make_user(username="chen")
    curator.curatorships.create(starts_on=date(2016, 1, 1))
    make.make_user(username="gone", is_active=False)
    plain = make.make_user(username="plain")
    plain.set_password("鳳梨田與吳郭魚88")
    plain.save()
    client.force_login(office)

    response = client.get(reverse("agencies:account_list") + query)

    assert [account.username for account in response.context["page"]] == names


def test_invitation_page_makes_account_contact_and_curator(client, staff):
    unit = make.make_unit()
    data = {"name": "林堃峯", "email": "Lin@Example.test", "unit": unit.unit_id, "is_curator": "on"}

    client.post(reverse("agencies:account_create"), data)

    user = User.objects.get(username="lin@example.test")
    assert (user.name, user.email, user.is_staff) == ("林堃峯", "lin@example.test", False)
    assert user.contacts.get().unit == unit.unit
    assert user.curatorships.count() == 1


def test_invitation_page_gives_staff_only_by_an_administrator(client, staff):
    data = {"name": "林堃峯", "email": "lin@example.test", "is_staff": "on"}
    client.post(reverse("agencies:account_create"), data)
    assert not User.objects.get(email="lin@example.test").is_staff

    client.force_login(make.make_administrator())
    client.post(reverse("agencies:account_create"), {**data, "email": "chen@example.test"})
    assert User.objects.get(email="chen@example.test").is_staff


def test_invitation_that_is_refused_leaves_no_account(client, staff):
    unit = make.make_unit()
    Unit.objects.filter(pk=unit.unit_id).update(closed_on=date(2016, 1, 1))
    count = User.objects.count()
    data = {"name": "林堃峯", "email": "lin@example.test", "unit": unit.unit_id}
    response = client.post(reverse("agencies:account_create"), data)
    assert response.status_code == 200
    assert User.objects.count() == count


@pytest.mark.parametrize("is_administrator", (True, False))
def test_account_detail_offers_staff_rights_to_administrators_only(client, is_administrator):
    client.force_login(make.make_administrator() if is_administrator else make.make_staff())
    account = make.make_user()
    page = words(client.get(reverse("agencies:account_detail", args=[account.pk])))
    assert ("授予承辦人身分" in page) is is_administrator


def test_account_update_says_what_is_wrong_with_an_address(client, staff):
    account = make.make_user()
    url = reverse("agencies:account_update", args=[account.pk])
    assert "不是電子郵件地址" in words(client.post(url, {"name": "林堃峯", "email": "lin"}))


# People


@pytest.mark.parametrize("count", (1, 3))
def test_person_list_query_count(client, staff, count, django_assert_num_queries):
    unit = make.make_unit()
    for _ in range(count):
        make.make_person(unit=unit, user=make.make_user())
    # session, user, count, rows; the frame's year, years and notices
    with django_assert_num_queries(7):
        response = client.get(reverse("agencies:person_list"))
    assert len(response.context["page"]) == count


def test_person_list_filters_by_unit_and_words(client, staff):
    unit, other = make.make_unit(code="A1"), make.make_unit()
    lin = make.make_person(unit=unit, name="林堃峯")
    make.make_person(unit=unit, name="陳美惠")
    make.make_person(unit=other, name="林大同")
    response = client.get(reverse("agencies:person_list"), {"unit": "A1", "q": "林"})
    assert list(response.context["page"]) == [lin]


def test_person_pages_add_and_transfer(client, staff):
    old, new = make.make_unit(code="A1"), make.make_unit(code="B1")
    data = {"name": "林堃峯", "title": "科員", "email": "", "unit": old.unit_id}
    client.post(reverse("agencies:person_create"), data)
    person = Person.objects.get()

    client.post(reverse("agencies:person_update", args=[person.pk]), {**data, "unit": new.unit_id})

    person.refresh_from_db()
    assert person.unit == new.unit


# Years


@pytest.mark.parametrize("count", (1, 3))
def test_programme_list_query_count(client, staff, count, django_assert_num_queries):
    for number in range(count):
        make.make_unit(programme=make.make_programme(year=105 - number))
    # session, user, years; the frame's year, years and notices
    with django_assert_num_queries(6):
        response = client.get(reverse("agencies:programme_list"))
    assert [year.unit_count for year in response.context["programmes"]] == [1] * count


def test_programme_detail_says_what_is_missing(client, staff):
    programme = make.make_programme(year=106, state=Programme.State.DRAFT)
    make.make_contact(unit=make.make_unit(programme=programme))
    make.make_unit(programme=programme, headcount=0)
    make.make_unit(programme=programme, headcount=7)
    page = words(client.get(reverse("agencies:programme_detail", args=[106])))
    assert "2 個機關沒有單位人數" in page
    assert "2 個機關沒有聯絡人" in page
    assert "開始106年度" in page


def test_programme_activate_by_the_page(client, staff):
    make.make_unit(programme=make.make_programme(year=106, state=Programme.State.DRAFT))
    client.post(reverse("agencies:programme_activate", args=[106]))
    assert Programme.objects.get(year=106).state == Programme.State.ACTIVE
