// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/stats"
)

func TestConditions(t *testing.T) {
	s := &stats.Snapshot{Counts: stats.Counts{Attempts: 120, Opened: 99, Failed: 1, Retries: 20, Lost: 2, Sent: 50, Messages: 40}, Ramp: 2 * time.Second, End: 10 * time.Second}
	for i := range 1000 {
		s.Record(stats.Message, time.Duration(i+1)*time.Millisecond)
	}
	s.Record(stats.TLS, 5*time.Millisecond)
	m := load.Measured{Snapshot: s, Kind: load.Echo, Messaging: 8 * time.Second}
	for _, tt := range []struct {
		text  string
		met   bool
		value string
	}{
		{"p99>5ms", true, "990ms"}, {" p50 <= 501ms ", true, "500ms"}, {"p99.9<1s", true, "999ms"}, {"p999<1s", true, "999ms"}, {"p100==1s", true, "1s"},
		{"min<1ms", false, "1ms"}, {"max>=1s", true, "1s"}, {"mean>500ms", true, "500ms"}, {"tls.p50!=5ms", false, "5ms"}, {"message.max>1s", false, "1s"},
		{"failed>0", true, "1"}, {"failed>1%", false, "1%"}, {"failed>=1%", true, "1%"}, {"lost>1%", true, "2.02%"}, {"retries>10%", true, "16.67%"},
		{"errors==3", true, "3"}, {"rate<5", false, "5"}, {"connect_rate<50", true, "49.5"}, {"duration>9s", true, "10s"}, {"opened<99%", false, "99%"},
		{"open.p99<1s", false, load.NotMeasured}, {"missing>0%", false, "0%"},
	} {
		c, err := load.ParseCondition(tt.text)
		if err != nil {
			t.Error(err)
			continue
		}
		met, value, known := c.Met(m)
		if met != tt.met || value != tt.value || known == (value == load.NotMeasured) {
			t.Errorf("%s: %v by %s, want %v by %s", tt.text, met, value, tt.met, tt.value)
		}
	}
}

// The place is that of the octet where somebody has to look.
func TestConditionErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":            `at 1: there is no comparison`,
		"p99":         `at 4: there is no comparison`,
		"p99=5ms":     `at 4: "=" is no comparison: want one of`,
		"p99!5ms":     `at 4: "!" is no comparison`,
		">5":          `at 1: what is to be compared is missing: latency: min`,
		" foo>5":      `at 2: there is no metric "foo": there are latency: min, mean, max, p50`,
		"p101>5ms":    `at 1: "p101" is no percentile`,
		"p1.2.3>5ms":  `at 1: "p1.2.3" is no percentile`,
		"x.p99>5ms":   `at 1: there is no metric "x.p99"`,
		"tls.sent>5":  `at 1: there is no metric "sent"`,
		"p99>":        `at 5: the limit is missing`,
		"p99> 5":      `at 6: "5" is no duration`,
		"p99>-5ms":    `at 5: "-5ms" is no duration`,
		"failed>1ms":  `at 8: "1ms" is no number`,
		"failed>NaN":  `at 8: "NaN" is no number`,
		"bytes>1%":    `at 7: a share of bytes means nothing`,
		"p99>5ms<6ms": `at 5: "5ms<6ms" is no duration`,
	} {
		_, err := load.ParseCondition(text)
		if err == nil || !strings.HasPrefix(err.Error(), "condition \""+text+"\", "+want) {
			t.Errorf("%q: %v\nwant %s", text, err, want)
		}
	}
}

