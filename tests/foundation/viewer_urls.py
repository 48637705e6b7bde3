"""The portal, and a page that shows every checked file to whoever is logged in."""

from django.shortcuts import render
from django.urls import include, path

from foundation import packages
from foundation.models import FileCheck


def viewer(request):
    checks = FileCheck.objects.select_related("stored").order_by("pk")
    files = [
        packages.shown(check, user=request.user, title=check.stored.name, download=f"/files/{check.pk}/")
        for check in checks
    ]
    return render(request, "viewer_page.html", {"files": files})


urlpatterns = [path("viewer/", viewer), path("", include("chiayi_elearn.urls"))]
