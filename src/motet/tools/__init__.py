"""Tools: typed functions that models call, the loop that lets them, and tools that are safe to give away."""