func FuzzParseCondition(f *testing.F) {
	for _, text := range []string{"p99>5ms", "failed>1%", "tls.p50 <= 1s", "errors == 0", "p99.99!=1us"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := load.ParseCondition(text)
		if err != nil {
			e, ok := errors.AsType[*load.ConditionError](err)
			if !ok || e.At < 1 || e.At > len(text)+1 {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if _, value, _ := c.Met(load.Measured{Snapshot: new(stats.Snapshot)}); value == "" {
			t.Errorf("%q has no value", text)
		}
	})
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]struct {
		mean float64
		most int
	}{"64": {64, 64}, "0": {0, 0}, "4k": {4096, 4096}, "1M": {1 << 20, 1 << 20}, "10-20": {15, 20}, "64:9,164:1": {74, 164}, "1-3:1,5:1": {3.5, 5}} {
		s, err := load.ParseSizes(text)
		if err != nil || s.Mean() != want.mean || s.Most() != want.most {
			t.Errorf("%s: %v, %v, %d, %v", text, s, s.Mean(), s.Most(), err)
		}
	}
	s, _ := load.ParseSizes("1-3:1,10:3")
	for _, tt := range []struct {
		x, y float64
		want int
	}{{0, 0, 1}, {.2, .999, 3}, {.25, .5, 10}, {.999, 0, 10}} {
		if got := s.Pick(tt.x, tt.y); got != tt.want {
			t.Errorf("%v, %v: %d, want %d", tt.x, tt.y, got, tt.want)
		}
	}
	for text, want := range map[string]string{
		"": `size "", at 1: "" is no size`, "a": `at 1: "a" is no size`, "64,": `at 4: "" is no size`, "64:0": `at 4: the weight is "0"`, "9-": `at 3: "" is no size`,
		"10-5": `at 1: from 10 down to 5`, "9M": `at 1: 9M is more than the 8388608`, "1:1,2:NaN": `at 7: the weight is "NaN"`, "-1": `at 1: "" is no size`,
	} {
		if _, err := load.ParseSizes(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func FuzzParseSizes(f *testing.F) {
	for _, text := range []string{"64", "64-1024", "64:9,4k-16k:1", "1M"} {
		f.Add(text, .5, .5)
	}
	f.Fuzz(func(t *testing.T, text string, x, y float64) {
		s, err := load.ParseSizes(text)
		if err != nil {
			return
		}
		if !(x >= 0 && x < 1 && y >= 0 && y < 1) {
			return
		}
		if n := s.Pick(x, y); n < 0 || n > s.Most() || n > load.MaxSize {
			t.Errorf("%q: %d", text, n)
		}
	})
}

func TestCheck(t *testing.T) {
	good := load.Plan{Kind: load.Echo, URL: "ws://x", Connections: 1, InFlight: 1, Duration: load.Duration(time.Second), Timeout: load.Duration(time.Second), Size: "64"}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(p *load.Plan){
		"url: the URL of the server is missing":                           func(p *load.Plan) { p.URL = "" },
		"connections: it is 0: want 1 to 10000000":                        func(p *load.Plan) { p.Connections = 0 },
		"connect-rate: it is -1: want 0.001 to 10000000":                  func(p *load.Plan) { p.ConnectRate = -1 },
		"batch: there is a rate, too: choose one of them":                 func(p *load.Plan) { p.Batch, p.ConnectRate = 1, 1 },
		"batch-delay: there are no batches":                               func(p *load.Plan) { p.BatchDelay = 1 },
		"in-flight: there is a rate, too: choose one of them":             func(p *load.Plan) { p.Rate = 1 },
		"warmup: it is 1s of a duration of 1s: nothing would be measured": func(p *load.Plan) { p.Warmup = p.Duration },
		"duration: it is 0s: want 1ms to 720h0m0s":                        func(p *load.Plan) { p.Duration = 0 },
		"ping: it is 1ns: want 1ms to 720h0m0s":                           func(p *load.Plan) { p.Ping = 1 },
		`size: size "x", at 1: "x" is no size`:                            func(p *load.Plan) { p.Size = "x" },
		`fail-if: condition "x", at 2: there is no comparison`:            func(p *load.Plan) { p.FailIf = []string{"x"} },
	} {
		p := good
		change(&p)
		if err := p.Check(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 5: "5ns", 1500: "1.5µs", 123456: "123µs", 12345678: "12.3ms", time.Second: "1s", 59 * time.Second: "59s", 90 * time.Second: "1m30s", 999999: "1ms",
	} {
		if got := load.Words(d); got != want {
			t.Errorf("%d: %s, want %s", d, got, want)
		}
	}
}

func TestDetail(t *testing.T) {
	for _, tt := range []struct{ cause, example, want string }{
		{"tls", "tls: tls: bad certificate", "bad certificate"}, {"refused", "refused: connection refused", "connection refused"},
		{"lost: reset", "reset: connection reset by peer", "connection reset by peer"}, {"ended", "ended", ""},
		{"HTTP 503", "HTTP status 503", "HTTP status 503"}, {"x", "", ""}, {"proxy", "proxy: proxy http://a:1: it refuses", "proxy http://a:1: it refuses"},
	} {
		if got := (load.Failure{Cause: tt.cause, Example: tt.example}).Detail(); got != tt.want {
			t.Errorf("%s, %s: %q, want %q", tt.cause, tt.example, got, tt.want)
		}
	}
}
