"""What comes out of a final result: certificates, receipts, engravings, the ceremony's order, score sheets."""

import re
from datetime import date, timedelta
from io import BytesIO

import pypdfium2
import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from agencies.models import Programme
from competition import actions, papers
from competition.background import print_certificates
from competition.certificates import print_all, wanted
from competition.models import Author, AwardCertificate, Ceremony, Competition, Prize
from competition.results import final_results
from foundation import files, jobs
from foundation.errors import Refused
from foundation.models import Certificate, Event, Job
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db
AT = taipei(2016, 8, 5, 16)
RELEASE = taipei(2016, 9, 1, 10)
NAMES = ("林堃峯", "王喆𠮷")


@pytest.fixture
def staff():
    return make.make_staff()


@pytest.fixture
def competition():
    competition = make.make_competition(title="「洗鍊的『嘉』作」競賽", minimum_mean=70)
    rows = ((1, True, 1000, 6), (2, True, 1000, 4), (3, False, 500, 4), (4, False, 0, 0))
    for place, trophy, value, count in rows:
        Prize.objects.create(
            competition=competition, place=place, trophy=trophy, voucher_value=value, voucher_count=count
        )
    return competition


@pytest.fixture
def result(competition, staff):
    """Two authors in the first place, one in the second, the third vacant."""
    judges = [make.make_judge() for _ in range(3)]
    works = (
        ("A1", "阿里山小火車", (40, 30, 20, 5), NAMES),
        ("A2", "報修一次看懂", (30, 30, 20, 5), ("陳一（範例）",)),
        ("A3", "平均不到", (10, 10, 10, 5), ("李二（範例）",)),
    )
    for receipt, title, marks, authors in works:
        unit = make.make_unit(name=f"嘉義縣{receipt}公所")
        entry = make.make_entry(unit=unit, receipt=receipt, title=title)
        for position, name in enumerate(authors, start=1):
            Author.objects.create(entry=entry, position=position, name=name, title="課員")
        for judge in judges:
            make.make_sheet(entry=entry, judge=judge, marks=marks)
    group = competition.groups.get(key="agency")
    return actions.finalise(group=group, release_at=RELEASE, by=staff, at=AT)


@pytest.fixture
def ceremony(competition):
    return Ceremony.objects.create(
        competition=competition,
        magistrate="測試縣長",
        certificate_on=date(2016, 9, 1),
        mention_presenter="處長",
    )


def issue(competition, staff, at=AT):
    return list(actions.issue_certificates(competition=competition, by=staff, at=at))


def text_of(content):
    with pypdfium2.PdfDocument(content) as document:
        return ["".join(page.get_textpage().get_text_range().split()) for page in document]


def sheet_of(written, number=0):
    return CalamineWorkbook.from_filelike(BytesIO(written.content)).get_sheet_by_index(number).to_python()


def refused(action, **arguments):
    events = Event.objects.count()
    with pytest.raises(Refused) as caught:
        action(**arguments)
    assert Event.objects.count() == events
    return str(caught.value)


# Certificates -------------------------------------------------------------------------------------


def test_each_author_of_a_winning_work_gets_a_certificate(result, competition, ceremony, staff):
    awards = issue(competition, staff)

    assert [(a.receipt, a.position, a.serial, a.certificate.holder) for a in awards] == [
        ("A1", 1, 1050001, "林堃峯"),
        ("A1", 2, 1050002, "王喆𠮷"),
        ("A2", 1, 1050003, "陳一（範例）"),
    ]
    assert awards[0].certificate.facts == [
        ["字號", "府人考獎字第1050001號"],
        ["服務機關（單位）", "嘉義縣A1公所"],
        ["職稱", "課員"],
        ["競賽", "105年度「洗鍊的『嘉』作」競賽"],
        ["組別", "機關組"],
        ["獎項", "第一名"],
        ["作品", "阿里山小火車"],
        ["獎狀日期", "民國105年9月1日"],
    ]
    assert Event.objects.filter(action="certificates.issued").get().summary == "核發獎狀 3 張，字號到 1050003"


