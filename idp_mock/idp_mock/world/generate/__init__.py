"""Invented worlds of any size, the same for the same seed.

`region` goes through the schools, `schools` makes classes and staff, `families` the pupils and who is responsible for
them, `persons` their numbers and accounts, `writing` the file; `shares` says how often everything is.
"""

from idp_mock.world.generate.region import MOST_PUPILS, Region
from idp_mock.world.generate.shares import Home, Shares
from idp_mock.world.generate.writing import MOST_YAML_PERSONS, TooManyPersons, write_json_lines, write_yaml

__all__ = [
    "MOST_PUPILS",
    "MOST_YAML_PERSONS",
    "Home",
    "Region",
    "Shares",
    "TooManyPersons",
    "write_json_lines",
    "write_yaml",
]
