"""What the suites share: stopwatch, the peers' environments, runner, tables and command line."""
