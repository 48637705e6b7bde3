from chiayi_elearn.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "匯入評分表"
    kind = "scores"
