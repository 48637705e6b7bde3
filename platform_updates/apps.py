from django.apps import AppConfig


class PlatformUpdatesConfig(AppConfig):
    name = "platform_updates"
    verbose_name = "經驗傳承與論壇"
