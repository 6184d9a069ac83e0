"""A model handed on: its card, and the Hugging Face Hub."""
