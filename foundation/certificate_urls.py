"""/certificates/: anybody verifies a certificate by its code."""

from django.urls import path

from . import certificate_views as views

app_name = "certificates"
urlpatterns = [
    path("", views.certificate_lookup, name="certificate_lookup"),
    path("<str:code>/", views.certificate_detail, name="certificate_detail"),
]
