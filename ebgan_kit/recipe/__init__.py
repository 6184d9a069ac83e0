"""TOML to a checked recipe."""
