from django.urls import path

<<<<<<< HEAD
from .views import entries, entry_files, entry_steps, judging, results, setup
=======
from .views import entries, judging, progress, results, setup
>>>>>>> main

app_name = "competition"
urlpatterns = [
    path("", entries.entry_list, name="entry_list"),
    path("missing/", entries.missing_list, name="missing_list"),
    path("entries/new/", entry_steps.entry_create, name="entry_create"),
    path("entries/register/", entries.entry_register, name="entry_register"),
    path("entries/<int:pk>/", entries.entry_detail, name="entry_detail"),
    path("entries/<int:pk>/edit/<slug:step>/", entry_steps.entry_edit, name="entry_edit"),
    path("entries/<int:pk>/edit/<slug:step>/save/", entry_steps.entry_save, name="entry_save"),
    path("entries/<int:pk>/submit/", entry_steps.entry_submit, name="entry_submit"),
    path("entries/<int:pk>/receipt/", entry_steps.entry_receipt, name="entry_receipt"),
    path("entries/<int:pk>/receipt.pdf", entry_steps.entry_receipt_pdf, name="entry_receipt_pdf"),
    path("entries/<int:pk>/versions/", entry_steps.entry_versions, name="entry_versions"),
    path("entries/<int:pk>/withdraw/", entries.entry_withdraw, name="entry_withdraw"),
    path("entries/<int:pk>/disqualify/", entries.entry_disqualify, name="entry_disqualify"),
    path("entries/<int:pk>/reinstate/", entries.entry_reinstate, name="entry_reinstate"),
    path("entries/<int:pk>/files/", entry_files.entry_files, name="entry_files"),
    path("entries/<int:pk>/files/<int:file_pk>/", entry_files.entry_file, name="entry_file"),
    path(
        "entries/<int:pk>/files/<int:file_pk>/remove/",
        entry_files.entry_file_remove,
        name="entry_file_remove",
    ),
    path(
        "entries/<int:pk>/files/<int:file_pk>/extend/",
        entry_files.entry_file_extend,
        name="entry_file_extend",
    ),
    path("entries/<int:pk>/conflicts/", entries.conflict_pin, name="conflict_pin"),
    path("entries/<int:pk>/conflicts/<int:conflict_pk>/lift/", entries.conflict_lift, name="conflict_lift"),
    path("settings/", setup.competition_edit, name="competition_edit"),
    path("settings/criteria/", setup.criterion_edit, name="criterion_edit"),
    path("settings/prizes/", setup.prize_edit, name="prize_edit"),
    path("settings/topics/<int:group_pk>/", setup.topic_edit, name="topic_edit"),
    path("extensions/", setup.extension_list, name="extension_list"),
    path("panel/", setup.judge_list, name="judge_list"),
    path("panel/<int:pk>/remove/", setup.judge_remove, name="judge_remove"),
    path("sheets/", setup.sheet_list, name="sheet_list"),
    path("judging/", judging.judging_list, name="judging_list"),
    path("judging/<str:code>/", judging.judging_sheet, name="judging_sheet"),
    path("judging/<str:code>/save/", judging.judging_save, name="judging_save"),
    path("judging/<str:code>/conflict/", judging.judging_conflict, name="judging_conflict"),
    path("judging/<str:code>/files/<int:position>/", judging.judging_file, name="judging_file"),
    path("results/", results.result_list, name="result_list"),
    path("results/<int:group_pk>/", results.result_detail, name="result_detail"),
    path("results/<int:group_pk>/progress/", progress.progress_detail, name="progress_detail"),
    path("results/<int:group_pk>/remind/", progress.judge_remind, name="judge_remind"),
    path("results/<int:group_pk>/disputes/", progress.dispute_list, name="dispute_list"),
    path("results/<int:group_pk>/disputes/threshold/", progress.dispute_threshold, name="dispute_threshold"),
    path(
        "results/<int:group_pk>/disputes/<int:entry_pk>/",
        progress.extra_review_create,
        name="extra_review_create",
    ),
    path(
        "results/<int:group_pk>/extra/<int:pk>/withdraw/",
        progress.extra_review_withdraw,
        name="extra_review_withdraw",
    ),
    path("results/<int:group_pk>/missing/", progress.missing_sheet_list, name="missing_sheet_list"),
    path("results/<int:group_pk>/settle/", results.result_settle, name="result_settle"),
    path("results/<int:group_pk>/finalise/", results.result_finalise, name="result_finalise"),
    path("results/sets/<int:pk>/release/", results.result_release, name="result_release"),
    path("results/sets/<int:pk>/reopen/", results.result_reopen, name="result_reopen"),
    path("results/sets/<int:pk>/agree/", results.result_agree, name="result_agree"),
    path("results/awards.<slug:fmt>", results.award_export, name="award_export"),
]
