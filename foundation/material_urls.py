"""/materials/: checked files as pages show them, and the members of teaching packages."""

from django.urls import path

from . import material_views as views

app_name = "materials"
urlpatterns = [
    path("show/<str:signed>/", views.file_show, name="file_show"),
    path("open/<str:signed>/", views.package_open, name="package_open"),
    path("view/<str:token>/<path:member>", views.package_member, name="package_member"),
]
