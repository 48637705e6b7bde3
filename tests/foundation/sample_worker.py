"""`python -m tests.foundation.sample_worker …`: run_worker with the sample jobs, on the database of the environment."""

import os
import sys

import django

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "chiayi_elearn.settings"
    from django.conf import settings

    settings.JOB_MODULES = ["tests.foundation.sample_jobs"]
    django.setup()
    from django.core.management import call_command

    call_command("run_worker", *sys.argv[1:])
