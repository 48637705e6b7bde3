"""Who gets what answer from the competition's pages. In the table's world the deadline has passed."""

from tests.permissions.table import CONTACTS_AND_STAFF, LOGGED_IN, STAFF, row

OWN_ENTRY = "302 403 200 404 403 403 403 200 200"
OWN_ENTRY_REDIRECT = "302 403 302 404 403 403 403 302 302"
OWN_ENTRY_REFUSED = "302 403 422 404 403 403 403 422 422"
STAFF_REFUSED = "302 403 403 403 403 403 403 422 422"
STAFF_DONE = "302 403 403 403 403 403 403 302 302"
JUDGE = "302 403 403 403 200 403 403 403 403"
JUDGE_DONE = "302 403 403 403 302 403 403 403 403"
JUDGE_REFUSED = "302 403 403 403 422 403 403 403 403"


def entry(world):
    return [world.entry.pk]


def entry_step(world):
    return [world.entry.pk, "work"]


def removed_file(world):
    return [world.entry.pk, world.removed_file.pk]


def entry_file(world):
    return [world.entry.pk, world.entry_file.pk]


def conflict(world):
    return [world.entry.pk, world.conflict.pk]


def extension(world):
    return [world.extension.pk]


def own_judge(world):
    return [world.users["judge"].judgeships.get().pk]


def candidate(world):
    return [world.candidate.pk]


def code(world):
    return [world.entry.work_code]


def group(world):
    return [world.group.pk]


def group_entry(world):
    return [world.group.pk, world.entry.pk]


def group_meeting(world):
    return [world.group.pk, world.meeting.pk]


def result(world):
    return [world.result.pk]


