from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "chiayi_elearn"
    verbose_name = "數位學習計畫入口"
