from chiayi_elearn.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "匯入研習名額"
    kind = "quotas"
