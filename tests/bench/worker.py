"""What one web worker is asked for in a day, and the most memory it held after each: run as a program.

`prepare` fills the database of DATA_DIR, `work` plays the day. Two runs, so that filling costs the worker nothing.
"""

import json
import os
import re
import sys
from pathlib import Path

import django
from django.conf import settings


def megabytes():
    """The most memory this program has held so far. (getrusage would count who started it.)"""
    kilobytes = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())[1]
    return round(int(kilobytes) / 1024, 1)


def prepare(folder):
    from django.core.management import call_command
    from django.db import transaction
    from django.test import Client

    from tests import factories as make
    from tests.bench import test_imports, test_lists

    call_command("migrate", verbosity=0)
    with transaction.atomic():
        year = test_lists.prepare()
        test_lists.fill(year, 0, 3000)
        client = Client()
        client.force_login(make.make_administrator(), backend="django.contrib.auth.backends.ModelBackend")
    units = [unit.code for unit in year[-1]]
    (folder / "updates.xlsx").write_bytes(test_imports.update_file(units, 10_000))
    (folder / "day.json").write_text(
        json.dumps({"cookie": client.cookies["sessionid"].value, "lists": test_lists.LISTS})
    )


def work(folder):
    import gunicorn.app.wsgiapp
    import gunicorn.workers.gthread  # noqa: F401 - what a worker has loaded besides the portal
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.core.handlers.wsgi import WSGIHandler
    from django.test import RequestFactory

    from foundation.models import ImportBatch

    day = json.loads((folder / "day.json").read_text())
    handler = WSGIHandler()
    requests = RequestFactory()
    requests.cookies["sessionid"] = day["cookie"]
    peaks = {"start": megabytes()}

    def ask(step, request, status=200):
        request._dont_enforce_csrf_checks = True  # as Django's test client does
        response = handler.get_response(request)
        body = b"".join(response) if response.streaming else response.content
        response.close()
        assert response.status_code == status, (step, response.status_code)
        peaks[step] = megabytes()
        return body

    reverse = django.urls.reverse
    ask("the board", requests.get(reverse("scoring:board")))
    for name in day["lists"]:
        for page in range(1, 4):
            ask("lists", requests.get(reverse(name), {"page": page}))
    for fmt in ("xlsx", "ods", "csv"):
        ask(f"exports in {fmt}", requests.get(reverse("platform_updates:update_export", args=[fmt])))
        ask(f"exports in {fmt}", requests.get(reverse("workshops:enrolment_export", args=[fmt])))
        ask(f"exports in {fmt}", requests.get(reverse("scoring:export", args=[fmt])))
    upload = SimpleUploadedFile("updates.xlsx", (folder / "updates.xlsx").read_bytes())
    ask(
        "10,000 rows previewed",
        requests.post(reverse("portal:import_create", args=["updates"]), {"file": upload}),
        302,
    )
    del upload
    batch = ImportBatch.objects.defer("rows").get()
    ask("10,000 rows looked at", requests.get(reverse("portal:import_detail", args=[batch.token])))
    ask("10,000 rows imported", requests.post(reverse("portal:import_confirm", args=[batch.token])), 302)
    batch.refresh_from_db(fields=["state"])
    assert batch.state == ImportBatch.State.APPLIED
    ask("10,000 rows exported", requests.get(reverse("portal:import_export", args=["updates", "xlsx"])))
    ask("10,000 rows taken back", requests.post(reverse("portal:import_undo", args=[batch.token])), 302)
    ask("the board as PDF", requests.get(reverse("scoring:export", args=["pdf"])))
    print(json.dumps(peaks))


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "chiayi_elearn.settings"
    django.setup()
    settings.ALLOWED_HOSTS = ["testserver"]
    {"prepare": prepare, "work": work}[sys.argv[1]](Path(os.environ["DATA_DIR"]))
