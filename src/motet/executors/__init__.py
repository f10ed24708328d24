"""The executors that come with the library: agents that durable tasks name, one file each."""
