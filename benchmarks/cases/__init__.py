"""One module a case: `STEPS` name what is measured, each prepares (imports) and returns what to run."""
