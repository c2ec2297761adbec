"""Records in a run of bytes, found before any parser sees them, and rows of text made of them. Knows no files."""
