from chiayi_elearn.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "匯入論壇主題"
    kind = "forum_topics"
