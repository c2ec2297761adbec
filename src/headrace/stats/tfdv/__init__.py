"""Statistics in TFDV's proto (imports TFDV): TFDV's generators, fed whole Arrow batches. Starts no Beam pipeline."""
