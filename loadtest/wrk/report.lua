-- Prints one line of JSON when a run ends; loadtest/measure/wrk.ts reads it. Times are microseconds.
-- The scripts that load this define no response() and, where they can, no request(): wrk then sends one prepared
-- string and stays far cheaper than what it measures.

wrk.headers["User-Agent"] = "octopus-loadtest/1"
wrk.headers["Accept"] = "application/json"
wrk.headers["Accept-Language"] = "en"
wrk.headers["Accept-Encoding"] = "identity"
wrk.headers["Cookie"] = "session=0123456789abcdef"

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '@result {"requests":%d,"durationMicros":%d,"bytes":%d,' ..
    '"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d,' ..
    '"p50":%d,"p99":%d,"p999":%d,"max":%d}\n',
    summary.requests, summary.duration, summary.bytes,
    e.connect, e.read, e.write, e.status, e.timeout,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9), latency.max))
end
