from django.urls import path

from .views import attendance, door, enrolments, mine, nominations, quotas, sessions, tutors

app_name = "workshops"
urlpatterns = [
    path("", sessions.session_list, name="session_list"),
    path("enrolments/", enrolments.enrolment_list, name="enrolment_list"),
    path("enrolments/export.<slug:fmt>", enrolments.enrolment_export, name="enrolment_export"),
    path("enrolments/<int:pk>/cancel/", enrolments.enrolment_cancel, name="enrolment_cancel"),
    path("enrolments/<int:pk>/substitute/", enrolments.enrolment_substitute, name="enrolment_substitute"),
    path("mine/", mine.enrolment_mine, name="enrolment_mine"),
    path("tutors/", tutors.tutor_list, name="tutor_list"),
    path("tutors/export.<slug:fmt>", tutors.tutor_export, name="tutor_export"),
    path("<int:number>/", sessions.session_detail, name="session_detail"),
    path("<int:number>/edit/", sessions.session_edit, name="session_edit"),
    path("<int:number>/nominate/", nominations.enrolment_nominate, name="enrolment_nominate"),
    path("<int:number>/people/", nominations.person_known, name="person_known"),
    path("<int:number>/release/", sessions.session_release, name="session_release"),
    path("<int:number>/release/undo/", sessions.session_release_undo, name="session_release_undo"),
    path("<int:number>/quotas/", quotas.quota_list, name="quota_list"),
    path("<int:number>/quotas/propose/", quotas.quota_propose, name="quota_propose"),
    path("<int:number>/overbook/", enrolments.enrolment_overbook, name="enrolment_overbook"),
    path("<int:number>/door/", door.door_list, name="door_list"),
    path("<int:number>/door/<int:pk>/", door.door_mark, name="door_mark"),
    path("<int:number>/door/walk-in/", door.door_walk_in, name="door_walk_in"),
    path("<int:number>/attendance/", attendance.attendance_mark, name="attendance_mark"),
    path("<int:number>/attendance/close/", attendance.attendance_close, name="attendance_close"),
    path("<int:number>/attendance/reopen/", attendance.attendance_reopen, name="attendance_reopen"),
]
