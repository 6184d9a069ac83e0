"""The contract with plugins: their hook, how they are found, what a part is."""
