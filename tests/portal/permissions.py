"""Who may open the pages that cross the apps."""

from tests.permissions.table import CONTACTS_AND_STAFF, EVERYONE, LOGGED_IN, STAFF, row

LOGGED_IN_DONE = "302 302 302 302 302 302 302 302 302"
STAFF_POST = "302 403 403 403 403 403 403 302 302"


def batch(world):
    return [world.batch.token]


ROWS = [
    row("portal:home", "GET", LOGGED_IN),
    row("portal:calendar", "GET", LOGGED_IN),
    row("portal:calendar_renew", "POST", LOGGED_IN_DONE),
    row("portal:calendar_revoke", "POST", LOGGED_IN_DONE),
    row("portal:calendar_item", "GET", LOGGED_IN, args=lambda world: [f"session-{world.session.pk}"]),
    row("portal:calendar_year", "GET", EVERYONE, args=lambda world: [105], note="供訂閱，沒有姓名"),
    row("portal:calendar_own", "GET", EVERYONE, args=lambda world: [world.feed.token], note="知道網址的人"),
    row("portal:search", "GET", CONTACTS_AND_STAFF, query="?q=竹"),
    row("portal:import_list", "GET", STAFF),
    row("portal:import_create", "GET", STAFF, args=lambda world: ["units"]),
    row("portal:import_create", "POST", STAFF, args=lambda world: ["units"]),
    row("portal:import_template", "GET", STAFF, args=lambda world: ["units", "xlsx"]),
    row("portal:import_export", "GET", STAFF, args=lambda world: ["units", "ods"]),
    row("portal:import_detail", "GET", STAFF, args=batch),
    row("portal:import_file", "GET", STAFF, args=batch),
    row("portal:import_confirm", "POST", STAFF_POST, args=batch),
    row("portal:import_undo", "POST", STAFF_POST, args=batch),
    row("portal:import_discard", "POST", STAFF_POST, args=batch),
    row("portal:accessibility", "GET", EVERYONE),
    row("portal:privacy", "GET", EVERYONE),
    row("portal:help", "GET", EVERYONE),
    row("portal:sitemap", "GET", EVERYONE),
    row("portal:programme_open", "GET", STAFF),
    row("portal:programme_open", "POST", STAFF, note="空白表單"),
    row("portal:programme_edit", "GET", STAFF, args=lambda world: [world.programme.year]),
    row("portal:programme_edit", "POST", STAFF, args=lambda world: [world.programme.year], note="空白表單"),
    row("health", "GET", EVERYONE),
    row("login", "GET", EVERYONE),
    row("login", "POST", EVERYONE, note="空白表單"),
    row("logout", "POST", "302 302 302 302 302 302 302 302 302"),
    row("password_change", "GET", LOGGED_IN),
    row("password_change", "POST", LOGGED_IN, note="空白表單"),
    row("password_change_done", "GET", LOGGED_IN),
    row("password_reset", "GET", EVERYONE),
    row("password_reset", "POST", EVERYONE, note="空白表單"),
    row("password_reset_done", "GET", EVERYONE),
    row("password_reset_confirm", "GET", EVERYONE, args=lambda world: ["MQ", "set-password"]),
    row("password_reset_confirm", "POST", EVERYONE, args=lambda world: ["MQ", "set-password"]),
    row("password_reset_complete", "GET", EVERYONE),
]
