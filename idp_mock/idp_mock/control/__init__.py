"""Control of the simulator: the same calls over gRPC and over HTTP."""
