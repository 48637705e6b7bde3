from django.urls import path

from . import views

app_name = "workshops"
urlpatterns = [
    path("", views.session_list, name="session_list"),
    path("enrolments/", views.enrolment_list, name="enrolment_list"),
    path("enrolments/export.<slug:fmt>", views.enrolment_export, name="enrolment_export"),
    path("enrolments/<int:pk>/cancel/", views.enrolment_cancel, name="enrolment_cancel"),
    path("tutors/", views.tutor_list, name="tutor_list"),
    path("tutors/export.<slug:fmt>", views.tutor_export, name="tutor_export"),
    path("<int:number>/", views.session_detail, name="session_detail"),
    path("<int:number>/edit/", views.session_edit, name="session_edit"),
    path("<int:number>/quotas/", views.quota_list, name="quota_list"),
    path("<int:number>/overbook/", views.enrolment_overbook, name="enrolment_overbook"),
    path("<int:number>/attendance/", views.attendance_mark, name="attendance_mark"),
    path("<int:number>/attendance/close/", views.attendance_close, name="attendance_close"),
    path("<int:number>/attendance/reopen/", views.attendance_reopen, name="attendance_reopen"),
]
