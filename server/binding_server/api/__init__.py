"""The wire: what comes in by gRPC becomes one use case, what comes out of it becomes an answer or a status."""
