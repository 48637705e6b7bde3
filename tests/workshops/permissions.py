"""Who gets what answer from the workshop pages."""

from tests.permissions.table import CONTACTS_AND_STAFF, EVERYONE, LOGGED_IN, OWN_UNIT, STAFF, row
from workshops import feedback

# A curator may be an outside teacher; every other colleague may look up a tutor.
COLLEAGUES = "302 200 200 200 200 200 403 200 200"
PUBLIC_REFUSAL = "403 403 403 403 403 403 403 403 403"
DONE = "302 403 403 403 403 403 403 302 302"

TUTOR = "302 403 403 403 403 200 403 403 403"
OWN_TUTOR = "302 403 403 403 403 200 403 200 200"
OWN_TUTOR_DONE = "302 403 403 403 403 302 403 403 403"
OWN_SLOT = "302 404 404 404 404 200 403 404 404"
# The consultation is between the contact, who asked, and the tutor.
PARTIES = "302 404 200 404 404 200 403 200 200"


def number(world):
    return [world.session.number]


def feedback_token(world):
    return [feedback.link(world.certified).rstrip("/").rpartition("/")[2]]


def tutor(world):
    return [world.tutor.pk]


def slot(world):
    return [world.slot.pk]


def consultation(world):
    return [world.consultation.pk]


