// SPDX-License-Identifier: Apache-2.0

package fuzz

import (
	"errors"
	"strings"
	"testing"
)

// What only grows is told, and what comes and goes is not.
func TestWatch(t *testing.T) {
	for _, c := range []struct {
		name  string
		at    func(i int) Vitals
		want  string
		times int
	}{
		{"steady", func(int) Vitals { return Vitals{1, 50 << 20, 20} }, "", 100},
		{"a leak of descriptors", func(i int) Vitals { return Vitals{1, 50 << 20, 20 + 3*i} }, "descriptors of the server only grow: 20, and 317", 100},
		{"a leak of memory", func(i int) Vitals { return Vitals{1, int64(50+i) << 20, 20} }, "memory of the server only grows: 50 MiB, and 149", 100},
		{"a garbage collector", func(i int) Vitals { return Vitals{1, int64(50+10*(i%9)) << 20, 20 + i%7*20} }, "", 100},
		{"started again", func(i int) Vitals { return Vitals{1 + i/10, int64(50+i) << 20, 20 + 3*i} }, "", 100},
		{"too short", func(i int) Vitals { return Vitals{1, int64(50+50*i) << 20, 20} }, "", 10},
	} {
		var w Watch
		for i := range c.times {
			w.Add(c.at(i))
		}
		if got := strings.Join(w.Complaints(), "; "); (c.want == "") != (got == "") || !strings.Contains(got, c.want) || w.String() == "" {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	var w Watch
	done := make(chan struct{})
	close(done)
	w.Follow(done, func() (Vitals, error) { return Vitals{}, errors.New("process 7 is gone") })
	if got := w.Complaints(); len(got) != 1 || !strings.Contains(got[0], "process 7 is gone") || w.String() != "" {
		t.Errorf("%q", got)
	}
}
