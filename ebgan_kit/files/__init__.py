"""Files that are written: whole or not at all, by one process, and over no input."""