def test_issuing_again_adds_nothing(result, competition, ceremony, staff):
    first = issue(competition, staff)

    assert issue(competition, staff) == first
    assert Event.objects.filter(action="certificates.issued").count() == 1


def test_what_was_issued_prints_again_in_a_frozen_year(result, competition, ceremony, staff):
    first = issue(competition, staff)
    Programme.objects.update(state=Programme.State.FROZEN)

    assert issue(Competition.objects.get(), staff) == first
    AwardCertificate.objects.all().delete()
    assert "凍結" in refused(
        actions.issue_certificates, competition=Competition.objects.get(), by=staff, at=AT
    )


def test_one_certificate_a_work_names_all_its_authors(result, competition, ceremony, staff):
    Ceremony.objects.update(certificates_per="work")

    assert [award.certificate.holder for award in issue(competition, staff)] == [
        "林堃峯、王喆𠮷",
        "陳一（範例）",
    ]


def test_more_authors_than_fit_are_counted(result, competition, ceremony, staff):
    Ceremony.objects.update(certificates_per="work")
    entry = dict(result.payload["entries"][0], authors=[{"name": "某" * 20, "title": ""}] * 8)
    result.payload["entries"][0] = entry
    winner = papers.winners([result])[0]

    assert wanted(winner, Ceremony.objects.get()) == [(0, f"{'某' * 20}等 8 人", "")]


def test_an_award_without_a_certificate_gets_none(competition, ceremony, staff, request):
    Prize.objects.filter(place=2).update(certificate=False)
    request.getfixturevalue("result")

    assert {award.receipt for award in issue(competition, staff)} == {"A1"}


def test_why_certificates_are_not_issued(competition, staff, request):
    issuing = {"competition": competition, "by": staff, "at": AT}
    assert refused(actions.issue_certificates, **issuing) == "還沒有定案的結果，不能核發獎狀。"
    request.getfixturevalue("result")
    assert refused(actions.issue_certificates, **issuing) == ("獎狀上要有縣長姓名，請先在頒獎設定填寫。")


def test_how_many_a_work_gets_stands_once_issued(result, competition, ceremony, staff):
    issue(competition, staff)

    assert refused(
        actions.change_ceremony,
        competition=competition,
        values={"certificates_per": "work"},
        by=staff,
        at=AT,
    ) == ("獎狀已核發，不能再改為每位作者或每件作品一張；結果重開後才能改。")


def test_a_code_is_unknown_until_the_release(result, competition, ceremony, staff, client, time_machine):
    certificate = issue(competition, staff)[0].certificate
    url = reverse("certificates:certificate_detail", args=[certificate.code])

    time_machine.move_to(taipei(2016, 9, 1, 9, 59), tick=False)
    before = client.get(url)
    assert before.status_code == 404
    assert "林堃峯" not in before.content.decode()

    time_machine.move_to(RELEASE, tick=False)
    after = client.get(url)
    assert after.status_code == 200
    assert "林堃峯" in after.content.decode()


def test_the_code_follows_a_changed_release(result, competition, ceremony, staff):
    issue(competition, staff)

    actions.change_release(result=result, release_at=taipei(2016, 9, 9), by=staff, at=AT)

    assert {c.public_from for c in Certificate.objects.all()} == {taipei(2016, 9, 9)}


def test_reopening_revokes_the_certificates_with_the_reason(result, competition, ceremony, staff):
    issue(competition, staff)
    actions.ask_to_reopen(result=result, reason="補登 1 張評分表", by=staff, at=AT)
    actions.agree_to_reopen(result=result, by=make.make_staff(), at=AT)

    assert {c.revoke_reason for c in Certificate.objects.all()} == {"結果重開：補登 1 張評分表"}
    actions.finalise(group=result.group, release_at=RELEASE, by=staff, at=AT)
    assert [award.serial for award in issue(competition, staff)] == [1050004, 1050005, 1050006]


def run_job(staff):
    job = make.make_job(kind="competition.certificates", state=Job.State.RUNNING, created_by=staff)
    progress = jobs.Progress(job, at=timezone.now)
    print_certificates(progress, competition=Competition.objects.get().pk)
    return Job.objects.get(pk=job.pk)


