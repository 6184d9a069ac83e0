"""A crash test: runs that are killed while they train and save, resumed, and compared at their end.

    python -m ebgan_kit.testing.crashes --kills 1000

It needs a system with SIGKILL and fork, such as Linux or macOS.
"""
