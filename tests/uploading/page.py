"""A page with an uploader, as forms have one, beside the portal's own pages."""

from django.http import HttpResponse
from django.template import engines
from django.urls import include, path

from foundation.http import file_response
from foundation.models import StoredFile

PAGE = """{% extends "base.html" %}{% block title %}送件{% endblock %}{% block h1 %}作品檔案{% endblock %}
{% block content %}<form method="post" class="sheet">{% csrf_token %}
<div class="sheet-h"><h2>檔案</h2></div>
{% include "components/uploader.html" with name="upload" key="entry-1" plain="file" %}
<div class="sheet-f"><button class="btn btn-primary">儲存檔案</button></div></form>{% endblock %}"""


def page(request):
    if request.method == "POST":
        return HttpResponse(" ".join(request.POST.getlist("upload")), content_type="text/plain")
    return HttpResponse(engines["django"].from_string(PAGE).render({}, request))


def file(request, pk):
    stored = StoredFile.objects.get(pk=pk)
    return file_response(stored, name=stored.name, request=request)


urlpatterns = [path("page/", page), path("file/<int:pk>/", file), path("", include("chiayi_elearn.urls"))]
handler500 = "chiayi_elearn.errors.server_error"
