"""The nightly count, in the words of a family: its tables and its part of a visit."""

from app.engine.family import Family
from app.integrity.census_tables import Census, CensusFinding

FAMILY = Family(name="integrity", tables=(Census, CensusFinding))
