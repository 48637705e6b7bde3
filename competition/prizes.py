"""What an award brings: trophy, certificate, vouchers."""

from dataclasses import dataclass

from .ranking import MENTION, PLACES


@dataclass(frozen=True)
class Prize:
    trophy: bool = False
    certificate: bool = True
    voucher_value: int = 0
    voucher_count: int = 0

    @property
    def voucher_total(self):
        return self.voucher_value * self.voucher_count


def prizes_of(competition):
    """{award: Prize} of a competition."""
    return {award: Prize() for award in (*PLACES, MENTION)}
