"""Settings: where they come from, what they may be, and who is told when they change."""
