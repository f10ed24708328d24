"""Compositions: agents made of agents."""
