"""Policies, findings and the verdict over them, and where it is sent."""
