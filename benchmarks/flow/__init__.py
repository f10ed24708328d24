"""The flow benchmarks: one suite (``python -m benchmarks.flow``) and one module of workloads for each side."""
