from chiayi_elearn.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "匯入平台資料更新"
    kind = "updates"
