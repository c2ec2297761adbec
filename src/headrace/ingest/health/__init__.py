"""Whether a source is alive: measured by chunk, judged by what was declared."""
