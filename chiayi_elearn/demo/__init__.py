"""Sample data: the finished year 105 and a year open today, made by the same actions that people use.

The units are the county's own; every person, headcount, figure and work is made up and marked 範例.
"""

from .build import build

__all__ = ["build"]
