"""One module a format: how such a file is recognised, its columns, where it may be cut, and its rows."""
