"""Forms of the office for prizes, candidates and the panels."""

from django import forms

from foundation.formfields import CountField

from .models import Prize


class PrizeForm(forms.Form):
    """What one place brings."""

    trophy = forms.BooleanField(label="獎盃", required=False)
    certificate = forms.BooleanField(label="獎狀", required=False)
    voucher_value = CountField(label="禮券面額（元）", maximum=100_000)
    voucher_count = CountField(label="禮券張數", maximum=1_000)

    def clean(self):
        cleaned = super().clean()
        if bool(cleaned.get("voucher_value")) != bool(cleaned.get("voucher_count")) and not self.errors:
            self.add_error("voucher_count", "禮券的面額與張數要一起填；沒有禮券時都填 0。")
        return cleaned


def prize_forms(competition, data=None):
    """A form for each place, in order: [(Prize.Place, form)]."""
    stored = {prize.place: prize for prize in competition.prizes.all()}
    return [
        (place, PrizeForm(data, prefix=f"place{place}", initial=_initial(stored.get(place))))
        for place in Prize.Place
    ]


def _initial(prize):
    if prize is None:
        return {"certificate": True, "voucher_value": 0, "voucher_count": 0}
    return {
        "trophy": prize.trophy,
        "certificate": prize.certificate,
        "voucher_value": prize.voucher_value,
        "voucher_count": prize.voucher_count,
    }
