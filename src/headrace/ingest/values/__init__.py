"""From text to typed values: the rules of each kind, defaults, and inference of kinds. Knows no specs."""
