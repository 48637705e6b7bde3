from django.urls import path

from .views import attendance, check_in, door, enrolments, hours, mine, quotas, sessions, tutors

app_name = "workshops"
urlpatterns = [
    path("", sessions.session_list, name="session_list"),
    path("enrolments/", enrolments.enrolment_list, name="enrolment_list"),
    path("enrolments/export.<slug:fmt>", enrolments.enrolment_export, name="enrolment_export"),
    path("enrolments/<int:pk>/cancel/", enrolments.enrolment_cancel, name="enrolment_cancel"),
    path("enrolments/<int:pk>/certificate/", hours.enrolment_certificate, name="enrolment_certificate"),
    path("enrolments/<int:pk>/substitute/", enrolments.enrolment_substitute, name="enrolment_substitute"),
    path("mine/", mine.enrolment_mine, name="enrolment_mine"),
    path("tutors/", tutors.tutor_list, name="tutor_list"),
    path("tutors/export.<slug:fmt>", tutors.tutor_export, name="tutor_export"),
    path("<int:number>/", sessions.session_detail, name="session_detail"),
    path("<int:number>/edit/", sessions.session_edit, name="session_edit"),
    path("<int:number>/release/", sessions.session_release, name="session_release"),
    path("<int:number>/release/undo/", sessions.session_release_undo, name="session_release_undo"),
    path("<int:number>/quotas/", quotas.quota_list, name="quota_list"),
    path("<int:number>/overbook/", enrolments.enrolment_overbook, name="enrolment_overbook"),
    path("<int:number>/sign-in.<slug:fmt>", door.sign_in_sheet, name="sign_in_sheet"),
    path("<int:number>/door/", door.door_list, name="door_list"),
    path("<int:number>/door/<int:pk>/", door.door_mark, name="door_mark"),
    path("<int:number>/door/walk-in/", door.door_walk_in, name="door_walk_in"),
    path("<int:number>/hours/", hours.hours_detail, name="hours_detail"),
    path("<int:number>/hours/file/", hours.hours_file, name="hours_file"),
    path("<int:number>/day/", hours.session_day, name="session_day"),
    path("<int:number>/door/code/", check_in.door_code, name="door_code"),
    path("check-in/", check_in.check_in, name="check_in"),
    path("check-in/<slug:code>/", check_in.check_in_scan, name="check_in_scan"),
    path("<int:number>/hours/certificates/", hours.hours_certificates, name="hours_certificates"),
    path("<int:number>/attendance/", attendance.attendance_mark, name="attendance_mark"),
    path("<int:number>/attendance/close/", attendance.attendance_close, name="attendance_close"),
    path("<int:number>/attendance/reopen/", attendance.attendance_reopen, name="attendance_reopen"),
]
