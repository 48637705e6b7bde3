"""Who may open the board, the scorecards, and the records behind the figures."""

from tests.permissions.table import CONTACTS_AND_STAFF, OWN_UNIT, STAFF, row

STAFF_POST = "302 403 403 403 403 403 403 302 302"


def unit(world):
    return [world.unit.code]


ROWS = [
    row("scoring:board", "GET", CONTACTS_AND_STAFF),
    row("scoring:export", "GET", CONTACTS_AND_STAFF, args=lambda world: ["json"]),
    row("scoring:snapshot_create", "GET", STAFF),
    row("scoring:snapshot_create", "POST", STAFF_POST),
    row("scoring:freeze", "GET", STAFF),
    row("scoring:freeze", "POST", STAFF_POST),
    row("scoring:scorecard", "GET", OWN_UNIT, args=unit),
    row("scoring:records", "GET", OWN_UNIT, args=lambda world: [world.unit.code, "updates"]),
]
