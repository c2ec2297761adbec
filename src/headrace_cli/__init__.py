"""The command line: `headrace COMMAND ...`."""
