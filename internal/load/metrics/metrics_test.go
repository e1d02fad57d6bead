// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/metrics"
	"github.com/wsspec/wsspec/internal/load/stats"
)

// measured is something of everything.
func measured() *stats.Snapshot {
	s := new(stats.Snapshot)
	s.Counts = stats.Counts{Attempts: 1, Opened: 2, Failed: 3, Retries: 4, Held: 5, Lost: 6, Sent: 7, Messages: 8, Bytes: 9, Missing: 10, Wrong: 11, Unsent: 12, Pings: 13, Pongs: 14}
	s.Fail("HTTP 503", 3, "")
	s.Fail("say \"no\"\n", 1, "")
	slot := s.Series.At(time.Second)
	slot.Opened, slot.Ended = 7, 2
	for _, phase := range stats.Phases() {
		s.Record(phase, 20*time.Microsecond)
		s.Record(phase, 30*time.Millisecond)
		s.Record(phase, time.Minute)
	}
	return s
}

func TestMetrics(t *testing.T) {
	c := metrics.New(load.Plan{Kind: load.Echo}, "1.2.3")
	c.Add(measured())
	c.Add(measured())
	if err := testutil.CollectAndCompare(c, strings.NewReader(`
# HELP wsspec_load_connections_held Connections that are open.
# TYPE wsspec_load_connections_held gauge
wsspec_load_connections_held 10
# HELP wsspec_load_failures_total What went wrong, by cause: attempts to open a connection, connections lost, messages without the right answer.
# TYPE wsspec_load_failures_total counter
wsspec_load_failures_total{cause="HTTP 503"} 6
wsspec_load_failures_total{cause="say \"no\"\n"} 2
# HELP wsspec_load_info What is run, by which version of wsspec.
# TYPE wsspec_load_info gauge
wsspec_load_info{command="echo",version="1.2.3"} 1
# HELP wsspec_load_received_bytes_total Payload of the messages received.
# TYPE wsspec_load_received_bytes_total counter
wsspec_load_received_bytes_total 18
# HELP wsspec_load_message_latency_seconds From when a message was to be sent to the end of its answer, or until it is received from a broadcast.
# TYPE wsspec_load_message_latency_seconds histogram
wsspec_load_message_latency_seconds_bucket{le="1e-05"} 0
wsspec_load_message_latency_seconds_bucket{le="2.5e-05"} 2
wsspec_load_message_latency_seconds_bucket{le="5e-05"} 2
wsspec_load_message_latency_seconds_bucket{le="0.0001"} 2
wsspec_load_message_latency_seconds_bucket{le="0.00025"} 2
wsspec_load_message_latency_seconds_bucket{le="0.0005"} 2
wsspec_load_message_latency_seconds_bucket{le="0.001"} 2
wsspec_load_message_latency_seconds_bucket{le="0.0025"} 2
wsspec_load_message_latency_seconds_bucket{le="0.005"} 2
wsspec_load_message_latency_seconds_bucket{le="0.01"} 2
wsspec_load_message_latency_seconds_bucket{le="0.025"} 2
wsspec_load_message_latency_seconds_bucket{le="0.05"} 4
wsspec_load_message_latency_seconds_bucket{le="0.1"} 4
wsspec_load_message_latency_seconds_bucket{le="0.25"} 4
wsspec_load_message_latency_seconds_bucket{le="0.5"} 4
wsspec_load_message_latency_seconds_bucket{le="1"} 4
wsspec_load_message_latency_seconds_bucket{le="2.5"} 4
wsspec_load_message_latency_seconds_bucket{le="5"} 4
wsspec_load_message_latency_seconds_bucket{le="10"} 4
wsspec_load_message_latency_seconds_bucket{le="+Inf"} 6
wsspec_load_message_latency_seconds_sum 120.06004
wsspec_load_message_latency_seconds_count 6
`), "wsspec_load_connections_held", "wsspec_load_failures_total", "wsspec_load_info", "wsspec_load_received_bytes_total", "wsspec_load_message_latency_seconds"); err != nil {
		t.Error(err)
	}
}

// Names, types and help are as Prometheus wants them, and each count has a metric of its own.
func TestNames(t *testing.T) {
	c := metrics.New(load.Plan{Kind: load.Echo}, "1.2.3")
	c.Add(measured())
	problems, err := testutil.CollectAndLint(c)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	all := prometheus.NewPedanticRegistry()
	all.MustRegister(c)
	families, err := all.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted, latencies := map[float64]bool{}, 0
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if m.GetHistogram() != nil {
				latencies++
			}
			if m.GetCounter() != nil && len(m.GetLabel()) == 0 {
				counted[m.GetCounter().GetValue()] = true
			}
		}
	}
	if len(counted) != 13 || counted[5] || latencies != len(stats.Phases()) { // 5 is what is held at the end
		t.Errorf("counts %v, %d latencies", counted, latencies)
	}
}

func TestHandler(t *testing.T) {
	w := httptest.NewRecorder()
	metrics.New(load.Plan{Kind: load.Connect}, "1").Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text := w.Body.String()
	if w.Code != 200 || !strings.Contains(text, "\nwsspec_load_connections_opened_total 0\n") || strings.Contains(text, "_seconds_bucket") {
		t.Errorf("%d: %s", w.Code, text)
	}
}
