"""The parts of the Inspect page, one a file."""
