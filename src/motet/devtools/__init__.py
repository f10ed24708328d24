"""What helps while writing agents: drawing them, reloading them as their files change, and projects to begin with."""
