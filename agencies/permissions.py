"""May this person? Plain predicates, and the decorators for the office's pages."""

from foundation.permissions import administrator_required, staff_required

__all__ = ["administrator_required", "can_see_board", "is_contact", "staff_required"]


def is_contact(user):
    """Whether this person stands for any unit today."""
    return user.is_authenticated and user.contacts.in_force().exists()


def can_see_board(user):
    """The board is for the office and for the units' contacts."""
    return user.is_staff or is_contact(user)
