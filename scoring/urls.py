from django.urls import path, register_converter

from . import rules, views
from .exports import FORMATS


class IndicatorConverter:
    """One of the four: so no unit's code can be taken for another page."""

    regex = "|".join(rules.KEYS)

    def to_python(self, value):
        return value

    def to_url(self, value):
        return value


class FormatConverter(IndicatorConverter):
    regex = "|".join(FORMATS)


register_converter(IndicatorConverter, "indicator")
register_converter(FormatConverter, "board_format")

app_name = "scoring"
urlpatterns = [
    path("", views.board, name="board"),
    path("export/<board_format:fmt>/", views.export, name="export"),
    path("board/snapshot/", views.snapshot_create, name="snapshot_create"),
    path("board/freeze/", views.freeze, name="freeze"),
    path("<str:code>/", views.scorecard, name="scorecard"),
    path("<str:code>/<indicator:key>/", views.records, name="records"),
]
