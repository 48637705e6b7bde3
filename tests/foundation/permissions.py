"""Who gets what answer from the pages of jobs, letters and events."""

from foundation import packages
from tests.permissions.table import ADMINISTRATOR, EVERYONE, LOGGED_IN, STAFF, row


def job(world):
    return [world.job.pk]


def mail(world):
    return [world.mail.pk]


def upload(world):
    return [world.upload.token]


def address_of(check_name):
    """The part of the address under which the contact sees a checked file."""

    def args(world):
        shown = packages.shown(getattr(world, check_name), user=world.users["contact"], title="檔案")
        return [shown.url.split("/")[3]]

    return args


# The job of the table is the contact's own.
OWN_OR_STAFF = "302 404 200 404 404 404 404 200 200"
OWN_OR_ADMINISTRATOR = "302 404 302 404 404 404 404 403 302"

UPLOADERS = "401 412 412 412 412 412 412 412 412"
OWN_UPLOAD = "401 404 412 404 404 404 404 404 404"

ROWS = [
    row("foundation:job_list", "GET", LOGGED_IN, note="承辦人看得到全部，其他人只看到自己的"),
    row("foundation:job_detail", "GET", OWN_OR_STAFF, args=job, note="聯絡人自己的工作"),
    row("foundation:job_cancel", "POST", OWN_OR_ADMINISTRATOR, args=job, note="聯絡人自己的工作"),
    row("foundation:job_retry", "POST", OWN_OR_ADMINISTRATOR, args=job, note="聯絡人自己的工作"),
    row(
        "foundation:job_result",
        "GET",
        "302 404 200 404 404 404 404 403 200",
        args=lambda world: [world.done_job.pk],
        note="聯絡人自己的工作",
    ),
    row("foundation:check_list", "GET", STAFF),
    row(
        "foundation:check_retry",
        "POST",
        "302 403 403 403 403 403 403 302 302",
        args=lambda world: [world.checked_pdf.pk],
    ),
    row("foundation:mail_list", "GET", STAFF),
    row("foundation:mail_resend", "POST", "302 403 403 403 403 403 403 302 302", args=mail),
    row("foundation:event_list", "GET", ADMINISTRATOR),
    row("foundation:event_export", "GET", ADMINISTRATOR),
    # Without the headers of tus a request ends at 412, once it is known whose it is; tests/foundation/test_uploads.py
    # holds the conversations.
    row("uploads:upload_list", "POST", UPLOADERS, note="412：未帶 tus 標頭"),
    row(
        "uploads:upload_detail", "PATCH", OWN_UPLOAD, args=upload, note="聯絡人自己的上傳；412：未帶 tus 標頭"
    ),
    row(
        "uploads:upload_detail",
        "DELETE",
        OWN_UPLOAD,
        args=upload,
        note="聯絡人自己的上傳；412：未帶 tus 標頭",
    ),
    row("certificates:certificate_lookup", "GET", EVERYONE),
    row(
        "certificates:certificate_detail",
        "GET",
        EVERYONE,
        args=lambda world: [world.certificate.code],
        note="知道驗證碼的人都能查對",
    ),
    row(
        "materials:file_show",
        "GET",
        "302 404 200 404 404 404 404 404 404",
        args=address_of("checked_pdf"),
        note="網址是開給本機關聯絡人的",
    ),
    row(
        "materials:package_open",
        "GET",
        "302 404 302 404 404 404 404 404 404",
        args=address_of("checked_package"),
        note="網址是開給本機關聯絡人的",
    ),
    row(
        "materials:package_member",
        "GET",
        "200 404 200 404 404 404 404 404 404",
        args=lambda world: [world.viewing.token, "index.html"],
        note="網址裡的代碼是鑰匙，教材在自己的來源執行，不帶登入；別人登入時不給",
    ),
]
