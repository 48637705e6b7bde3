"""/system/: jobs, checks of files, the mail outbox, the audit log."""

from django.urls import path

from . import check_views, views

app_name = "foundation"
urlpatterns = [
    path("jobs/", views.job_list, name="job_list"),
    path("jobs/<int:pk>/", views.job_detail, name="job_detail"),
    path("jobs/<int:pk>/cancel/", views.job_cancel, name="job_cancel"),
    path("jobs/<int:pk>/retry/", views.job_retry, name="job_retry"),
    path("jobs/<int:pk>/result/", views.job_result, name="job_result"),
    path("checks/", check_views.check_list, name="check_list"),
    path("checks/<int:pk>/retry/", check_views.check_retry, name="check_retry"),
    path("mails/", views.mail_list, name="mail_list"),
    path("mails/<int:pk>/resend/", views.mail_resend, name="mail_resend"),
    path("events/", views.event_list, name="event_list"),
    path("events/export.csv", views.event_export, name="event_export"),
]
