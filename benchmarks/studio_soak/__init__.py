"""The studio for hours under people and strangers: `python -m benchmarks.studio_soak`."""
