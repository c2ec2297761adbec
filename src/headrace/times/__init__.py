"""Instants, durations, calendars and time zones."""
