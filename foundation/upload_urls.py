"""/uploads/: large files, part by part (tus 1.0)."""

from django.urls import path

from . import upload_views

app_name = "uploads"
urlpatterns = [
    path("", upload_views.upload_list, name="upload_list"),
    path("<uuid:token>/", upload_views.upload_detail, name="upload_detail"),
]
