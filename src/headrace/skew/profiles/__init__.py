"""How the features of a data set are distributed, from tables and from TFDV statistics."""
