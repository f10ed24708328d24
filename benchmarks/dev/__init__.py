"""How long it takes from saving a file to serving the new code, for the example projects, under load."""
