"""What Prometheus reads at /metrics."""
from _thread import allocate_lock

BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    def __init__(self, function, tenant, start_seconds):
        self.labels = 'function="%s",namespace="%s"' % (function, tenant)
        self.start_seconds = start_seconds
        self.lock = allocate_lock()
        self.calls = {"success": 0, "failure": 0}
        self.errors = {}
        self.buckets = [0] * len(BUCKETS)
        self.sum = 0.0
        self.count = 0
        self.cold_starts = 0

    def call(self, status, seconds, cold):
        with self.lock:
            self.calls["success" if status < 400 else "failure"] += 1
            self.cold_starts += cold
            self.sum += seconds
            self.count += 1
            for index, bound in enumerate(BUCKETS):
                if seconds <= bound:
                    self.buckets[index] += 1

    def error(self, kind):
        with self.lock:
            # A kind that a function makes up for each call would fill the memory.
            if kind not in self.errors and len(self.errors) >= 100:
                kind = "other"
            self.errors[kind] = self.errors.get(kind, 0) + 1

    def text(self):
        prefix = "knative_lambda_function_"
        lines = []

        def metric(name, kind, samples):
            lines.append("# TYPE %s%s %s" % (prefix, name, kind))
            for suffix, labels, value in samples:
                inner = self.labels + ("," + labels if labels else "")
                lines.append("%s%s%s{%s} %s" % (prefix, name, suffix, inner, value))

        with self.lock:
            metric("invocations_total", "counter", [("", 'status="%s"' % name, n) for name, n in self.calls.items()])
            metric("errors_total", "counter", [("", 'error_type="%s"' % kind.replace('"', ""), n)
                                               for kind, n in self.errors.items()])
            buckets = [("_bucket", 'le="%g"' % bound, n) for bound, n in zip(BUCKETS, self.buckets)]
            buckets += [("_bucket", 'le="+Inf"', self.count), ("_sum", "", self.sum), ("_count", "", self.count)]
            metric("duration_seconds", "histogram", buckets)
            metric("cold_starts_total", "counter", [("", "", self.cold_starts)])
            metric("cold_start_seconds", "gauge", [("", "", self.start_seconds)])
        return ("\n".join(lines) + "\n").encode()
