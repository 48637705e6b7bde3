"""Who gets what from the pages of agencies."""

from agencies.models import Notice
from tests.permissions.table import CONTACTS_AND_STAFF, LOGGED_IN, OWN_UNIT, STAFF, row

STAFF_DONE = "302 403 403 403 403 403 403 302 302"
ADMINISTRATOR_DONE = "302 403 403 403 403 403 403 403 302"
OWNER_ONLY = "302 404 302 404 404 404 404 404 404"


def unit(world):
    return [world.unit.unit.code]


def year(world):
    return [world.programme.year]


def contact(world):
    return [world.unit.unit.code, world.unit.unit.contacts.get().pk]


def headcount(world):
    return [world.unit.unit.code, world.unit.headcounts.get().pk]


def civil(world):
    return [world.users["civil"].pk]


def curator(world):
    return [world.users["curator"].curatorships.get().pk]


def own_notice(world):
    """A notice of the contact's."""
    return [Notice.objects.get_or_create(user=world.users["contact"], text="測試通知")[0].pk]


def form(name, args=None):
    """A staff page with a form: shown, and shown again when sent empty."""
    return [row(name, "GET", STAFF, args=args), row(name, "POST", STAFF, args=args, note="空白表單")]


ROWS = [
    row("agencies:unit_list", "GET", CONTACTS_AND_STAFF),
    row("agencies:unit_detail", "GET", OWN_UNIT, args=unit),
    *form("agencies:unit_create"),
    *form("agencies:unit_update", unit),
    *form("agencies:unit_rename", unit),
    *form("agencies:headcount_create", unit),
    *form("agencies:unit_close", unit),
    *form("agencies:unit_merge", unit),
    row("agencies:unit_on_board", "POST", STAFF_DONE, args=unit),
    row("agencies:unit_reopen", "POST", STAFF_DONE, args=unit),
    # The unit has an entry, so that even staff only read why it cannot go.
    *form("agencies:unit_remove", unit),
    row("agencies:headcount_delete", "POST", STAFF_DONE, args=headcount),
    *form("agencies:contact_create", unit),
    *form("agencies:contact_deputy", contact),
    *form("agencies:contact_hand_over", contact),
    *form("agencies:contact_end", contact),
    row("agencies:contact_remove", "POST", STAFF_DONE, args=contact),
    row("agencies:programme_list", "GET", STAFF),
    row("agencies:programme_detail", "GET", STAFF, args=year),
    row("agencies:programme_activate", "POST", STAFF_DONE, args=year),
    row("agencies:person_list", "GET", STAFF),
    *form("agencies:person_create"),
    *form("agencies:person_update", lambda world: [world.person.pk]),
    row("agencies:account_list", "GET", STAFF),
    row("agencies:account_detail", "GET", STAFF, args=civil),
    *form("agencies:account_create"),
    *form("agencies:account_update", civil),
    row("agencies:account_resend", "POST", STAFF_DONE, args=civil),
    row("agencies:account_disable", "POST", STAFF_DONE, args=civil),
    row("agencies:account_enable", "POST", STAFF_DONE, args=civil),
    row("agencies:account_grant_staff", "POST", ADMINISTRATOR_DONE, args=civil),
    row("agencies:account_revoke_staff", "POST", ADMINISTRATOR_DONE, args=civil),
    *form("agencies:curator_create", civil),
    *form("agencies:curator_end", curator),
    row("agencies:notice_list", "GET", LOGGED_IN),
    row("agencies:notice_read_all", "POST", "302 302 302 302 302 302 302 302 302"),
    row("agencies:notice_read", "POST", OWNER_ONLY, args=own_notice, note="聯絡人的通知"),
]
