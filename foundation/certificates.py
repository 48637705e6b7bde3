"""Certificates that can be verified: a code, and what was stated under it (design §2).

The apps decide who gets one and print it; here it is kept, looked up and, when it was wrong, revoked.
"""

import secrets

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from . import events
from .errors import Refused
from .models import Certificate

# Letters and digits that nobody mistakes for one another on paper; 31^12 codes cannot be guessed.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
GROUPS, GROUP = 3, 4


def new_code():
    """K7QM-2XAP-9TRD."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))
    return "-".join(groups)


def clean_code(typed):
    """A code as it was meant: spaces, missing hyphens and small letters are understood."""
    letters = "".join(c for c in str(typed).upper() if c in ALPHABET)
    return "-".join(letters[start : start + GROUP] for start in range(0, GROUPS * GROUP, GROUP))


def issue_many(statements, *, by, at):
    """Certificates for many occasions, each given as what `issue` takes; those there are stay. Returns how many are new.

    The caller holds a lock under which nobody else certifies the same occasions.
    """
    statements = list(statements)
    keys = [statement["key"] for statement in statements]
    known = set(Certificate.objects.filter(key__in=keys).values_list("key", flat=True))
    new = [
        Certificate(code=new_code(), issued_by=by, issued_at=at, **statement)
        for statement in statements
        if statement["key"] not in known
    ]
    Certificate.objects.bulk_create(new, batch_size=500)
    return len(new)


def issue(*, kind, key, title, holder, facts, by, at, public_from=None):
    """The certificate of this occasion; a second call for the same `key` finds the first as it was stated.

    `public_from`: what it states is not out yet; until then nobody can look it up.
    """
    certificate, _ = Certificate.objects.get_or_create(
        key=key,
        defaults={
            "code": new_code(),
            "kind": kind,
            "title": title,
            "holder": holder,
            "facts": [[term, str(value)] for term, value in facts],
            "issued_by": by,
            "issued_at": at,
            "public_from": public_from,
        },
    )
    return certificate


@transaction.atomic
def revoke(*, certificate, reason, by, at):
    """Take back what was certified wrongly. The code then answers that it no longer holds, and why.

    The occasion may be certified again, under a new code.
    """
    reason = reason.strip()
    certificate = Certificate.objects.select_for_update().get(pk=certificate.pk)
    if not reason:
        raise Refused("註銷須說明理由。")
    if not certificate.is_valid:
        raise Refused("這張證明已經註銷。")
    certificate.revoked_at, certificate.revoke_reason = at, reason[:300]
    certificate.key = f"{certificate.key} revoked {certificate.pk}"
    certificate.save(update_fields=["revoked_at", "revoke_reason", "key"])
    events.record(
        action="certificate.revoked",
        by=by,
        target=certificate,
        at=at,
        summary=f"註銷{certificate}（{certificate.code}）：{reason}",
    )
    return certificate


def address(certificate):
    """Where anybody can verify it; printed beside the code and in its QR square."""
    path = reverse("certificates:certificate_detail", args=[certificate.code])
    return f"{settings.SITE_URL.rstrip('/')}{path}"
