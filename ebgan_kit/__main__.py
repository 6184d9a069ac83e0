"""`python -m ebgan_kit` is `ebgan-kit`."""

from ebgan_kit.cli import main

main()
