"""Configuration: specs from plain data, with every fault at once and by path; YAML as text; placeholders."""
