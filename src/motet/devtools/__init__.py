"""What helps while writing agents: drawing them, looking at what they did, and running that again."""
