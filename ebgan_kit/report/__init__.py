"""Measure an editor and show what it does."""

from ebgan_kit.report.attributes import Attributes, Truth
from ebgan_kit.report.report import report, truth_of
from ebgan_kit.report.sheet import sheet
from ebgan_kit.report.table import table

__all__ = ["Attributes", "Truth", "report", "sheet", "table", "truth_of"]
