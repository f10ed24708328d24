"""What helps while writing agents: drawing them."""
