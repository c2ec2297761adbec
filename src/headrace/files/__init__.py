"""Files by path, local or on a store: reading, compression, outputs that appear whole."""
