"""Augmentation on the device, of whole batches."""
