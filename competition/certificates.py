"""獎狀: who gets one, what it states, and how it is printed."""

from foundation import certificates
from foundation.pdf import PdfRefused, join_pdfs, missing_characters, pdf_renderer
from foundation.qr import qr_svg
from foundation.rocdate import format_date, taipei_date

from .models import Ceremony

KIND, CERTIFICATE = "award", "獎狀"
TEMPLATE = "competition/certificates_pdf.html"
AT_ONCE = 40  # pages; each part moves the progress
LONGEST_HOLDER = 100
NUMBER, UNIT, TITLE, DAY = "字號", "服務機關（單位）", "職稱", "獎狀日期"
COMPETITION, GROUP, AWARD, WORK = "競賽", "組別", "獎項", "作品"


def wanted(winner, ceremony):
    """(position, holder, job title) of each certificate that a winning work gets."""
    if not winner.prize["certificate"]:
        return []
    if ceremony.certificates_per == Ceremony.CertificatesPer.AUTHOR and winner.authors:
        return [
            (position, author["name"], author["title"])
            for position, author in enumerate(winner.authors, start=1)
        ]
    return [(0, _together(winner), "")]


def _together(winner):
    """All authors, or the unit where none is named; what is too long names the first and the number."""
    if not winner.authors:
        return winner.entry["unit"]
    if len(winner.names) <= LONGEST_HOLDER:
        return winner.names
    return f"{winner.first['name']}等 {len(winner.authors)} 人"


def stated(winner, title, serial, ceremony, *, at):
    """The facts that stand under the code, whatever is changed later."""
    day = ceremony.certificate_on or taipei_date(ceremony.held_at or winner.result.release_at)
    competition = winner.result.group.competition
    facts = [
        (NUMBER, f"{ceremony.certificate_prefix}{serial}號"),
        (UNIT, winner.entry["unit"]),
        (TITLE, title),
        (COMPETITION, competition.full_title),
        (GROUP, winner.group),
        (AWARD, winner.award),
        (WORK, winner.entry["title"]),
        (DAY, format_date(day)),
    ]
    return [(term, value) for term, value in facts if value]


def print_all(awards, ceremony, *, progress):
    """All of them as one file, or none: every character is checked as its page is set, before anything is kept."""
    parts, total = [], len(awards)
    try:
        with pdf_renderer() as render:
            for start in range(0, total, AT_ONCE):
                end = min(start + AT_ONCE, total)
                progress(start, total, f"排版並檢查每一個字：第 {start + 1} 至 {end} 張，共 {total} 張")
                printed = [_printed(award.certificate) for award in awards[start:end]]
                context = {"certificates": printed, "ceremony": ceremony}
                parts.append(render(TEMPLATE, context, variant=None))
    except PdfRefused:
        require_printable(awards, ceremony)  # names everybody, not only those of this part
        raise
    progress(total, total, f"{total} 張都已排版，合成一個檔案")
    return join_pdfs(parts)


def require_printable(awards, ceremony):
    """Refuse, naming each person and character that no font has."""
    texts = {award.pk: _text(award.certificate) for award in awards}
    missing = set(missing_characters("".join(texts.values()) + ceremony.magistrate))
    if not missing:
        return
    named = []
    for award in awards:
        if lacking := [c for c in dict.fromkeys(texts[award.pk]) if c in missing]:
            facts = dict(award.certificate.facts)
            characters = "、".join(f"「{c}」（U+{ord(c):04X}）" for c in lacking)
            named.append(f"{award.certificate.holder}（{facts[UNIT]}，{facts[WORK]}）的{characters}")
    named = named or [f"縣長姓名「{ceremony.magistrate}」"]
    raise PdfRefused(f"字型缺字，沒有印出任何一張：{'；'.join(named)}。請安裝全字庫正楷體後再試。")


def _text(certificate):
    return certificate.holder + "".join(value for _, value in certificate.facts)


def _printed(certificate):
    facts = dict(certificate.facts)
    return {
        "holder": certificate.holder,
        "number": facts[NUMBER],
        "unit": facts[UNIT],
        "title": facts.get(TITLE, ""),
        "competition": facts[COMPETITION],
        "group": facts[GROUP],
        "award": facts[AWARD],
        "work": facts[WORK],
        "day": facts[DAY].replace("民國", "中華民國", 1),
        "code": certificate.code,
        "address": certificates.address(certificate),
        "qr": qr_svg(certificates.address(certificate), label="查驗網址"),
    }
