// SPDX-License-Identifier: Apache-2.0

package fuzzserver_test

import (
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/verdict"
)

// A client that sees the end of its case may kill the server at once: by then the
// result is on disk, whether the connection was ended in order or not.
func TestResultIsKeptBeforeTheEndIsSeen(t *testing.T) {
	const closeFrame = "\x88\x82\x00\x00\x00\x00\x03\xe8"
	for _, tt := range []struct {
		name      string
		sends     string
		reset     bool
		reference bool
		took      time.Duration // until the client sees the end
	}{
		{"in order", closeFrame, false, true, 300 * time.Millisecond},
		{"in order, and read to its end", closeFrame, false, false, 300 * time.Millisecond},
		{"no answer to our Close", "", true, true, 1300 * time.Millisecond},
		{"a frame without an end", "\x82\xff\x40\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" + closeFrame, false, true, 300 * time.Millisecond},
		{"a Close, and more behind it", closeFrame + closeFrame, false, true, 300 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newMemory()
				store.slow = 300 * time.Millisecond
				st := settings()
				st.Reference = tt.reference
				r := start(t, fuzzserver.Config{Plan: one(quick()), Store: store, Settings: st})
				defer r.finish()
				begun := time.Now()
				c := r.open("/runCase?case=1&agent=x")
				c.write(tt.sends)
				_, err := io.Copy(io.Discard, c.r)
				if reset := stream.IsReset(err); reset != tt.reset || err != nil && !reset {
					t.Errorf("the connection ended with %v", err)
				}
				if grade, known := store.Behavior("x", "1.1.1"); !known || grade != verdict.OK {
					t.Errorf("there is no result, or a wrong one: %v", grade)
				}
				if took := time.Since(begun); took != tt.took {
					t.Errorf("the end was seen after %v, want %v", took, tt.took)
				}
			})
		})
	}
}

// Where the client is read to its end, the result so far is on disk before it sees
// ours; it counts if there is no more.
func TestResultSoFar(t *testing.T) {
	for name, stopped := range map[string]bool{"the client ends TCP": false, "the server is stopped": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newMemory()
				r := start(t, fuzzserver.Config{Plan: one(quick()), Store: store, Settings: settings()})
				c := r.open("/runCase?case=1&agent=x")
				c.write("\x88\x82\x00\x00\x00\x00\x03\xe8")
				_, _ = io.Copy(io.Discard, c.r) // our half
				if so := store.results["x"]["1.1.1"]; so.Caveat == "" || !so.Passed() {
					t.Errorf("so far %+v, %q", so.Verdict, so.Caveat)
				}
				if !stopped {
					_ = c.s.Close()
					synctest.Wait()
				}
				r.finish()
				if got := store.results["x"]["1.1.1"]; (got.Caveat != "") != stopped || !got.Passed() {
					t.Errorf("in the end %+v, %q", got.Verdict, got.Caveat)
				}
				if done := r.told(fuzzserver.CaseDone); !slices.Equal(done, []string{"x 1.1.1"}) {
					t.Errorf("told of %q", done)
				}
			})
		})
	}
}
