#!/usr/bin/env python
"""The portal's command line: python manage.py COMMAND."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chiayi_elearn.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
