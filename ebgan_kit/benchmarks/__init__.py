"""What the kit's speed is held against: plain code, its own step bare, and the machine."""
