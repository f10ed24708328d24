"""The benchmarks of observability: one suite (``python -m benchmarks.observe``) and one module for each side."""
