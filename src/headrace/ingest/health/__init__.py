"""Whether a source is alive: counted by chunk, judged by what is declared for it."""
