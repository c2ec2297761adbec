"""One module a format: how such a file is recognised, its columns, where it may be cut, and its rows.

To add one: a file in this folder with a `FileFormat` under `@register`; nothing else needs to know of it.
"""