def test_all_certificates_come_as_one_file(result, competition, ceremony, staff, monkeypatch):
    monkeypatch.setattr("competition.certificates.AT_ONCE", 2)  # several parts, joined

    job = run_job(staff)

    with files.open_stored(job.result_file) as stored:
        pages = text_of(stored.read())
    assert (job.state, job.result_file.name, len(pages)) == ("done", "105年度獎狀3張.pdf", 3)
    assert "林堃峯" in pages[0]
    assert "王喆𠮷" in pages[1]
    assert (
        "參加本府105年度「洗鍊的『嘉』作」競賽，作品〈阿里山小火車〉榮獲機關組第一名，特頒獎狀，以資鼓勵。"
        in pages[0]
    )
    assert "縣長測試縣長" in pages[0]
    assert "中華民國105年9月1日" in pages[0]


def test_printing_says_how_far_it_is(result, competition, ceremony, staff, monkeypatch):
    monkeypatch.setattr("competition.certificates.AT_ONCE", 2)
    heard = []

    print_all(issue(competition, staff), ceremony, progress=lambda *report: heard.append(report))

    assert heard == [
        (0, 3, "排版並檢查每一個字：第 1 至 2 張，共 3 張"),
        (2, 3, "排版並檢查每一個字：第 3 至 3 張，共 3 張"),
        (3, 3, "3 張都已排版，合成一個檔案"),
    ]


def test_a_character_that_no_font_has_is_named_with_its_person(result, competition, ceremony, staff):
    awards = issue(competition, staff)
    Certificate.objects.filter(pk=awards[1].certificate_id).update(holder="王\U000323af")

    with pytest.raises(Refused) as caught:
        run_job(staff)

    assert str(caught.value) == (
        "字型缺字，沒有印出任何一張：王\U000323af（嘉義縣A1公所，阿里山小火車）的"
        "「\U000323af」（U+323AF）。請安裝全字庫正楷體後再試。"
    )


def test_the_square_for_the_seal_stays_empty(result, competition, ceremony, staff):
    """75 mm square at the lower right, inside the border (look)."""
    Author.objects.update(name="堃" * 30)
    awards = issue(competition, staff)

    content = print_all(awards[:1], ceremony, progress=lambda *report: None)

    with pypdfium2.PdfDocument(content) as document:
        image = document[0].render(scale=72 / 25.4 / 2.835 * 2).to_pil().convert("L")
    per_mm = image.width / 297
    seal = image.crop(tuple(round(edge * per_mm) for edge in (198, 117, 273, 192)))
    assert seal.getextrema() == (255, 255)


# Receipts, engravings, order --------------------------------------------------------------------------


def written(competition, paper, fmt="ods"):
    return papers.export(competition, list(final_results(competition)), paper, fmt)


def test_the_voucher_receipt_has_its_total_in_words(result, competition, ceremony):
    ods = written(competition, papers.VOUCHERS)

    rows = sheet_of(ods)
    assert ods.name == "105年度禮券印領清冊.ods"
    above, table, below = rows[:2], rows[2:6], rows[6:]
    assert [line[0] for line in above] == [
        "嘉義縣政府　禮券印領清冊",
        "受領事由：「洗鍊的『嘉』作」競賽得獎禮券　　105年度　預算科目：（由主計填列）",
    ]
    assert table[0][7:9] == ["身分證字號", "禮券面額 × 張數"]
    assert table[1:] == [
        [1, "機關組", "第一名", "阿里山小火車", "嘉義縣A1公所", "課員", "林堃峯", "", "1,000 元 × 6 張", "", 6000, "", "", "", "共同作者：王喆𠮷；由代表人簽領後均分。"],
        [2, "機關組", "第二名", "報修一次看懂", "嘉義縣A2公所", "課員", "陳一（範例）", "", "1,000 元 × 4 張", "", 4000, "", "", "", ""],
        ["", "合計", "", "", "", "", "", "", "10 張", "", 10000, "", "", "", "新臺幣壹萬元整"],
    ]  # fmt: skip
    assert below[0][0] == "身分證字號由受領人親自填寫，本系統不留存。"
    assert re.findall(r"\w+(?:（會）計)?：", below[-1][0]) == [
        "承辦人：",
        "單位主管：",
        "主（會）計：",
        "機關首長：",
    ]


