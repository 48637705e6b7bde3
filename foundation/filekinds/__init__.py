"""What a file is, by its content and never by its name, and how it is shown without who made it.

Runs in a process of its own, without Django and without the database: `python -m foundation.filekinds`.
What it meets may be made to harm the reader; `foundation.inspection` starts it within limits.
"""


class Quarantined(Exception):
    """The file breaks a rule. The message is Chinese, names the rule and the way out, and is shown as it stands."""
