"""What joins by key and time share: keys, times, order, buckets, schemas."""
