"""The task benchmarks: one suite (``python -m benchmarks.tasks``) and one module of workloads for each side."""
