"""The door, the marks of who came, and what the day leaves: lecturers, materials, identities for the hours file."""

from django import forms

from foundation.formfields import CleanLineField, small_file

from ..models import Enrolment
from .enrolments import PersonFields, UnitField


class WalkInForm(PersonFields):
    """現場報到: who stands at the door without having been admitted."""

    unit = UnitField(label="機關")
    field_order = ("unit", "name", "title", "email")

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].offer(units)


class CheckInForm(forms.Form):
    """Who checks in, without an account."""

    unit = UnitField(label="機關")
    name = CleanLineField(label="姓名", max_length=100)
    email_start = CleanLineField(
        label="電子郵件的開頭", required=False, max_length=50, help_text="同機關有同姓名的人時才要填。"
    )

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].offer(units)
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["email_start"].widget.attrs |= {"autocapitalize": "none", "autocomplete": "off"}


class LecturerForm(forms.Form):
    """One of those who came in an earlier year, or somebody by name."""

    person = forms.ChoiceField(label="資深學員", required=False)
    name = CleanLineField(label="姓名", required=False, max_length=100, help_text="不在清單上的講師才要填。")
    title = CleanLineField(label="職稱", required=False, max_length=100)
    unit_name = CleanLineField(label="服務機關", required=False, max_length=200)
    topic = CleanLineField(label="講授內容", required=False, max_length=200)

    def __init__(self, *args, seniors, **kwargs):
        super().__init__(*args, **kwargs)
        self.seniors = {str(person.pk): person for person in seniors}
        named = [
            (pk, f"{person.unit.name if person.unit else '—'}　{person.title}　{person.name}")
            for pk, person in self.seniors.items()
        ]
        self.fields["person"].choices = [("", "不從清單選" if named else "以前年度沒有學員"), *named]

    def clean_person(self):
        return self.seniors.get(self.cleaned_data["person"])


class MaterialForm(forms.Form):
    """A file for the participants."""

    title = CleanLineField(label="名稱", max_length=100)
    file = forms.FileField(label="檔案", help_text="10 MB 以內。", validators=[small_file])


class IdentitiesForm(forms.Form):
    """The file that says who people are, for one export."""

    file = forms.FileField(
        label="識別資料",
        help_text="xlsx、ods 或 csv，2.5 MB 以內。",
        error_messages={"required": "請選擇識別資料的檔案；超過 2.5 MB 的檔案不收。"},
    )


class AttendanceForm(forms.Form):
    """One mark per row of the list, beside the one it was shown with: only what was touched is written."""

    def __init__(self, data):
        super().__init__(data)
        self.names = [name for name in data if name.startswith("mark-")]

    def changes(self):
        """(new attendance, the one shown), each by the pk of the enrolment, for those that differ."""
        present_all = "all_present" in self.data
        found, seen = {}, {}
        for name in self.names:
            pk, typed = name.removeprefix("mark-"), self.data[name]
            shown = self.data.get(f"shown-{pk}", "")
            if present_all and typed == shown == Enrolment.Attendance.UNMARKED:
                typed = Enrolment.Attendance.PRESENT.value
            if pk.isascii() and pk.isdigit() and typed != shown:
                found[int(pk)], seen[int(pk)] = typed, shown
        return found, seen
