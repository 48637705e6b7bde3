"""What an action says when the rules do not allow it."""


class Refused(Exception):
    """The rules say no. The message is Chinese and is shown to the person as it stands."""
