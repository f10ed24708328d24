"""Benchmarks of Motet beside its peers; see README.md in this folder."""
