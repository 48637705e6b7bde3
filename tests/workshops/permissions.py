"""Who gets what answer from the workshop pages."""

from tests.permissions.table import CONTACTS_AND_STAFF, LOGGED_IN, OWN_UNIT, STAFF, row

# A curator may be an outside teacher; every other colleague may look up a tutor.
COLLEAGUES = "302 200 200 200 200 200 403 200 200"
DONE = "302 403 403 403 403 403 403 302 302"


def number(world):
    return [world.session.number]


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
]
