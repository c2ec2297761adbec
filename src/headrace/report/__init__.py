"""The report of a check: one HTML file that opens anywhere, with no network and no script."""

from headrace.report.page import render

__all__ = ["render"]
