"""The letter that tells the units of the tutors (programme document 六、三、(2): 發函通知各單位諮詢管道)."""

from django.urls import reverse

from foundation.calendars import address
from foundation.documents import Paragraph
from foundation.rocdate import format_date

NUMERALS = "一二三四五六七八九十"
TOOL = "ZOOM"
BLANK = "　　　　"


def notice_to_units(programme, *, tutors, manuals):
    """函 with 主旨 and 說明; its date and number stay blank for who sends it."""
    points = [
        f"依據{_basis(programme)}「{programme.title}」辦理。",
        f"為協助同仁自製數位教材，本府遴請具製作經驗之資深同仁{len(tutors)}人組成輔導教師團隊，"
        "以遠距視訊會議提供不受時地限制之教學輔導。",
        f"同仁可登入 {address(reverse('workshops:slot_list'))} 查詢可預約時段並線上預約，"
        "或依聯絡方式表所列電話、電子郵件逕洽輔導教師。",
        _manual_point(manuals),
    ]
    return [
        Paragraph("嘉義縣政府　函（稿）", is_title=True),
        Paragraph("受文者：如正本行文單位"),
        Paragraph(f"發文日期：中華民國{programme.year}年{BLANK}月{BLANK}日"),
        Paragraph(f"發文字號：府人考字第{BLANK * 3}號"),
        Paragraph("速別：普通件"),
        Paragraph("密等及解密條件或保密期限："),
        Paragraph(f"附件：{programme.year}年度輔導教師聯絡方式表1份"),
        Paragraph(""),
        Paragraph(
            f"檢送本府{programme.year}年度「誰來我『嘉』-自製數位教材遠距教學輔助」輔導教師聯絡方式表1份，"
            "請轉知所屬同仁多加利用，請查照。",
            label="主旨：",
        ),
        Paragraph("說明："),
        *(
            Paragraph(text, label=f"{NUMERALS[place]}、", level=1)
            for place, text in enumerate(filter(None, points))
        ),
        Paragraph(""),
        Paragraph("本府各單位、本府所屬各機關學校、本縣各鄉鎮市公所", label="正本："),
        Paragraph("本府人事處", label="副本："),
    ]


def _basis(programme):
    when = format_date(programme.document_date).removeprefix("民國") if programme.document_date else ""
    number = f"{programme.document_number}函頒定" if programme.document_number else ""
    return f"本府{when}{number}" if number else f"本府{programme.year}年度"


def _manual_point(manuals):
    tool = f"遠距視訊會議專用軟體採{TOOL}免費版本"
    if not manuals:
        return f"{tool}。"
    names = "、".join(f"「{manual}」" for manual in manuals)
    return f"{tool}，操作手冊{names}請於 {address(reverse('workshops:tutor_list'))} 下載。"
