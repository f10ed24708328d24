"""Middleware: what stands around an agent's call, and leaves it the agent that it was."""
