"""Durable task trees: what runs after what, what is recorded of it, and who runs it."""
