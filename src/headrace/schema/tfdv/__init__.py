"""What TFDV is asked about schemas: inference and anomalies (imports TFDV)."""
