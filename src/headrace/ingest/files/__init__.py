"""Which files a source names, and the chunks in which they are read."""
