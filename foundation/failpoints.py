"""Places where a test lets the process die as if the power had gone."""

import os


def failpoint(name):
    """End the process at once when FAILPOINT names this place; tests set it, nobody else."""
    if os.environ.get("FAILPOINT") == name:
        os._exit(137)
