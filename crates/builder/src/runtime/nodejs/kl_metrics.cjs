'use strict';
// What Prometheus reads at /metrics.
const BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

class Metrics {
  constructor(name, tenant, startSeconds) {
    this.labels = `function="${name}",namespace="${tenant}"`;
    this.startSeconds = startSeconds;
    this.calls = { success: 0, failure: 0 };
    this.errors = new Map();
    this.buckets = BUCKETS.map(() => 0);
    this.sum = 0;
    this.count = 0;
    this.coldStarts = 0;
  }

  call(status, seconds, cold) {
    this.calls[status < 400 ? 'success' : 'failure'] += 1;
    if (cold) this.coldStarts += 1;
    this.sum += seconds;
    this.count += 1;
    BUCKETS.forEach((bound, index) => {
      if (seconds <= bound) this.buckets[index] += 1;
    });
  }

  error(kind) {
    // A kind that a function makes up for each call would fill the memory.
    const key = this.errors.has(kind) || this.errors.size < 100 ? kind : 'other';
    this.errors.set(key, (this.errors.get(key) ?? 0) + 1);
  }

  text() {
    const lines = [];
    const metric = (name, type, samples) => {
      lines.push(`# TYPE knative_lambda_function_${name} ${type}`);
      for (const [suffix, labels, value] of samples) {
        lines.push(`knative_lambda_function_${name}${suffix}{${this.labels}${labels ? `,${labels}` : ''}} ${value}`);
      }
    };
    metric('invocations_total', 'counter', Object.entries(this.calls).map(([name, n]) => ['', `status="${name}"`, n]));
    metric('errors_total', 'counter', [...this.errors].map(([kind, n]) => ['', `error_type="${String(kind).replace(/["\\\n]/g, '')}"`, n]));
    metric('duration_seconds', 'histogram', [
      ...BUCKETS.map((bound, index) => ['_bucket', `le="${bound}"`, this.buckets[index]]),
      ['_bucket', 'le="+Inf"', this.count],
      ['_sum', '', this.sum],
      ['_count', '', this.count],
    ]);
    metric('cold_starts_total', 'counter', [['', '', this.coldStarts]]);
    metric('cold_start_seconds', 'gauge', [['', '', this.startSeconds]]);
    return `${lines.join('\n')}\n`;
  }
}

module.exports = { Metrics };
