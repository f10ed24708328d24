"""Flows: graphs that messages travel through, and the runtime that carries them."""
