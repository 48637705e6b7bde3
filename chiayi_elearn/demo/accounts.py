"""Sample accounts, one for each kind of person."""

import secrets
from dataclasses import dataclass, field

from agencies.actions.accounts import invite
from agencies.models import User

SAMPLE_UNIT = "10010140"
OTHER_UNIT = "10010130"

# username, name, hat. No mail can reach the reserved domain .invalid.
ACCOUNTS = (
    ("sample-staff", "陳承辦（範例）", "人事處承辦人"),
    ("sample-contact", "林堃峯（範例）", "機關聯絡人：嘉義縣竹崎鄉公所"),
    ("sample-deputy", "游喆（範例）", "職務代理：嘉義縣竹崎鄉公所"),
    ("sample-contact2", "吳𠮷安（範例）", "機關聯絡人：嘉義縣中埔鄉公所"),
    ("sample-judge1", "評審甲（範例）", "評審"),
    ("sample-judge2", "評審乙（範例）", "評審"),
    ("sample-judge3", "評審丙（範例）", "評審"),
    ("sample-tutor", "輔導甲（範例）", "輔導教師"),
    ("sample-tutor2", "輔導乙堃峯（範例）", "輔導教師"),
    ("sample-curator", "策展甲（範例）", "策展人"),
    ("sample-civil", "同仁甲（範例）", "同仁"),
)
ADMINISTRATOR = ("sample-admin", "管理者（範例）", "系統管理者")
JUDGES = ("sample-judge1", "sample-judge2", "sample-judge3")


@dataclass
class People:
    users: dict = field(default_factory=dict)
    logins: list = field(default_factory=list)

    def __getitem__(self, username):
        return self.users[username]

    @property
    def staff(self):
        return self.users["sample-staff"]

    @property
    def judges(self):
        return [self.users[username] for username in JUDGES]


def make_accounts(*, at):
    people = People()
    username, name, hat = ADMINISTRATOR
    administrator = User(
        username=username, name=name, email=_address(username), is_staff=True, is_superuser=True
    )
    _give_password(people, administrator, hat)
    for username, name, hat in ACCOUNTS:
        user = invite(
            username=username,
            name=name,
            email=_address(username),
            is_staff=hat == "人事處承辦人",
            by=administrator,
            at=at,
        )
        _give_password(people, user, hat)
    return people


def _address(username):
    return f"{username}@example.invalid"


def _give_password(people, user, hat):
    password = secrets.token_urlsafe(9)
    user.set_password(password)
    user.save()
    people.users[user.username] = user
    people.logins.append((hat, user.username, password))
