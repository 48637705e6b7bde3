from chiayi_elearn.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "匯入人員與身分"
    kind = "people"
