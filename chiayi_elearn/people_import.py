"""The people file: accounts, and the hats that each app keeps (design §4).

A row adds hats and never takes one away: what the file leaves out stays as it is.
"""

from collections import defaultdict

from django.contrib.auth.hashers import make_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.db.models.functions import Lower

from agencies.actions.accounts import send_invitation, tell_old_address
from agencies.imports import ProgrammeImporter, clean_unit_code
from agencies.models import CompetitionGroup, Contact, Curator, Person, User
from agencies.notices import tell_many
from competition.actions.panel import JUDGES, SEES_NAMES
from competition.models import Group, Judge
from foundation import events
from foundation.importing import Change, ImportField, RowRefused
from foundation.rocdate import taipei_date
from foundation.text import clean_code, clean_email, clean_line, split_names
from workshops.models import Tutor

STAFF, CONTACT, JUDGE, TUTOR, CURATOR, CIVIL = ROLES = (
    "承辦人",
    "聯絡人",
    "評審",
    "輔導教師",
    "策展人",
    "同仁",
)


def clean_username(value):
    username = clean_code(value, max_length=150)
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError:
        raise ValueError("帳號只能用文字、數字與 @ . + - _ 。") from None
    return username


def clean_roles(value):
    roles = list(dict.fromkeys(split_names(value)))
    unknown = [role for role in roles if role not in ROLES]
    if unknown or not roles:
        raise ValueError(f"沒有「{'、'.join(unknown) or value}」這個身分；可用的身分：{'、'.join(ROLES)}。")
    return roles


def clean_group(value):
    text = clean_line(value)
    for group in CompetitionGroup:
        if text in (group.value, group.label):
            return group
    raise ValueError(f"沒有「{text}」這個組別；可用的組別：{'、'.join(CompetitionGroup.labels)}。")


