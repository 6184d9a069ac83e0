"""Adversarial terms: a side for the model and a side for the critic."""
