"""From files to the rows that statistics are computed from."""
