"""The middleware benchmarks: one suite (``python -m benchmarks.middleware``) and one module for each side."""