ROWS = [
    row("workshops:session_list", "GET", CONTACTS_AND_STAFF),
    row(
        "workshops:session_detail",
        "GET",
        CONTACTS_AND_STAFF,
        args=number,
        note="聯絡人只看得到自己機關的姓名",
    ),
    row(
        "workshops:session_detail",
        "POST",
        CONTACTS_AND_STAFF,
        args=number,
        note="空白的薦送表單，不會送出",
    ),
    row("workshops:enrolment_nominate", "GET", CONTACTS_AND_STAFF, args=number),
    row(
        "workshops:enrolment_nominate",
        "POST",
        CONTACTS_AND_STAFF,
        args=number,
        note="空白的表單，不會送出",
    ),
    row("workshops:person_known", "GET", CONTACTS_AND_STAFF, args=number, note="只找自己機關的同仁"),
    row("workshops:session_edit", "GET", STAFF, args=number),
    row("workshops:session_edit", "POST", STAFF, args=number, note="空白的表單，不會儲存"),
    row("workshops:quota_list", "GET", STAFF, args=number),
    row("workshops:quota_list", "POST", DONE, args=number, note="沒有變更"),
    row("workshops:quota_propose", "GET", STAFF, args=number),
    row("workshops:quota_propose", "POST", STAFF, args=number, note="沒有先算出建議，不會儲存"),
    row("workshops:enrolment_overbook", "GET", STAFF, args=number),
    row("workshops:enrolment_overbook", "POST", STAFF, args=number, note="空白的表單，不會錄取"),
    row("workshops:sign_in_sheet", "GET", STAFF, args=lambda world: [world.session.number, "ods"]),
    row("workshops:door_list", "GET", STAFF, args=number),
    row(
        "workshops:door_mark",
        "POST",
        DONE,
        args=lambda world: [world.session.number, world.enrolment.pk],
        note="登記後回到報到頁",
    ),
    row("workshops:door_walk_in", "GET", STAFF, args=number),
    row("workshops:door_walk_in", "POST", STAFF, args=number, note="空白的表單，不會登記"),
    row("workshops:hours_detail", "GET", STAFF, args=number),
    row("workshops:hours_file", "POST", STAFF, args=number, note="沒有檔案，不會製作"),
    row("workshops:session_day", "GET", STAFF, args=number),
    row("workshops:session_day", "POST", STAFF, args=number, note="空白的表單，不會儲存"),
    row("workshops:door_code", "GET", STAFF, args=number),
    row("workshops:lecturer_list", "GET", STAFF, args=number),
    row("workshops:lecturer_list", "POST", STAFF, args=number, note="空白的表單，不會加入"),
    row(
        "workshops:lecturer_raise",
        "POST",
        DONE,
        args=lambda world: [world.lecturer.pk],
        note="已在第一位，不會移動",
    ),
    row("workshops:lecturer_remove", "POST", DONE, args=lambda world: [world.lecturer.pk]),
    row(
        "workshops:material_list",
        "GET",
        OWN_UNIT,
        args=number,
        note="另有講師與錄取的同仁本人",
    ),
    row(
        "workshops:material_list",
        "POST",
        "302 404 403 404 404 404 404 200 200",
        args=number,
        note="空白的表單，不會加入",
    ),
    row("workshops:material_file", "GET", OWN_UNIT, args=lambda world: [world.material.pk]),
    row(
        "workshops:material_remove",
        "POST",
        "302 404 403 404 404 404 404 302 302",
        args=lambda world: [world.material.pk],
    ),
    row("workshops:feedback_detail", "GET", STAFF, args=number),
    row("workshops:feedback_edit", "GET", STAFF, args=number),
    row("workshops:feedback_edit", "POST", STAFF, args=number, note="空白的表單，不會儲存"),
    row(
        "workshops:feedback_export",
        "GET",
        "302 403 403 403 403 403 403 404 404",
        args=lambda world: [world.session.number, "ods"],
        note="回答未滿三份",
    ),
    row("workshops:feedback_answer", "GET", EVERYONE, args=feedback_token, note="公開；憑信中的連結"),
    row("workshops:feedback_answer", "POST", EVERYONE, args=feedback_token, note="空白的問卷，不會送出"),
    row("workshops:check_in", "GET", EVERYONE, note="公開；輸入投影幕上的代碼"),
    row("workshops:check_in", "POST", PUBLIC_REFUSAL, note="沒有報到單，不會報到"),
    row(
        "workshops:check_in_scan",
        "GET",
        PUBLIC_REFUSAL,
        args=lambda world: ["K7QM-2XAP"],
        note="公開；代碼不對或已過期",
    ),
    row("workshops:hours_certificates", "POST", DONE, args=number, note="尚未結算，不會製作"),
    row(
        "workshops:enrolment_certificate",
        "GET",
        "302 404 200 404 404 404 404 200 200",
        args=lambda world: [world.certified.pk],
    ),
    row(
        "workshops:enrolment_certificate",
        "GET",
        "302 404 403 404 404 404 404 403 403",
        args=lambda world: [world.enrolment.pk],
        query="?settled=no",
        note="尚未結算",
    ),
    row("workshops:attendance_mark", "POST", DONE, args=number),
    row("workshops:attendance_close", "GET", STAFF, args=number),
    row("workshops:attendance_close", "POST", DONE, args=number),
    row("workshops:attendance_reopen", "GET", STAFF, args=number),
    row("workshops:attendance_reopen", "POST", DONE, args=number),
    row("workshops:enrolment_list", "GET", CONTACTS_AND_STAFF, note="聯絡人只看得到自己機關的"),
    row("workshops:enrolment_export", "GET", CONTACTS_AND_STAFF, args=lambda world: ["csv"]),
    row(
        "workshops:enrolment_cancel",
        "GET",
        OWN_UNIT,
        args=lambda world: [world.enrolment.pk],
    ),
    row(
        "workshops:enrolment_cancel",
        "POST",
        "302 404 302 404 404 404 404 302 302",
        args=lambda world: [world.enrolment.pk],
    ),
    row(
        "workshops:enrolment_substitute",
        "GET",
        OWN_UNIT,
        args=lambda world: [world.enrolment.pk],
    ),
    row(
        "workshops:enrolment_substitute",
        "POST",
        OWN_UNIT,
        args=lambda world: [world.enrolment.pk],
        note="空白的表單，不會換人",
    ),
    row("workshops:enrolment_mine", "GET", LOGGED_IN, note="只看得到自己的"),
    row("workshops:session_release", "GET", STAFF, args=number),
    row("workshops:session_release", "POST", DONE, args=number),
    row("workshops:session_release_undo", "GET", STAFF, args=number),
    row("workshops:session_release_undo", "POST", DONE, args=number, note="沒有釋出，說明原因"),
    row("workshops:tutor_list", "GET", COLLEAGUES, note="策展人可能是校外教師"),
    row("workshops:tutor_export", "GET", COLLEAGUES, args=lambda world: ["csv"]),
    row("workshops:tutor_sheet", "GET", COLLEAGUES),
    row("workshops:tutor_letter", "GET", STAFF),
    row("workshops:tutor_letter_file", "GET", STAFF),
    row("workshops:tutor_create", "GET", STAFF),
    row("workshops:tutor_create", "POST", STAFF, note="空白的表單，不會加入"),
    row("workshops:tutor_edit", "GET", OWN_TUTOR, args=tutor, note="輔導教師只能改自己的"),
    row("workshops:tutor_edit", "POST", "302 403 403 403 403 302 403 302 302", args=tutor),
    row("workshops:tutor_remove", "GET", STAFF, args=tutor),
    row("workshops:tutor_remove", "POST", STAFF, args=tutor, note="沒有理由，不會移出"),
    row("workshops:manual_add", "POST", DONE, note="沒有檔案，不會加入"),
    row("workshops:manual_file", "GET", COLLEAGUES, args=lambda world: [world.manual.pk]),
    row("workshops:manual_remove", "POST", DONE, args=lambda world: [world.manual.pk]),
    row("workshops:tutoring_overview", "GET", STAFF),
    row("workshops:tutoring_overview_export", "GET", STAFF, args=lambda world: ["csv"]),
    row("workshops:tutor_week", "GET", OWN_TUTOR, note="承辦人可看每一位的一週"),
    row("workshops:week_withdraw", "POST", OWN_TUTOR_DONE),
    row("workshops:slot_list", "GET", COLLEAGUES),
    row("workshops:slot_create", "GET", TUTOR),
    row("workshops:slot_create", "POST", TUTOR, note="空白的表單，不會公布"),
    row("workshops:slot_edit", "GET", OWN_SLOT, args=slot),
    row("workshops:slot_edit", "POST", OWN_SLOT, args=slot, note="空白的表單，不會更改"),
    row("workshops:slot_withdraw", "POST", "302 404 404 404 404 302 403 404 404", args=slot),
    row("workshops:consultation_book", "GET", COLLEAGUES, args=slot),
    row("workshops:consultation_book", "POST", COLLEAGUES, args=slot, note="空白的表單，不會預約"),
    row("workshops:consultation_list", "GET", COLLEAGUES, note="只有自己的"),
    row("workshops:consultation_detail", "GET", PARTIES, args=consultation, note="承辦人看不到連結與內容"),
    row("workshops:consultation_calendar", "GET", "302 404 200 404 404 200 403 404 404", args=consultation),
    row("workshops:consultation_reschedule", "GET", PARTIES, args=consultation),
    row("workshops:consultation_reschedule", "POST", PARTIES, args=consultation, note="沒有選時段"),
    row("workshops:consultation_cancel", "GET", PARTIES, args=consultation),
    row("workshops:consultation_cancel", "POST", PARTIES, args=consultation, note="沒有理由，不會取消"),
    row("workshops:consultation_link", "POST", "302 404 403 404 404 422 403 403 403", args=consultation),
    row("workshops:consultation_note", "POST", "302 404 403 404 404 422 403 403 403", args=consultation),
    row("workshops:answer_list", "GET", COLLEAGUES, note="不顯示提問者"),
]
