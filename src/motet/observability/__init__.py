"""What runs, seen from outside: metrics, spans and logs. All of them are observers, and stand on the kernel alone."""
