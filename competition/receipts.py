"""The receipt of a work: what was received, as letter, page and paper."""

from django.conf import settings
from django.template.loader import render_to_string

from agencies.notices import tell_many
from foundation import outbox
from foundation.pdf import render_pdf
from foundation.rocdate import deadline_text

from .deadlines import own_due_at


def contacts_of(unit, at):
    """The accounts that stand for a unit at a moment, its dated deputies among them."""
    contacts = unit.unit.contacts.in_force(at.date()).select_related("user")
    return list({contact.user_id: contact.user for contact in contacts}.values())


def tell_received(entry, version, *, at):
    """Tell the unit's contacts that the work arrived: a notice, and a letter with every file."""
    users = contacts_of(entry.unit, at)
    text = f"作品「{entry.title}」已送件，收件編號 {entry.receipt}。"
    tell_many(users=users, text=text, url=entry.get_absolute_url(), at=at)
    mail_receipt(entry, users, key=f"entry-receipt-{version.pk}", subject=f"收件編號 {entry.receipt}", at=at)


def mail_receipt(entry, users, *, key, subject, at):
    """The receipt as a letter to each; `key` names the occasion."""
    context = receipt_context(entry) | {"site": settings.SITE_URL.rstrip("/")}
    for user in users:
        if user.email:
            outbox.queue(
                key=f"{key}-{user.pk}",
                recipient=user.email,
                subject=f"{subject}：{entry.title}",
                body=render_to_string("competition/entry_receipt.txt", context | {"reader": user}),
                at=at,
            )


def receipt_context(entry):
    """What the receipt says, the same on every medium."""
    files = list(entry.files.all())
    last_day, _ = own_due_at(entry.competition, entry.unit)
    return {
        "entry": entry,
        "authors": list(entry.authors.all()),
        "version": entry.versions.first() if entry.is_submitted else None,
        "files": files,
        "is_waiting": not all(each.sha256 for each in files),
        "total_size": sum(each.size for each in files),
        "due_on": last_day,
        "deadline": deadline_text(last_day),
    }


def receipt_pdf(entry, *, at):
    return render_pdf("competition/entry_receipt_pdf.html", receipt_context(entry) | {"at": at})