def test_the_voucher_receipt_prints(result, competition, ceremony):
    Ceremony.objects.update(voucher_purpose="第2屆競賽獎勵", budget_item="人事業務")

    (page,) = text_of(written(competition, papers.VOUCHERS, "pdf").content)

    for words in (
        "嘉義縣政府禮券印領清冊",
        "第2屆競賽獎勵",
        "人事業務",
        "10,000",
        "新臺幣壹萬元整",
        "王喆𠮷",
        "主（會）計",
    ):
        assert words in page


def test_trophies_are_engraved_for_the_works_that_get_one(result, competition, ceremony):
    rows = sheet_of(written(competition, papers.TROPHIES))

    assert rows[0][0] == "嘉義縣政府　105年度獎盃刻字清單"
    assert rows[3:] == [
        [1, "嘉義縣政府105年度「洗鍊的『嘉』作」競賽", "機關組　第一名", "阿里山小火車", "嘉義縣A1公所 林堃峯、王喆𠮷", 1],
        [2, "嘉義縣政府105年度「洗鍊的『嘉』作」競賽", "機關組　第二名", "報修一次看懂", "嘉義縣A2公所 陳一（範例）", 1],
    ]  # fmt: skip
    assert "林堃峯、王喆𠮷" in text_of(written(competition, papers.TROPHIES, "pdf").content)[0]


def test_the_ceremony_goes_from_the_last_place_to_the_first(result, competition, ceremony):
    rows = sheet_of(written(competition, papers.ORDER))

    assert [row[:5] + row[6:] for row in rows[2:]] == [
        [1, "機關組", "第二名", "嘉義縣A2公所", "陳一（範例）", "縣長"],
        [2, "機關組", "第一名", "嘉義縣A1公所", "林堃峯、王喆𠮷", "縣長"],
    ]
    page = text_of(written(competition, papers.ORDER, "pdf").content)[0]
    assert page.index("陳一") < page.index("林堃峯")


def test_an_honourable_mention_may_have_another_presenter(ceremony):
    assert [ceremony.presenter_of(rank) for rank in (3, 4)] == ["縣長", "處長"]


def test_prizes_are_those_of_the_day_of_the_decision(result, competition, ceremony):
    Prize.objects.update(voucher_value=9, voucher_count=9)

    assert [winner.voucher_total for winner in papers.with_vouchers([result])] == [6000, 4000]


# Settings and their constraints -----------------------------------------------------------------------


