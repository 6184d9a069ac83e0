"""Models measured, on faces that they were not trained on."""
