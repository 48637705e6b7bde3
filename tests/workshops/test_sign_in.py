"""簽到表 as it is printed and as a spreadsheet."""

from io import BytesIO

import pypdfium2
import pytest
from django.urls import reverse

from foundation.sheets import Column, read_table
from tests import factories as make
from workshops.models import Enrolment

pytestmark = pytest.mark.django_db
State = Enrolment.State


@pytest.fixture
def session():
    """Two of one unit, one of another that stands before it; one in line and one cancelled are not on it."""
    session = make.make_session(number=1, place="本府電腦教室")
    first = make.make_unit(code="10010130", name="嘉義縣中埔鄉公所")
    second = make.make_unit(code="104731", name="嘉義縣立豐山實驗國(中)小")
    for unit, name, state in (
        (second, "林堃峯", State.CONFIRMED),
        (second, "侯喆𠮷", State.CONFIRMED),
        (first, "王小明", State.CONFIRMED),
        (first, "候補者", State.WAITING),
        (first, "不來了", State.CANCELLED),
    ):
        make.make_enrolment(
            session=session, unit=unit, person=make.make_person(unit=unit, name=name), state=state
        )
    return session


@pytest.fixture
def office(client):
    client.force_login(make.make_staff())
    return client


def sheet(session, fmt):
    return reverse("workshops:sign_in_sheet", args=[session.number, fmt])


def pages(content):
    document = pypdfium2.PdfDocument(content)
    return [page.get_textpage().get_text_range() for page in document]


def test_sign_in_sheet_as_pdf_by_unit_with_blank_lines(office, session):
    answer = office.get(sheet(session, "pdf"))

    (text,) = pages(answer.content)
    assert answer.headers["Content-Type"] == "application/pdf"
    places = [text.index(words) for words in ("王小明", "林堃峯", "侯喆𠮷", "應到 3 人", "第 1 頁／共 1 頁")]
    assert places == sorted(places)
    assert "候補者" not in text and "不來了" not in text
    assert "13\r\n" in text and "14\r\n" not in text  # ten lines to write on


def test_sign_in_sheet_goes_on_over_pages_with_its_head(office, session):
    unit = make.make_unit()
    for number in range(40):
        make.make_enrolment(
            session=session, unit=unit, person=make.make_person(unit=unit, name=f"學員{number}")
        )

    texts = pages(office.get(sheet(session, "pdf")).content)

    assert len(texts) == 3
    for number, text in enumerate(texts, start=1):
        assert "105年度自製數位教材研習班第1梯次簽到表" in text and "簽退" in text
        assert f"第 {number} 頁／共 3 頁" in text


@pytest.mark.parametrize("fmt", ("ods", "xlsx", "csv"))
def test_sign_in_sheet_as_table(office, session, fmt):
    answer = office.get(sheet(session, fmt))

    titles = ("編號", "機關", "職稱", "姓名", "簽到", "簽退")
    table = read_table(
        BytesIO(answer.content), f"簽到表.{fmt}", columns=[Column(title, title) for title in titles]
    )
    assert [[row[title] for title in titles[1:4]] for row in table] == [
        ["嘉義縣中埔鄉公所", "科員", "王小明"],
        ["嘉義縣立豐山實驗國(中)小", "科員", "林堃峯"],
        ["嘉義縣立豐山實驗國(中)小", "科員", "侯喆𠮷"],
    ]


def test_sign_in_sheet_names_whom_no_font_can_print(office, session):
    person = Enrolment.objects.get(person__name="王小明").person
    person.name = "王\U0010fffd明"  # assigned to nothing, so no font ever draws it
    person.save()

    answer = office.get(sheet(session, "pdf"), follow=True)

    text = answer.content.decode()
    assert "未製作簽到表。" in text and "字型缺字" in text and "U+10FFFD" in text


def test_sign_in_sheet_of_an_unknown_kind_is_404(office, session):
    assert office.get(sheet(session, "exe")).status_code == 404
