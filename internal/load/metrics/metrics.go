// SPDX-License-Identifier: Apache-2.0

// Package metrics has what a load test measures as metrics of Prometheus, while it runs. It adds up what
// it is given, and knows nothing of who measures, or who asks. Start at Collector.
package metrics

import (
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/stats"
)

// prefix is how all names begin.
const prefix = "wsspec_load_"

// A Collector is what has been measured so far. Its methods may be called by several goroutines.
type Collector struct {
	counters  []counter
	latencies []latency
	held      *prometheus.Desc
	failures  *prometheus.Desc
	info      prometheus.Metric

	mu    sync.Mutex
	total stats.Snapshot // without its series
	open  int64          // connections
}

// A counter is a metric for something that is counted.
type counter struct {
	desc *prometheus.Desc
	of   func(*stats.Counts) int64
}

// A latency is a metric for how long something takes.
type latency struct {
	desc  *prometheus.Desc
	phase stats.Phase
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prefix+name, help, labels, nil)
}

// New returns the collector of a test, by a version of the program.
func New(p load.Plan, version string) *Collector {
	c := &Collector{
		held:     describe("connections_held", "Connections that are open."),
		failures: describe("failures_total", "What went wrong, by cause: attempts to open a connection, connections lost, messages without the right answer.", "cause"),
		info:     prometheus.MustNewConstMetric(describe("info", "What is run, by which version of wsspec.", "command", "version"), prometheus.GaugeValue, 1, string(p.Kind), version),
	}
	for _, m := range []struct {
		name, help string
		of         func(*stats.Counts) int64
	}{
		{"connection_attempts_total", "Attempts to open a connection, retries included.", func(c *stats.Counts) int64 { return c.Attempts }},
		{"connection_retries_total", "Attempts after the first one of each connection.", func(c *stats.Counts) int64 { return c.Retries }},
		{"connections_opened_total", "Connections whose opening handshake succeeded.", func(c *stats.Counts) int64 { return c.Opened }},
		{"connections_failed_total", "Connections given up, after all retries.", func(c *stats.Counts) int64 { return c.Failed }},
		{"connections_lost_total", "Connections that were open, and were ended by the server or the network.", func(c *stats.Counts) int64 { return c.Lost }},
		{"messages_sent_total", "Messages sent.", func(c *stats.Counts) int64 { return c.Sent }},
		{"messages_received_total", "Messages that came back as they were sent, or were received from a broadcast.", func(c *stats.Counts) int64 { return c.Messages }},
		{"messages_missing_total", "Messages without the right answer, or not received by somebody who should have.", func(c *stats.Counts) int64 { return c.Missing }},
		{"messages_wrong_total", "Messages received that are not what was sent.", func(c *stats.Counts) int64 { return c.Wrong }},
		{"messages_unsent_total", "Messages that were due, with no connection to send them on.", func(c *stats.Counts) int64 { return c.Unsent }},
		{"received_bytes_total", "Payload of the messages received.", func(c *stats.Counts) int64 { return c.Bytes }},
		{"pings_sent_total", "Ping frames sent.", func(c *stats.Counts) int64 { return c.Pings }},
		{"pongs_received_total", "Pong frames received for them.", func(c *stats.Counts) int64 { return c.Pongs }},
	} {
		c.counters = append(c.counters, counter{describe(m.name, m.help), m.of})
	}
	for _, m := range []struct {
		phase      stats.Phase
		name, help string
	}{
		{stats.TCP, "tcp_connect_duration_seconds", "Until TCP is connected."},
		{stats.TLS, "tls_handshake_duration_seconds", "The TLS handshake."},
		{stats.Upgrade, "upgrade_duration_seconds", "From the request to upgrade to the answer."},
		{stats.Open, "open_duration_seconds", "TCP, TLS and upgrade together."},
		{stats.Message, "message_latency_seconds", "From when a message was to be sent to the end of its answer, or until it is received from a broadcast."},
		{stats.Service, "message_service_seconds", "From when a message was really sent to the end of its answer."},
		{stats.Ping, "ping_latency_seconds", "From a Ping to its Pong."},
		{stats.First, "broadcast_first_latency_seconds", "From when a message was to be sent until the first of its receivers has it."},
		{stats.Median, "broadcast_median_latency_seconds", "From when a message was to be sent until half of its receivers have it."},
		{stats.Last, "broadcast_last_latency_seconds", "From when a message was to be sent until the last of its receivers has it."},
	} {
		c.latencies = append(c.latencies, latency{describe(m.name, m.help), m.phase})
	}
	return c
}

// bounds are the upper ends of the buckets of latencies, 1, 2.5 and 5 of each power of ten.
func bounds() (all []time.Duration) {
	for unit := 10 * time.Microsecond; unit <= 10*time.Second; unit *= 10 {
		all = append(all, unit, unit*5/2, unit*5)
	}
	return all[:len(all)-2] // up to ten seconds
}

// Add adds what has been measured since the last time.
func (c *Collector) Add(s *stats.Snapshot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total.Merge(&stats.Snapshot{Counts: s.Counts, Failures: s.Failures, Latency: s.Latency})
	c.open += s.Series.Held()
}

// Describe is part of prometheus.Collector.
func (c *Collector) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, to) }

// Collect is part of prometheus.Collector. A latency of which nothing was measured is not there.
func (c *Collector) Collect(to chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	to <- c.info
	to <- prometheus.MustNewConstMetric(c.held, prometheus.GaugeValue, float64(c.open))
	for _, m := range c.counters {
		to <- prometheus.MustNewConstMetric(m.desc, prometheus.CounterValue, float64(m.of(&c.total.Counts)))
	}
	for cause, f := range c.total.Failures { // words of ours, or from JSON: in any case UTF-8
		to <- prometheus.MustNewConstMetric(c.failures, prometheus.CounterValue, float64(f.Count), cause)
	}
	for _, m := range c.latencies {
		h := c.total.Latency[m.phase]
		if h.Count() == 0 {
			continue
		}
		buckets := map[float64]uint64{}
		for i, n := range h.AtMost(bounds()) {
			buckets[bounds()[i].Seconds()] = uint64(n)
		}
		to <- prometheus.MustNewConstHistogram(m.desc, uint64(h.Count()), h.Sum().Seconds(), buckets)
	}
}

// scrapes is how many are answered at a time.
const scrapes = 4

// Handler answers scrapes, with what this process uses beside it.
func (c *Collector) Handler() http.Handler {
	all := prometheus.NewRegistry()
	all.MustRegister(c, collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(all, promhttp.HandlerOpts{MaxRequestsInFlight: scrapes})
}
