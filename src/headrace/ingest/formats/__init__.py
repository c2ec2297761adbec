"""One module a format: its columns, where records may be cut, and its rows."""
