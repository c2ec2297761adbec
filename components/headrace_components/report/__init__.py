"""One page on what the nodes of a pipeline did and found."""
