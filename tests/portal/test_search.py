"""The header's search finds by any name or number, and only what the person may see."""

import pytest
from django.urls import reverse

from tests import factories as make
from tests.permissions.world import build_world

pytestmark = pytest.mark.django_db


def found(client, user, text):
    client.force_login(user)
    page = client.get(reverse("portal:search"), {"q": text})
    return {group.title: [hit.label for hit in group.hits] for group in page.context["groups"]}


@pytest.fixture
def world():
    world = build_world()
    make.make_update(unit=world.unit, title="只此一筆更新")
    return world


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("竹崎", {"機關": ["嘉義縣竹崎鄉公所"]}),
        ("１００１０１４０", {"機關": ["嘉義縣竹崎鄉公所"]}),
        ("林堃", {"同仁": ["林堃峯"]}),
        ("測試作", {"參賽作品": ["測試作品"]}),
        ("只此一筆", {"資料更新": ["只此一筆更新"]}),
        ("沒有這個", {}),
        ("", {}),
    ),
)
def test_staff_find_everything(client, world, text, expected):
    assert found(client, world.users["staff"], text) == expected


def test_by_receipt_and_author(client, world):
    world.entry.authors.create(position=1, name="喆𠮷")

    assert found(client, world.users["staff"], world.entry.receipt)["參賽作品"] == ["測試作品"]
    assert found(client, world.users["staff"], "喆𠮷") == {"參賽作品": ["測試作品"]}


def test_a_contact_finds_only_the_own_unit(client, world):
    make.make_person(unit=world.unit, name="共同姓名")
    make.make_person(unit=world.other_unit, name="共同姓名")
    make.make_entry(unit=world.other_unit, title="測試作品二")
    make.make_update(unit=world.other_unit, title="只此一筆更新二")
    contact = world.users["contact"]

    assert found(client, contact, "測試作") == {"參賽作品": ["測試作品"]}
    assert found(client, contact, "只此") == {"資料更新": ["只此一筆更新"]}
    assert found(client, contact, "嘉義縣") == {"機關": ["嘉義縣竹崎鄉公所"]}
    assert found(client, contact, "共同姓名") == {"同仁": ["共同姓名"]}


def test_no_percent_sign_finds_all(client, world):
    assert found(client, world.users["staff"], "%") == {}


@pytest.mark.parametrize("entries", (1, 30))
def test_search_query_count(client, world, entries, django_assert_max_num_queries):
    for _ in range(entries):
        make.make_entry(unit=world.unit)
    client.force_login(world.users["staff"])

    with django_assert_max_num_queries(12):
        client.get(reverse("portal:search"), {"q": "測試"})
