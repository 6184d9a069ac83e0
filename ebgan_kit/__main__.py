"""`python -m ebgan_kit` is `ebgan-kit`."""

from ebgan_kit.cli.app import main

main()
