"""What Prometheus can read."""

from prometheus_client import CollectorRegistry, Counter, Histogram

_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)


class Metrics:
    """Calls by method, status and reason, and how long they took. Each server has its own registry."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._calls = Counter(
            "binding_calls", "Calls by outcome.", ("method", "code", "reason"), registry=self.registry
        )
        self._seconds = Histogram(
            "binding_call_seconds", "Duration of calls.", ("method",), registry=self.registry, buckets=_BUCKETS_S
        )

    def called(self, method: str, code: str, reason: str, seconds: float) -> None:
        """Counts a call. Methods, codes and reasons are closed lists, so there are no more series than those."""
        self._calls.labels(method, code, reason).inc()
        self._seconds.labels(method).observe(seconds)
