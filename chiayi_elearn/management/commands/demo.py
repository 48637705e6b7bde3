import os

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chiayi_elearn.demo import build


class Command(BaseCommand):
    help = "在空的資料庫建立範例資料：已結束的 105 年度與今天進行中的年度"

    def handle(self, *, verbosity=1, **options):
        if not settings.SITE_IS_LOCAL:
            raise CommandError("SITE_URL 不在本機，不建立範例資料。")
        say = self.stdout.write if verbosity else lambda text: None
        logins = build(say=say)
        if logins is None:
            say("已有年度資料，沒有變更。")
            return
        lines = [f"{username}\t{password}\t{hat}" for hat, username, password in logins]
        self.keep(lines)
        say("範例帳號（只在這台機器上；密碼隨機）：")
        for line in lines:
            say(f"  {line}")

    def keep(self, lines):
        """Beside the data and for its owner only, so that `make serve` can show them again."""
        path = settings.DATA_DIR / "sample-logins.txt"
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write("\n".join(lines) + "\n")
