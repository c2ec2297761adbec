"""What joins by key and time have in common: keys, times, order, buckets, schemas, and the way to output folders."""