def test_the_database_keeps_what_papers_need(competition):
    Ceremony.objects.create(competition=competition)

    for change in ({"certificate_prefix": ""}, {"presenter": ""}, {"disputed_from": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Ceremony.objects.update(**change)
    with pytest.raises(ValidationError, match="獎狀字號與頒獎人都要填。"):
        Ceremony(competition=competition, presenter="").validate_constraints()


def test_a_serial_and_an_occasion_are_used_once(result):
    first = make.make_award_certificate(result=result, serial=1050001)

    for again in ({"serial": first.serial, "position": 2}, {"position": first.position}):
        with pytest.raises(IntegrityError), transaction.atomic():
            make.make_award_certificate(result=result, **again)
    assert AwardCertificate.objects.count() == 1


# Pages ------------------------------------------------------------------------------------------------


@pytest.fixture
def staff_client(client, staff):
    client.force_login(staff)
    return client


def url(name, *args):
    return reverse(f"competition:{name}", args=args)


def test_the_papers_page_before_any_result(staff_client, competition):
    shown = staff_client.get(url("paper_list")).content.decode()

    assert "結果定案後，才有頒獎文件" in shown
    assert "還沒有定案的結果，不能核發獎狀。" in shown


def test_the_settings_are_saved_and_kept_when_refused(staff_client, result, competition, staff):
    data = {
        "magistrate": "測試縣長",
        "certificate_prefix": "府人考獎字第",
        "certificates_per": "author",
        "certificate_on": "105/9/1",
        "held_at_0": "105/9/5",
        "held_at_1": "09:30",
        "place": "大禮堂",
        "presenter": "縣長",
        "mention_presenter": "處長",
    }
    assert staff_client.post(url("ceremony_edit"), {**data, "certificate_on": "105/13/1"}).status_code == 422
    assert not Ceremony.objects.exists()

    staff_client.post(url("ceremony_edit"), data)

    ceremony = Ceremony.objects.get()
    assert (ceremony.held_at, ceremony.certificate_on) == (taipei(2016, 9, 5, 9, 30), date(2016, 9, 1))
    issue(competition, staff)
    kept = staff_client.post(url("ceremony_edit"), {**data, "certificates_per": "work", "place": "會議室"})
    assert kept.status_code == 422
    assert "會議室" in kept.content.decode()


def test_all_certificates_are_asked_for_once(staff_client, result, ceremony):
    for _ in range(2):
        response = staff_client.post(url("certificate_print_all"))

    job = Job.objects.get()
    assert response.url == reverse("foundation:job_detail", args=[job.pk])
    assert job.title == "105年度獎狀"


def test_one_certificate_prints_on_demand_until_it_is_revoked(
    staff_client, result, competition, ceremony, staff
):
    award = issue(competition, staff)[1]
    address = url("certificate_print", award.pk)

    response = staff_client.get(address)
    assert response["Content-Type"] == "application/pdf"
    assert "王喆𠮷" in text_of(response.content)[0]

    actions.ask_to_reopen(result=result, reason="r", by=staff, at=AT)
    actions.agree_to_reopen(result=result, by=make.make_staff(), at=AT)
    assert staff_client.get(address).status_code == 404


def test_papers_without_lines_are_not_found(staff_client, competition):
    assert staff_client.get(url("paper_export", "vouchers", "pdf")).status_code == 404
    assert staff_client.get(url("paper_export", "nothing", "pdf")).status_code == 404


def test_a_paper_downloads(staff_client, result, ceremony):
    response = staff_client.get(url("paper_export", "order", "ods"))

    assert response.status_code == 200
    assert "attachment" in response["Content-Disposition"]


def test_a_judges_sheets_print_without_unit_or_author(staff_client, result):
    judge = result.group.judges.first()

    table = text_of(staff_client.get(url("score_sheet_print", result.group.pk, judge.pk, "all")).content)
    single = text_of(staff_client.get(url("score_sheet_print", result.group.pk, judge.pk, "each")).content)

    assert (len(table), len(single)) == (1, 3)
    assert "阿里山小火車" in table[0]
    for page in (*table, *single):
        assert "公所" not in page
        assert "林堃峯" not in page
        assert "評審簽名" in page


def test_a_file_of_certificates_from_before_a_reopening_is_offered_no_more(
    staff_client, staff, result, competition
):
    fields = {"kind": "competition.certificates", "arguments": {"competition": competition.pk}}
    old = make.make_job(**fields, title="舊版獎狀", created_at=AT)
    actions.ask_to_reopen(result=result, reason="補登", by=staff, at=AT)
    actions.agree_to_reopen(result=result, by=make.make_staff(), at=AT + timedelta(hours=1))
    new = make.make_job(**fields, title="新版獎狀", created_at=AT + timedelta(hours=2))

    assert list(staff_client.get(url("paper_list")).context["jobs"]) == [new]
    assert old.title not in staff_client.get(url("paper_list")).text


def test_too_many_works_for_single_sheets_are_sent_to_the_table(staff_client, result, monkeypatch):
    monkeypatch.setattr("competition.score_papers.MOST_SINGLE", 2)
    judge = result.group.judges.first()

    response = staff_client.get(url("score_sheet_print", result.group.pk, judge.pk, "each"), follow=True)

    assert "未產生。作品超過 2 件，請改印一張總表。" in response.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_papers_page_takes_a_fixed_number_of_queries(
    staff_client, result, ceremony, count, django_assert_num_queries
):
    for position in range(count):
        make.make_award_certificate(result=result, position=position)
    staff_client.get(url("paper_list"))

    with django_assert_num_queries(15):
        staff_client.get(url("paper_list"))
