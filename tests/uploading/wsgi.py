"""The portal as gunicorn serves it, with the test's page beside its own."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "chiayi_elearn.settings"
settings.ROOT_URLCONF = "tests.uploading.page"
application = get_wsgi_application()
