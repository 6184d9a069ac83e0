"""A picture in and out: levels, reading, crop and paste back, blending, contact sheets."""
