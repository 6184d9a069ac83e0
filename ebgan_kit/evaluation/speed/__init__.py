"""How fast a recipe trains, and what that is held against."""
