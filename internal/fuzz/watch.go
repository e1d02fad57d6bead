// SPDX-License-Identifier: Apache-2.0

package fuzz

import (
	"fmt"
	"time"
)

// Vitals is what a process has at a time.
type Vitals struct {
	Process     int   // its id
	Memory      int64 // octets
	Descriptors int
}

// A Watch follows the vitals of the endpoint's process during a run.
type Watch struct {
	first, last Vitals
	samples     int
	fell        Vitals // how often each has become less
	lost        error
}

// What growth counts, where nothing is ever given back.
const (
	watchedEvery   = time.Second
	enoughSamples  = 20
	mostFalls      = 10       // of 100 samples
	grownMemory    = 64 << 20 // octets
	grownOpenFiles = 64
)

// Follow samples until done is closed. Where a process cannot be watched, another may come in
// its place.
func (w *Watch) Follow(done <-chan struct{}, sample func() (Vitals, error)) {
	tick := time.NewTicker(watchedEvery)
	defer tick.Stop()
	for {
		v, err := sample()
		if w.lost = err; err == nil {
			w.Add(v)
		}
		select {
		case <-tick.C:
		case <-done:
			return
		}
	}
}

// Add takes a sample.
func (w *Watch) Add(v Vitals) {
	if w.samples++; w.samples == 1 || v.Process != w.last.Process {
		w.first, w.last, w.fell, w.samples = v, v, Vitals{}, 1
		return
	}
	if v.Memory < w.last.Memory {
		w.fell.Memory++
	}
	if v.Descriptors < w.last.Descriptors {
		w.fell.Descriptors++
	}
	w.last = v
}

// String says what the process had at the beginning and at the end.
func (w *Watch) String() string {
	if w.samples == 0 {
		return ""
	}
	return fmt.Sprintf("memory %d MiB, then %d; descriptors %d, then %d", w.first.Memory>>20, w.last.Memory>>20, w.first.Descriptors, w.last.Descriptors)
}

// Complaints are what only grows, and that the process is gone.
func (w *Watch) Complaints() []string {
	var all []string
	if w.lost != nil {
		all = append(all, fmt.Sprintf("the process of the server could not be watched to the end: %v", w.lost))
	}
	if w.samples < enoughSamples {
		return all
	}
	rarely := func(falls int64) bool { return falls*100 <= int64(w.samples)*mostFalls }
	if w.last.Memory-w.first.Memory >= grownMemory && rarely(w.fell.Memory) {
		all = append(all, fmt.Sprintf("the memory of the server only grows: %d MiB, and %d after %d s", w.first.Memory>>20, w.last.Memory>>20, w.samples))
	}
	if w.last.Descriptors-w.first.Descriptors >= grownOpenFiles && rarely(int64(w.fell.Descriptors)) {
		all = append(all, fmt.Sprintf("the descriptors of the server only grow: %d, and %d after %d s", w.first.Descriptors, w.last.Descriptors, w.samples))
	}
	return all
}
