"""Pages that cross the apps."""

from django.urls import path

from . import calendar_views, home, import_views, pages, programme_views, search

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("calendar/", calendar_views.calendar, name="calendar"),
    path("calendar/renew/", calendar_views.calendar_renew, name="calendar_renew"),
    path("calendar/revoke/", calendar_views.calendar_revoke, name="calendar_revoke"),
    path("calendar/items/<slug:key>.ics", calendar_views.calendar_item, name="calendar_item"),
    path("calendar/<int:year>.ics", calendar_views.calendar_year, name="calendar_year"),
    path("calendar/<slug:token>.ics", calendar_views.calendar_own, name="calendar_own"),
    path("imports/", import_views.import_list, name="import_list"),
    path("imports/<slug:kind>/", import_views.import_create, name="import_create"),
    path("imports/<slug:kind>/template.<slug:fmt>", import_views.import_template, name="import_template"),
    path("imports/<slug:kind>/export.<slug:fmt>", import_views.import_export, name="import_export"),
    path("imports/batches/<uuid:token>/", import_views.import_detail, name="import_detail"),
    path("imports/batches/<uuid:token>/file/", import_views.import_file, name="import_file"),
    path("imports/batches/<uuid:token>/confirm/", import_views.import_confirm, name="import_confirm"),
    path("imports/batches/<uuid:token>/undo/", import_views.import_undo, name="import_undo"),
    path("imports/batches/<uuid:token>/discard/", import_views.import_discard, name="import_discard"),
    path("programmes/open/", programme_views.programme_open, name="programme_open"),
    path("programmes/<int:year>/edit/", programme_views.programme_edit, name="programme_edit"),
    path("about/accessibility/", pages.accessibility, name="accessibility"),
    path("about/privacy/", pages.privacy, name="privacy"),
    path("about/help/", pages.help, name="help"),
    path("about/sitemap/", pages.sitemap, name="sitemap"),
]
