"""From the judges' sheets to the ceremony in a real browser: progress, a dispute, the meeting, the result, the papers."""

from io import BytesIO
from pathlib import Path

import openpyxl
import pypdfium2
import pytest
from django.urls import reverse
from playwright.sync_api import expect
from python_calamine import CalamineWorkbook

from competition import actions
from competition.background import print_certificates
from competition.models import Author, Competition, Prize, ResultSet
from foundation import jobs
from foundation.models import Job
from tests import factories as make

from ..conftest import DESKTOP, PHONE

pytestmark = pytest.mark.django_db(transaction=True)
AT = make.taipei(2016, 7, 20, 9)
LONG = "嘉義縣立豐山實驗國(中)小與周邊社區共同製作的阿里山小火車數位教材"
WORKS = (
    ("105-0001", LONG, (40, 30, 20, 6), ("曾堃峯喆（範例）", "王𠮷（範例）")),
    ("105-0002", "簡易自來水報修一次看懂（範例）", (36, 27, 18, 9), ("林一（範例）",)),
    ("105-0003", "新進同仁公文入門（範例）", (36, 27, 18, 9), ("陳二（範例）", "李三（範例）")),
    ("105-0004", "戶政櫃臺的一天（範例）", (34, 25, 17, 8), ("張四（範例）",)),
    ("105-0005", "人事服務一點通（範例）", (20, 15, 10, 5), ("吳五（範例）",)),
)


@pytest.fixture
def staff():
    return make.make_administrator(name="範例承辦人", username="office")


@pytest.fixture
def competition():
    programme = make.make_programme(year=105)
    competition = make.make_competition(programme=programme, title="洗鍊的「嘉」作-第2屆自製數位教材競賽活動")
    for place, trophy, value, count in (
        (1, True, 1000, 6),
        (2, True, 1000, 4),
        (3, True, 500, 4),
        (4, False, 500, 2),
    ):
        Prize.objects.create(
            competition=competition, place=place, trophy=trophy, voucher_value=value, voucher_count=count
        )
    return competition


@pytest.fixture
def group(competition):
    judges = [make.make_judge(user=make.make_user(name=f"評審{letter}（範例）")) for letter in "甲乙丙"]
    unit = make.make_unit(name="嘉義縣家畜疾病防治所")
    for receipt, title, marks, authors in WORKS:
        entry = make.make_entry(unit=unit, receipt=receipt, title=title)
        for position, name in enumerate(authors, start=1):
            Author.objects.create(entry=entry, position=position, name=name, title="課員")
        for number, judge in enumerate(judges):
            if receipt == "105-0004" and number == 2:
                make.make_sheet(entry=entry, judge=judge, marks=marks[:2], signed_at=None)
                continue
            spread = 12 if receipt == "105-0001" and number == 1 else 0
            make.make_sheet(entry=entry, judge=judge, marks=(marks[0] - spread, *marks[1:]))
    return competition.groups.get(key="agency")


def url(name, *args):
    return reverse(f"competition:{name}", args=args)


def picture(content, name):
    """Keep the first page of a paper to be looked at."""
    with pypdfium2.PdfDocument(content) as document:
        folder = Path(__file__).parents[2] / "test-results"
        folder.mkdir(exist_ok=True)
        document[0].render(scale=1.5).to_pil().save(folder / f"{name}.png")
        return ["".join(page.get_textpage().get_text_range().split()) for page in document]


def fetched(page, address):
    answer = page.request.get(address)
    assert answer.status == 200
    return answer.body()


@pytest.mark.parametrize("size", (DESKTOP, PHONE), ids=("desktop", "phone"))
def test_the_offices_pages_are_accessible_and_fit(
    open_page, assert_accessible, screenshot, staff, group, size
):
    meeting = make.make_meeting(group=group, by=staff)
    make.make_meeting_item(meeting=meeting, discussion="說明")
    entry = Competition.objects.get().entries.first()
    review = make.make_extra_review(entry=entry, by=staff)
    page = open_page(staff, size=size)
    width = "desktop" if size == DESKTOP else "phone"
    visits = {
        "progress": url("progress_detail", group.pk),
        "ranking": url("result_detail", group.pk),
        "disputes": url("dispute_list", group.pk),
        "extra": url("extra_review_create", group.pk, review.entry_id),
        "missing": url("missing_sheet_list", group.pk),
        "meetings": url("meeting_list", group.pk),
        "meeting": url("meeting_detail", group.pk, meeting.pk),
        "meeting-form": url("meeting_create", group.pk),
        "wall": url("meeting_show", group.pk) + "?judges=1",
        "papers": url("paper_list"),
        "ceremony": url("ceremony_edit"),
    }
    for name, address in visits.items():
        page.goto(address)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        screenshot(page, f"results-{name}-{width}")


