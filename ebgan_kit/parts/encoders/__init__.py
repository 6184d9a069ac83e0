"""Encoders E: image and region to code."""
