// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"math"
	"os"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/stats"
	"github.com/wsspec/wsspec/internal/resident"
)

// A usage is what several processes use while a run goes on: those of the server, or ours.
type usage struct {
	all    []resident.Process
	why    error // that nothing is known
	cpu    time.Duration
	before int64
	peak   int64
}

// begin takes note of what they have before the run.
func (u *usage) begin() {
	if u == nil || u.why != nil {
		return
	}
	u.cpu, u.before = u.sum()
	u.peak = u.before
}

// sum is what they have used, and have in memory, now. Those that are gone count for nothing.
func (u *usage) sum() (cpu time.Duration, memory int64) {
	for _, p := range u.all {
		if c, err := p.CPU(); err == nil {
			cpu += c
		}
		if now, _, err := p.Memory(); err == nil {
			memory += now
		}
	}
	return cpu, memory
}

// look takes note of what they have in memory now.
func (u *usage) look() {
	_, now := u.sum()
	u.peak = max(u.peak, now)
}

// during returns what notes in a step of a search, once it is over, what they have used in it.
func (u *usage) during() (note func(*load.Step)) {
	if u == nil || u.why != nil {
		return func(*load.Step) {}
	}
	begun := time.Now()
	before, _ := u.sum()
	return func(s *load.Step) {
		cpu, memory := u.sum()
		if took := time.Since(begun).Seconds(); cpu >= before && took > 0 { // else it has ended meanwhile
			s.ServerCPU, s.ServerMemory = math.Round(100*(cpu-before).Seconds()/took)/100, memory
		}
	}
}

// resources are what they have used since begin, for so many connections at a time. What they have used for each
// message is known where the whole of the messages was measured.
func (u *usage) resources(s *stats.Snapshot, connections int64, whole bool) *load.Resources {
	if u == nil {
		return nil
	}
	if u.why != nil {
		return &load.Resources{Unknown: u.why.Error()}
	}
	cpu, now := u.sum()
	if cpu < u.cpu {
		return &load.Resources{Unknown: "it has ended meanwhile"}
	}
	u.peak = max(u.peak, now)
	r := &load.Resources{
		Process: u.all[0].ID, Processes: len(u.all), Name: u.all[0].Name, CPUS: (cpu - u.cpu).Seconds(), MemoryPeak: u.peak, MemoryBefore: u.before,
	}
	if connections > 0 && u.peak > u.before {
		r.PerConnection = float64(u.peak-u.before) / float64(connections)
	}
	if s.Messages > 0 && whole {
		r.CPUPerMessage = float64((cpu - u.cpu).Microseconds()) / float64(s.Messages)
	}
	return r
}

// serverUsage is that of the processes that listen where the plan connects to. Nil is a
// server on another machine, or one that is reached in another way.
func (l *loading) serverUsage() *usage {
	if l.target.Way.Indirect() {
		return nil // a proxy is not the server, and a socket has no port to find it by
	}
	proc := os.DirFS("/proc")
	all, err := resident.Listeners(proc, l.target.Addr)
	switch {
	case errors.Is(err, resident.ErrElsewhere):
		return nil
	case err != nil:
		return &usage{why: err}
	case len(all) == 1 && all[0].ID == os.Getpid():
		return &usage{why: errors.New("it is this process")}
	}
	return &usage{all: all}
}

// ownUsage is that of this process, where it does the work itself.
func (l *loading) ownUsage() *usage {
	own, err := resident.Of(os.DirFS("/proc"), os.Getpid())
	if err != nil || l.bus != nil || l.processes > 1 {
		return nil
	}
	return &usage{all: []resident.Process{own}}
}

// watchUsage looks at what processes use until it is stopped.
func watchUsage(us ...*usage) (stop func()) {
	done := make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				for _, u := range us {
					if u != nil && u.why == nil {
						u.look()
					}
				}
			case <-done:
				return
			}
		}
	})
	return func() { close(done); ended.Wait() }
}
