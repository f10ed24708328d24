"""What helps while writing agents: drawings, hot reload, new projects, and a look back at what ran, to run it again."""
