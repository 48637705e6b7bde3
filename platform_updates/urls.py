"""/experience/ (design §4): updates, records, forum topics, appeals."""

from django.urls import path

from .views import appeals, records, topics, updates

app_name = "platform_updates"
urlpatterns = [
    path("", updates.update_list, name="update_list"),
    path("updates/export.<slug:fmt>", updates.update_export, name="update_export"),
    path("updates/review/", updates.update_review_many, name="update_review_many"),
    path("updates/<int:pk>/", updates.update_detail, name="update_detail"),
    path("updates/<int:pk>/review/", updates.update_review, name="update_review"),
    path("updates/<int:pk>/appeal/", updates.update_appeal, name="update_appeal"),
    path("records/", records.record_list, name="record_list"),
    path("records/new/", records.record_create, name="record_create"),
    path("records/<int:pk>/", records.record_detail, name="record_detail"),
    path("records/<int:pk>/revise/", records.record_revise, name="record_revise"),
    path("records/<int:pk>/versions/<int:number>/", records.record_version, name="record_version"),
    path("records/<int:pk>/files/<int:attachment_pk>/", records.record_file, name="record_file"),
    path("topics/", topics.topic_list, name="topic_list"),
    path("topics/new/", topics.topic_create, name="topic_create"),
    path("topics/export.<slug:fmt>", topics.topic_export, name="topic_export"),
    path("topics/review/", topics.topic_review_many, name="topic_review_many"),
    path("topics/<int:pk>/", topics.topic_detail, name="topic_detail"),
    path("topics/<int:pk>/change/", topics.topic_change, name="topic_change"),
    path("topics/<int:pk>/review/", topics.topic_review, name="topic_review"),
    path("topics/<int:pk>/appeal/", topics.topic_appeal, name="topic_appeal"),
    path("appeals/", appeals.appeal_list, name="appeal_list"),
    path("appeals/<int:pk>/", appeals.appeal_answer, name="appeal_answer"),
]