class PeopleImporter(ProgrammeImporter):
    kind = "people"
    title = "人員與身分"
    help = (
        "每列一個人；同一人在兩個機關任聯絡人，或在兩組任評審時，各寫一列。"
        "新帳號在匯入後收到邀請信，自行設定密碼；只是「同仁」的人可以不填帳號。"
        "檔案只加身分，不取消身分。承辦人身分由系統管理者匯入。"
    )
    fields = (
        ImportField("username", "帳號", clean_username, blank=True, width=18),
        ImportField("name", "姓名", lambda value: clean_line(value, max_length=100), sample="林堃峯"),
        ImportField("email", "電子郵件", clean_email, blank=True, width=28),
        ImportField("unit", "機關代碼", clean_unit_code, blank=True, width=14),
        ImportField("roles", "身分", clean_roles, width=24, help="、".join(ROLES)),
        ImportField("group", "組別", clean_group, blank=True, optional=True, help="只有評審填。"),
    )

    # Reading ------------------------------------------------------------------------------

    def key(self, row):
        who = (row["username"] or row["email"] or row["name"]).lower()
        return (row["unit"] or "", row["group"] or "", who)

    def load(self, rows):
        self.today = taipei_date(self.at)
        self.load_units()
        self._load_accounts(rows)
        self._load_people(rows)
        self._load_hats()
        self.granted_staff, self.moved_addresses = {}, []
        self.first_of = {}  # username -> the row that names it first

    def _load_accounts(self, rows):
        emails = [row["email"] for row in rows if row["email"]]
        usernames = [row["username"] for row in rows if row["username"]]
        users = _found(User.objects.all(), "username", usernames) + _found(
            User.objects.all(), "email", emails
        )
        self.users = {user.username.lower(): user for user in users}
        self.by_email = {user.email.lower(): user for user in users if user.email}
        self.new_users = {}

    def _load_people(self, rows):
        emails = [row["email"] for row in rows if row["email"]]
        names = [row["name"] for row in rows]
        with_unit = Person.objects.select_related("unit", "user")
        people = _found(with_unit, "email", emails)
        people += _found(with_unit.filter(email=""), "name", names)
        people += list(with_unit.filter(user__in=list(self.users.values())))
        self.person_by_email = {person.email.lower(): person for person in people if person.email}
        self.person_of = {_login(person.user): person for person in people if person.user_id}
        self.nameless = defaultdict(dict)
        for person in people:
            if not person.email:
                self.nameless[person.unit_id, person.name][person.pk] = person
        self.new_people = {}

    def _load_hats(self):
        """Who wears which hat already, by login: a new account has no number yet."""
        users = list(self.users.values())
        held = Q(ends_on=None) | Q(ends_on__gte=self.today)
        self.contacts = {
            (_login(contact.user), contact.unit_id)
            for contact in Contact.objects.filter(held, user__in=users).select_related("user")
        }
        tutors = Tutor.objects.serving().filter(programme=self.programme, user__in=users)
        self.tutors = {_login(tutor.user) for tutor in tutors.select_related("user")}
        curators = Curator.objects.filter(held, user__in=users)
        self.curators = {_login(curator.user) for curator in curators.select_related("user")}
        groups = list(Group.objects.filter(competition__programme=self.programme))
        self.groups = {group.key: group for group in groups}
        judges = Judge.objects.filter(group__in=groups, user__in=users)
        self.judges = {
            (_login(judge.user), judge.group_id): judge for judge in judges.select_related("user", "unit")
        }

    # Planning -----------------------------------------------------------------------------

    def plan(self, row):
        unit = self.unit_of(row) if row["unit"] else None
        roles = row["roles"]
        self._require_fit(row, unit)
        change = Change(label=f"{row['name']}（{'、'.join(roles)}）")
        user = self._account(row, change)
        if CONTACT in roles:
            self._contact(user, unit.unit, change)
        if JUDGE in roles:
            self._judge(user, unit and unit.unit, row["group"], change)
        if TUTOR in roles and _login(user) not in self.tutors:
            self.tutors.add(_login(user))
            self._add(change, TUTOR, Tutor(programme=self.programme, user=user))
        if CURATOR in roles and _login(user) not in self.curators:
            self.curators.add(_login(user))
            self._add(change, CURATOR, Curator(user=user, starts_on=self.today))
        if CIVIL in roles:
            self._person(row, unit.unit, user, change)
        elif user is not None:
            self._link_person(row, user, change)
        return change

    def _require_fit(self, row, unit):
        roles = row["roles"]
        if not row["username"] and roles != [CIVIL]:
            raise RowRefused("沒有填寫；只有「同仁」可以沒有帳號。", "username")
        if unit is None and CONTACT in roles:
            raise RowRefused("聯絡人須填所屬機關代碼。", "unit")
        if unit is None and CIVIL in roles:
            raise RowRefused("同仁須填所屬機關代碼。", "unit")
        if unit and CONTACT in roles and unit.unit.is_closed(self.today):
            raise RowRefused(f"{unit}已裁撤，不能新增聯絡人。", "unit")
        if JUDGE in roles and not row["group"]:
            raise RowRefused("評審須填組別。", "group")
        if row["group"] and JUDGE not in roles:
            raise RowRefused("只有評審填組別。", "group")
        if JUDGE in roles and row["group"] not in self.groups:
            raise RowRefused(f"{self.programme}的競賽沒有這一組。", "group")

    def _account(self, row, change):
        """The account the row names, made or changed as the row says; None when it names none."""
        if not row["username"]:
            return None
        username = row["username"].lower()
        first = self.first_of.setdefault(username, row)
        if (first["name"], first["email"]) != (row["name"], row["email"]):
            raise RowRefused(f"這個帳號在第 {first.number} 列有不同的姓名或電子郵件。", "username")
        holder = self.by_email.get(row["email"]) if row["email"] else None
        if holder is not None and holder.username.lower() != username:
            raise RowRefused(f"「{row['email']}」是帳號「{holder.username}」的電子郵件。", "email")
        user = self.users.get(username)
        if user is None:
            return self._new_account(row, change)
        if not user.is_active:
            raise RowRefused(f"帳號「{user.username}」已停用，請先啟用。", "username")
        self._change_account(row, user, change)
        return user

    def _new_account(self, row, change):
        if not row["email"]:
            raise RowRefused("新帳號須有電子郵件，才能寄邀請信。", "email")
        if STAFF in row["roles"]:
            self._require_administrator()
        user = User(
            username=row["username"],
            name=row["name"],
            email=row["email"],
            is_staff=STAFF in row["roles"],
            password=make_password(None),
            invited_at=self.at,
            date_joined=self.at,
        )
        self.users[user.username.lower()] = self.by_email[user.email] = user
        self.new_users[user.username] = user
        change.is_new = True
        change.creates.append(user)
        change.notes.append(f"將寄邀請信到 {user.email}。")
        return user

    def _change_account(self, row, user, change):
        wanted = {"name": row["name"]}
        if row["email"]:
            wanted["email"] = row["email"]
        differs = any(getattr(user, name) != value for name, value in wanted.items())
        if differs and user.is_superuser and self.by is not None and not self.by.is_superuser:
            raise RowRefused("系統管理者的帳號只有系統管理者可以變更。", "username")
        if STAFF in row["roles"] and not user.is_staff:
            self._require_administrator()
            if self._serves(user):
                raise RowRefused(f"{user.name}{JUDGES}", "roles")
            wanted["is_staff"] = True
            self.granted_staff[user.username] = user
        if row["email"]:
            self.by_email[row["email"]] = user
        if row["email"] and user.email and user.email.lower() != row["email"]:
            self.moved_addresses.append((user, user.email, row["email"]))
        if user.pk is not None:
            change.updates.append((user, wanted))
        elif "is_staff" in wanted:
            user.is_staff = True  # a second row of an account that this file makes

    def _serves(self, user):
        """Whether the year knows this person as a judge, or an earlier row of the file does."""
        return any(
            login == _login(user) and judge.resigned_at is None for (login, _), judge in self.judges.items()
        )

    def _require_administrator(self):
        if self.by is not None and not self.by.is_superuser:
            raise RowRefused("承辦人身分只有系統管理者可以授予。", "roles")

    def _contact(self, user, unit, change):
        if (_login(user), unit.pk) not in self.contacts:
            self.contacts.add((_login(user), unit.pk))
            self._add(change, CONTACT, Contact(unit=unit, user=user, starts_on=self.today))

    def _judge(self, user, unit, key, change):
        if user.is_staff or user.username in self.granted_staff:
            raise RowRefused(f"{user.name}{SEES_NAMES}", "roles")
        group = self.groups[key]
        judge = self.judges.get((_login(user), group.pk))
        if judge is None:
            judge = Judge(group=group, user=user, unit=unit)
            self.judges[_login(user), group.pk] = judge
            self._add(change, f"{JUDGE}（{group}）", judge)
        elif unit is not None and judge.pk is not None:
            change.updates.append((judge, {"unit": unit}))

    def _add(self, change, what, row):
        change.creates.append(row)
        if not change.is_new:
            change.differences.append(["身分", "（沒有）", what])

    def _person(self, row, unit, user, change):
        person = self._known_person(row, unit, user)
        if person is None:
            person = Person(name=row["name"], email=row["email"] or "", unit=unit, user=user)
            self._remember(person, user)
            if user is None:
                change.is_new = True
            self._add(change, CIVIL, person)
            return
        wanted = {"unit": unit, "name": row["name"]}
        if user is None and person.user_id and person.name != row["name"]:
            raise RowRefused(f"這位同仁的帳號是「{person.user.username}」；要改姓名，請填帳號。", "name")
        if user is not None and person.user_id is None:
            wanted["user"] = user
        if person.pk is None:
            return
        if not person.email and row["email"] and row["email"] not in self.person_by_email:
            wanted["email"] = row["email"]
            self.person_by_email[row["email"]] = person
            self.nameless[unit.pk, row["name"]].pop(person.pk, None)
            change.updates.append((person, wanted))
            return
        if self._has_twin(person, unit.pk, row["name"]):
            raise RowRefused(f"{unit}已有同名同職稱的同仁，請填電子郵件以資區別。", "email")
        change.updates.append((person, wanted))

    def _known_person(self, row, unit, user):
        """By account, else by address, else the only one of that name in the unit without an address.

        So it does not matter whether a list without addresses was read before this file.
        """
        if user is not None and _login(user) in self.person_of:
            return self.person_of[_login(user)]
        twins = list(self.nameless[unit.pk, row["name"]].values())
        if row["email"]:
            person = self.person_by_email.get(row["email"])
            if person and person.user and user is not None and _login(person.user) != _login(user):
                raise RowRefused(f"「{row['email']}」的同仁已有另一個帳號。", "email")
            is_known_by_name = len(twins) == 1 and twins[0].pk and not twins[0].user_id
            return person or (twins[0] if is_known_by_name else None)
        if len(twins) > 1:
            raise RowRefused("同一機關有多位同名的同仁，請填電子郵件以資區別。", "email")
        return twins[0] if twins else None

    def _remember(self, person, user):
        if user is not None:
            self.person_of[_login(user)] = person
        if person.email:
            self.person_by_email[person.email] = person
        else:
            self.nameless[person.unit.pk, person.name][None] = person

    def _link_person(self, row, user, change):
        """The account's person goes by its name; who was known by the same name and address gets the account."""
        if own := self.person_of.get(_login(user)):
            if own.pk and not self._has_twin(own, own.unit_id, row["name"]):
                change.updates.append((own, {"name": row["name"]}))
            return
        person = self.person_by_email.get(row["email"]) if row["email"] else None
        if person and person.pk and person.user_id is None and person.name == row["name"]:
            change.unseen.append((person, {"user": user}))

    def _has_twin(self, person, unit_id, name):
        """Whether another of that name and title is in the unit, and neither has an address."""
        twins = self.nameless[unit_id, name].values()
        return not person.email and any(t.pk != person.pk and t.title == person.title for t in twins)

    # After writing, and the export --------------------------------------------------------

    def applied(self, changes, *, by, at):
        for user in self.new_users.values():
            send_invitation(user=user, by=by, at=at)
        self._tell_new_hats(changes, at=at)
        granted = self.granted_staff | {name: user for name, user in self.new_users.items() if user.is_staff}
        events.record_many(
            {
                "action": "account.staff_granted",
                "by": by,
                "target": user,
                "at": at,
                "summary": f"授予{user}承辦人身分（匯入）",
            }
            for user in granted.values()
        )
        for user, old, new in self.moved_addresses:
            tell_old_address(user=user, old=old, new=new, at=at)

    def _tell_new_hats(self, changes, *, at):
        new = {user.pk for user in self.new_users.values()}
        by_unit = defaultdict(list)
        for change in changes:
            for row in change.creates:
                if isinstance(row, Contact) and row.user_id not in new:
                    by_unit[row.unit].append(row.user)
        for unit, users in by_unit.items():
            tell_many(users=users, text=f"您已是{unit}的聯絡人。", url=f"/agencies/{unit.code}/", at=at)

    def export_rows(self):
        self.load_units()
        lasting = {unit.unit_id: unit.unit.code for unit in self.units.values()}
        hats = defaultdict(lambda: defaultdict(list))  # user pk -> (unit, group) -> roles
        for user_id, unit_id in Contact.objects.in_force().values_list("user_id", "unit_id"):
            if unit_id in lasting and CONTACT not in hats[user_id][lasting[unit_id], None]:
                hats[user_id][lasting[unit_id], None].append(CONTACT)
        judges = Judge.objects.filter(group__competition__programme=self.programme)
        for judge in judges.select_related("group"):
            group = CompetitionGroup(judge.group.key).label
            hats[judge.user_id][lasting.get(judge.unit_id), group].append(JUDGE)
        for user_id in (
            Tutor.objects.serving().filter(programme=self.programme).values_list("user_id", flat=True)
        ):
            hats[user_id][None, None].append(TUTOR)
        for user_id in Curator.objects.in_force().values_list("user_id", flat=True):
            hats[user_id][None, None].append(CURATOR)
        people = Person.objects.filter(unit__in=list(lasting)).order_by("unit__code", "name", "pk")
        without_account = []
        for user_id, unit_id, name, email in people.values_list("user_id", "unit_id", "name", "email"):
            if user_id:
                hats[user_id][lasting[unit_id], None].append(CIVIL)
            else:
                without_account.append((None, name, email or None, lasting[unit_id], CIVIL, None))
        for user in User.objects.filter(is_active=True).order_by("username"):
            if user.is_staff:
                hats[user.pk][None, None].append(STAFF)
            for (unit, group), roles in hats[user.pk].items():
                yield (user.username, user.name, user.email or None, unit, "、".join(roles), group)
        yield from without_account


def _login(user):
    return user.username.lower()


def _found(queryset, name, values, *, batch=500):
    """The rows whose text field is one of the values, ignoring case; a fixed number of queries per batch."""
    values = sorted({value.lower() for value in values})
    found = []
    lowered = queryset.annotate(lowered=Lower(name))
    for start in range(0, len(values), batch):
        found += lowered.filter(lowered__in=values[start : start + batch])
    return found
