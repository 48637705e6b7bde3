"""Writes docs/permissions.md from the rows: `python -m tests.permissions.write`."""

import os

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chiayi_elearn.settings")
    django.setup()
    from tests.permissions.test_permissions import DOCUMENT, all_rows, as_document

    DOCUMENT.write_text(as_document(all_rows()), encoding="utf-8")
