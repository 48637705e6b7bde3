"""What an award brings: trophy, certificate, vouchers."""

from .models import Prize


def prizes_of(competition):
    """{award: Prize} as set for the competition; an award without a row brings a certificate."""
    stored = {prize.place: prize for prize in competition.prizes.all()}
    return {label: stored.get(place, Prize(place=place)) for place, label in Prize.Place.choices}
