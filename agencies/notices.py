"""Telling people: a line in their notices, and where it matters a letter too."""

from django.conf import settings

from foundation import outbox

from .models import Notice, User


def office(*, but=None):
    """Who is told what the office has to know; `but` the one who did it."""
    users = User.objects.filter(is_staff=True, is_active=True)
    return users.exclude(pk=but.pk) if but else users


def tell(*, user, text, at, url=""):
    """Add one line to a person's notices; `url` is a path of the portal."""
    return Notice.objects.create(user=user, text=text, url=url, created_at=at)


def tell_many(*, users, text, at, url=""):
    """The same line to many people, each once."""
    ids = dict.fromkeys(user.pk for user in users)
    Notice.objects.bulk_create(
        [Notice(user_id=pk, text=text, url=url, created_at=at) for pk in ids], batch_size=500
    )


def tell_and_mail(*, user, key, subject, text, at, url="", calendar=""):
    """A line in the notices and the same as a letter; `key` names the occasion for the outbox."""
    tell(user=user, text=text, url=url, at=at)
    if not user.email:
        return
    link = f"\n\n{settings.SITE_URL.rstrip('/')}{url}" if url else ""
    outbox.queue(
        key=key,
        recipient=user.email,
        subject=subject,
        body=f"{user.name}您好：\n\n{text}{link}\n\n嘉義縣政府人事處",
        at=at,
        calendar=calendar,
    )


def mark_read(*, user, at, notice=None):
    """Mark one notice, or all of them, as read; a time of reading once stored stays."""
    unread = user.notices.filter(read_at=None)
    if notice is not None:
        unread = unread.filter(pk=notice.pk)
    return unread.update(read_at=at)


def unread_count(user):
    return user.notices.filter(read_at=None).count()
