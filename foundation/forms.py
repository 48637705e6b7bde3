"""What is asked of the audit log."""

from django import forms

from .formfields import CleanLineField, ROCDateField
from .rocdate import end_of_day, start_of_day


class EventFilterForm(forms.Form):
    """Every field may be empty; dates are days in Taipei, both included."""

    person = CleanLineField(label="行為人", required=False)
    action = CleanLineField(label="動作", required=False)
    target = CleanLineField(label="對象", required=False)
    q = CleanLineField(label="摘要", required=False)
    since = ROCDateField(label="自", required=False)
    until = ROCDateField(label="至", required=False)

    def apply(self, events):
        """The events asked for; raises nothing: call it on a valid form."""
        asked = self.cleaned_data
        if asked["person"]:
            events = events.filter(actor_name__icontains=asked["person"]) | events.filter(
                actor__username__iexact=asked["person"]
            )
        if asked["action"]:
            events = events.filter(action__startswith=asked["action"])
        if asked["target"]:
            kind, _, number = asked["target"].partition(":")
            events = events.filter(target_type=kind)
            if number:
                events = events.filter(target_id=number)
        if asked["q"]:
            events = events.filter(summary__icontains=asked["q"])
        if asked["since"]:
            events = events.filter(at__gte=start_of_day(asked["since"]))
        if asked["until"]:
            events = events.filter(at__lt=end_of_day(asked["until"]))
        return events