def test_a_competition_from_the_sheets_to_the_papers(open_page, screenshot, staff, group, time_machine):
    time_machine.move_to(AT)
    page = open_page(staff)

    page.goto(url("progress_detail", group.pk))
    page.get_by_role("button", name="提醒所選評審").click()
    expect(page.get_by_text("已提醒 1 位評審：評審丙（範例）。")).to_be_visible()

    page.get_by_role("link", name="缺評分表的影響").click()
    expect(page.get_by_role("heading", name="機關組有 1 件作品缺評分表")).to_be_visible()
    last = group.judges.get(user__name="評審丙（範例）")
    sheet = last.sheets.get(signed_at=None)
    points = dict(
        zip(Competition.objects.get().criteria.values_list("pk", flat=True), WORKS[3][2], strict=True)
    )
    saved = actions.save_sheet(
        judge=last, entry=sheet.entry, points=points, comment="", version=sheet.version, by=last.user, at=AT
    )
    actions.sign_sheet(judge=last, entry=sheet.entry, version=saved.version, by=last.user, at=AT)

    page.get_by_role("link", name="評審會議", exact=True).click()
    page.get_by_role("link", name="記錄一場評審會議").click()
    page.get_by_label("日期", exact=True).fill("105/7/20")
    page.get_by_label("時間", exact=True).last.fill("14:00")
    page.get_by_label("地點").fill("人事處會議室")
    page.get_by_label("主席").fill("林堃峯（範例）")
    page.get_by_role("button", name="記錄這場會議").click()
    expect(
        page.get_by_role("heading", name="第 2 名同分，由主席裁定").or_(
            page.get_by_role("heading", name="第 1 名同分，由主席裁定")
        )
    ).to_be_visible()
    places = page.get_by_role("spinbutton")
    places.nth(0).fill("2")
    places.nth(1).fill("1")
    page.get_by_label("裁定理由").fill("教學設計較完整（範例）")
    page.get_by_role("button", name="記錄主席裁定").click()
    minutes = picture(
        fetched(page, page.get_by_role("link", name="會議紀錄 PDF").get_attribute("href")), "results-minutes"
    )
    assert len(minutes) == 1
    assert "教學設計較完整（範例）" in minutes[0]

    page.get_by_role("link", name="名次與定案").click()
    page.get_by_role("button", name="將機關組結果定案").click()
    expect(page.get_by_text("已定案，尚未公布。")).to_be_visible()
    assert ResultSet.objects.get().is_intact

    page.goto(url("ceremony_edit"))
    page.get_by_label("縣長姓名").fill("範例縣長")
    page.get_by_label("獎狀日期").fill("105/9/1")
    page.get_by_role("button", name="儲存頒獎設定").click()
    page.get_by_role("button", name="核發並印出全部獎狀").click()
    expect(page.get_by_role("heading", name="105年度獎狀")).to_be_visible()
    job = Job.objects.get()
    Job.objects.update(state=Job.State.RUNNING)
    job.refresh_from_db()
    print_certificates(jobs.Progress(job, at=lambda: AT), competition=Competition.objects.get().pk)
    page.reload()
    certificates = picture(
        fetched(page, reverse("foundation:job_result", args=[job.pk])), "results-certificate"
    )
    assert len(certificates) == 6
    assert any("王𠮷（範例）" in text for text in certificates)

    page.goto(url("paper_list"))
    screenshot(page, "results-papers-issued")
    book = openpyxl.load_workbook(BytesIO(fetched(page, url("award_export", "xlsx")))).active
    assert [row[1].value for row in book.iter_rows(min_row=2)] == [
        "第一名",
        "第二名",
        "第三名",
        "佳作",
        "佳作",
        "佳作",
    ]
    receipts = CalamineWorkbook.from_filelike(BytesIO(fetched(page, url("paper_export", "vouchers", "ods"))))
    (total,) = [row for row in receipts.get_sheet_by_index(0).to_python() if row[1] == "合計"]
    assert total[14] == "新臺幣壹萬參仟元整"
    for paper in ("vouchers", "trophies", "order"):
        picture(fetched(page, url("paper_export", paper, "pdf")), f"results-{paper}")
    picture(fetched(page, url("award_export", "pdf")), "results-awards")
    for layout in ("all", "each"):
        picture(
            fetched(page, url("score_sheet_print", group.pk, last.pk, layout)), f"results-sheets-{layout}"
        )
