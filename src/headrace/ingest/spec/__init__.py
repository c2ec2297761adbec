"""What is to be ingested, as frozen dataclasses, YAML and Python files."""
