"""Watching what runs: collectors, traces, logs, histories; all of them are observers."""
