"""What a terminal shows while something takes long, and as a table."""
