"""Inputs as a stranger would send them, against the commands and the studio.

    python -m ebgan_kit.testing.hostile --cases 200 --seed 0

Each case is a command with inputs that were mutated at random, within bounds of time and memory. It
ends in success, or in one sentence and exit status 2; nothing else is right.
"""
