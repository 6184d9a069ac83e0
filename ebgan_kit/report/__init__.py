"""Measure an editor and show what it does."""

from ebgan_kit.report.report import report
from ebgan_kit.report.sheet import sheet
from ebgan_kit.report.table import table

__all__ = ["report", "sheet", "table"]
