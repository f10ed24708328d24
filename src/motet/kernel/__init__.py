"""The kernel: what every other room stands on. It knows agents, contexts and errors, and nothing above them."""