ROWS = [
    row("competition:entry_list", "GET", CONTACTS_AND_STAFF, note="聯絡人只看得到自己機關的作品"),
    row("competition:missing_list", "GET", STAFF),
    row("competition:missing_remind", "POST", STAFF_DONE, note="沒有選取機關，未提醒"),
    row("competition:entry_bundle", "GET", STAFF),
    row("competition:entry_files_bundle", "GET", OWN_ENTRY, args=entry),
    row(
        "competition:entry_create",
        "GET",
        "302 403 302 302 403 403 403 302 302",
        note="已過繳交期限，轉回清單；承辦人改由登錄紙本或光碟的頁面",
    ),
    row(
        "competition:entry_create", "POST", "302 403 200 200 403 403 403 302 302", note="空白的表單，不會建立"
    ),
    row("competition:entry_register", "GET", STAFF),
    row("competition:entry_register", "POST", STAFF, note="空白的表單，不會登錄"),
    row("competition:entry_detail", "GET", OWN_ENTRY, args=entry),
    row(
        "competition:entry_edit",
        "GET",
        "302 403 302 404 403 403 403 200 200",
        args=entry_step,
        note="繳交期限後聯絡人回到作品頁",
    ),
    row(
        "competition:entry_edit",
        "POST",
        OWN_ENTRY_REFUSED,
        args=entry_step,
        note="空白的表單，不會儲存",
    ),
    row(
        "competition:entry_save",
        "POST",
        OWN_ENTRY_REFUSED,
        args=entry_step,
        note="已送件的作品不自動儲存",
    ),
    row("competition:entry_submit", "GET", OWN_ENTRY_REDIRECT, args=entry, note="已送件，轉到收件回執"),
    row("competition:entry_submit", "POST", OWN_ENTRY_REDIRECT, args=entry, note="已送件，轉到收件回執"),
    row("competition:entry_receipt", "GET", OWN_ENTRY, args=entry),
    row("competition:entry_receipt_pdf", "GET", OWN_ENTRY, args=entry),
    row("competition:entry_versions", "GET", OWN_ENTRY, args=entry),
    row(
        "competition:entry_withdraw",
        "POST",
        OWN_ENTRY_REFUSED,
        args=entry,
        note="已過繳交期限；承辦人須有理由",
    ),
    row("competition:entry_discard", "POST", OWN_ENTRY_REDIRECT, args=entry, note="不是草稿，不刪除"),
    row("competition:entry_disqualify", "POST", STAFF_REFUSED, args=entry, note="沒有理由"),
    row(
        "competition:entry_disqualify",
        "POST",
        STAFF_DONE,
        args=entry,
        data=lambda world: {"reason-reason": "測試理由"},
    ),
    row("competition:entry_reinstate", "POST", STAFF_REFUSED, args=entry, note="沒有理由"),
    row("competition:entry_files", "GET", OWN_ENTRY, args=entry),
    row("competition:entry_files", "POST", OWN_ENTRY_REFUSED, args=entry, note="沒有檔案"),
    row("competition:entry_file", "GET", OWN_ENTRY, args=entry_file),
    row(
        "competition:entry_file_remove",
        "POST",
        "302 403 302 404 403 403 403 302 302",
        args=entry_file,
        note="已過繳交期限，聯絡人未移除",
    ),
    row(
        "competition:entry_file_extend",
        "POST",
        STAFF_DONE,
        args=entry_file,
        note="檔案沒有隔離，未變更",
    ),
    row("competition:removed_file_list", "GET", OWN_ENTRY, args=entry),
    row("competition:removed_file", "GET", OWN_ENTRY, args=removed_file),
    row(
        "competition:removed_file_put_back",
        "POST",
        OWN_ENTRY_REDIRECT,
        args=removed_file,
        note="已過繳交期限，聯絡人未放回",
    ),
    row("competition:entry_preview", "GET", OWN_ENTRY, args=entry),
    row(
        "competition:entry_preview_file",
        "GET",
        OWN_ENTRY,
        args=lambda world: [world.entry.pk, world.entry_file.position],
        note="與評審拿到的匿名副本相同",
    ),
    row("competition:conflict_pin", "POST", STAFF_REFUSED, args=entry, note="空白的表單，不會儲存"),
    row("competition:conflict_lift", "POST", STAFF_DONE, args=conflict, note="沒有理由，未取消"),
    row("competition:competition_edit", "GET", STAFF),
    row("competition:competition_edit", "POST", STAFF, note="空白的表單，不會儲存"),
    row("competition:criterion_edit", "GET", STAFF),
    row("competition:criterion_edit", "POST", STAFF, note="空白的表單，不會儲存"),
    row("competition:prize_edit", "GET", STAFF),
    row("competition:prize_edit", "POST", STAFF, note="空白的表單，不會儲存"),
    row("competition:topic_edit", "GET", STAFF, args=group),
    row("competition:topic_edit", "POST", STAFF, args=group, note="空白的表單，不會儲存"),
    row("competition:extension_list", "GET", STAFF),
    row("competition:extension_list", "POST", STAFF, note="空白的表單，不會核准"),
    row("competition:extension_revoke", "POST", STAFF_DONE, args=extension, note="沒有理由，未收回"),
    row("competition:judge_list", "GET", STAFF),
    row("competition:judge_list", "POST", STAFF, note="空白的表單，不會加入"),
    row(
        "competition:judge_remove",
        "POST",
        STAFF_DONE,
        args=own_judge,
    ),
    row("competition:judge_edit", "GET", STAFF, args=own_judge),
    row(
        "competition:judge_edit",
        "POST",
        STAFF_DONE,
        args=own_judge,
        data=lambda world: {"unit": world.unit.unit.code},
    ),
    row("competition:judge_resign", "POST", STAFF_REFUSED, args=own_judge, note="沒有理由"),
    row("competition:judge_recall", "POST", STAFF_REFUSED, args=own_judge, note="沒有理由"),
    row("competition:candidate_list", "GET", STAFF),
    row("competition:candidate_list", "POST", STAFF, note="空白的表單，不會推薦"),
    row("competition:candidate_detail", "GET", STAFF, args=candidate),
    row("competition:candidate_decide", "POST", STAFF_REFUSED, args=candidate, note="沒有依據"),
    row("competition:candidate_letter", "POST", STAFF_REFUSED, args=candidate, note="還沒有核定"),
    row("competition:candidate_seat", "POST", STAFF_REFUSED, args=candidate, note="還沒有聘函"),
    row("competition:candidate_drop", "POST", STAFF_DONE, args=candidate),
    row("competition:candidate_paper", "GET", STAFF_DONE, args=candidate, note="還沒有聘函，轉回人選"),
    row("competition:sheet_enter", "GET", STAFF),
    row("competition:sheet_enter", "POST", STAFF, note="空白的表單，不會代登"),
    row("competition:sheet_list", "GET", STAFF),
    row("competition:judging_list", "GET", JUDGE),
    row("competition:judging_archive", "GET", JUDGE, args=own_judge, note="別人的名單是 404"),
    row(
        "competition:judging_offline_sheet",
        "GET",
        JUDGE,
        args=lambda world: [*own_judge(world), "xlsx"],
    ),
    row("competition:judging_upload", "GET", JUDGE, args=own_judge),
    row("competition:judging_upload", "POST", JUDGE_REFUSED, args=own_judge, note="沒有檔案"),
    row("competition:judging_upload_confirm", "GET", JUDGE_DONE, args=own_judge, note="轉回上傳"),
    row("competition:judging_upload_confirm", "POST", JUDGE_REFUSED, args=own_judge, note="沒有預覽"),
    row("competition:judging_sheet", "GET", JUDGE, args=code),
    row("competition:judging_sheet", "POST", JUDGE_REFUSED, args=code, note="空白的表單，不會儲存"),
    row("competition:judging_save", "POST", JUDGE_REFUSED, args=code, note="空白的表單，不會儲存"),
    row(
        "competition:judging_save",
        "POST",
        JUDGE,
        args=code,
        data=lambda world: {"version": "0", "comment": "測試評語"},
    ),
    row(
        "competition:judging_unsign",
        "POST",
        "302 403 403 403 302 403 403 403 403",
        args=code,
        note="沒有簽名，未變更",
    ),
    row(
        "competition:judging_confirm",
        "POST",
        "302 403 403 403 302 403 403 403 403",
        args=code,
        note="沒有代登，未變更",
    ),
    row(
        "competition:judging_resign",
        "POST",
        JUDGE_REFUSED,
        args=own_judge,
        note="沒有理由；別人的名單是 404",
    ),
    row("competition:judging_conflict", "POST", JUDGE_REFUSED, args=code, note="沒有理由"),
    row(
        "competition:judging_file",
        "GET",
        JUDGE,
        args=lambda world: [world.entry.work_code, world.entry_file.position],
        note="以作品代碼為檔名",
    ),
    row("competition:result_list", "GET", LOGGED_IN, note="公布前只有承辦人看得到名單"),
    row("competition:result_detail", "GET", STAFF, args=group),
    row("competition:paper_list", "GET", STAFF),
    row("competition:ceremony_edit", "GET", STAFF),
    row("competition:ceremony_edit", "POST", STAFF_REFUSED, note="空白的表單，不會儲存"),
    row("competition:certificate_print_all", "POST", STAFF_DONE, note="沒有縣長姓名，未排入"),
    row(
        "competition:certificate_print",
        "GET",
        STAFF,
        args=lambda world: [world.award_certificate.pk],
    ),
    row(
        "competition:paper_export",
        "GET",
        "302 403 403 403 403 403 403 404 404",
        args=lambda world: ["vouchers", "ods"],
        note="定案時沒有設禮券",
    ),
    row(
        "competition:score_sheet_print",
        "GET",
        STAFF,
        args=lambda world: [world.group.pk, world.users["judge"].judgeships.get().pk, "all"],
    ),
    row("competition:progress_detail", "GET", STAFF, args=group),
    row("competition:judge_remind", "POST", STAFF_DONE, args=group, note="沒有選取評審，未提醒"),
    row("competition:dispute_list", "GET", STAFF, args=group),
    row("competition:dispute_threshold", "POST", STAFF_REFUSED, args=group, note="空白的表單，不會變更"),
    row("competition:extra_review_create", "GET", STAFF, args=group_entry),
    row(
        "competition:extra_review_create",
        "POST",
        STAFF_REFUSED,
        args=group_entry,
        note="空白的表單，不會指定",
    ),
    row(
        "competition:extra_review_withdraw",
        "POST",
        STAFF_DONE,
        args=lambda world: [world.group.pk, world.extra_review.pk],
        note="沒有理由，未收回",
    ),
    row("competition:meeting_list", "GET", STAFF, args=group),
    row("competition:meeting_create", "GET", STAFF, args=group),
    row("competition:meeting_create", "POST", STAFF_REFUSED, args=group, note="空白的表單，不會記錄"),
    row("competition:meeting_show", "GET", STAFF, args=group),
    row("competition:meeting_detail", "GET", STAFF, args=group_meeting),
    row("competition:meeting_detail", "POST", STAFF_REFUSED, args=group_meeting, note="空白的表單，不會記錄"),
    row("competition:meeting_edit", "GET", STAFF, args=group_meeting),
    row("competition:meeting_edit", "POST", STAFF_REFUSED, args=group_meeting, note="空白的表單，不會記錄"),
    row("competition:meeting_minutes", "GET", STAFF, args=lambda world: [*group_meeting(world), "pdf"]),
    row(
        "competition:meeting_item_strike",
        "POST",
        STAFF_DONE,
        args=lambda world: [*group_meeting(world), world.meeting_item.pk],
    ),
    row("competition:missing_sheet_list", "GET", STAFF, args=group),
    row(
        "competition:result_settle",
        "POST",
        STAFF_REFUSED,
        args=group,
        data=lambda world: {"entry": str(world.entry.pk)},
    ),
    row("competition:result_finalise", "POST", STAFF_REFUSED, args=group),
    row("competition:result_release", "POST", STAFF_REFUSED, args=result),
    row("competition:result_reopen", "POST", STAFF_REFUSED, args=result, note="沒有理由"),
    row("competition:result_agree", "POST", STAFF_DONE, args=result, note="沒有人提出，未重開"),
    row("competition:result_keep", "POST", STAFF_DONE, args=result, note="沒有人提出，未變更"),
    row(
        "competition:award_export",
        "GET",
        LOGGED_IN,
        args=lambda world: ["xlsx"],
        note="公布前只有承辦人下載得到",
    ),
]
