// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// usage is memory in octets, each the most that was seen.
type usage struct {
	server, client int64 // of all processes of each
	machine        int64 // that was available before
}

// often is how often is looked.
const often = 500 * time.Millisecond

// observe looks at what the two process trees have in memory until it is stopped, which returns the most of it.
func observe(before int64, server, client int) (stop func() usage) {
	done, result := make(chan struct{}), make(chan usage)
	go func() {
		var most usage
		tick := time.NewTicker(often)
		defer tick.Stop()
		for {
			children := families()
			most.server = max(most.server, resident(children, server))
			most.client = max(most.client, resident(children, client))
			most.machine = max(most.machine, before-available())
			select {
			case <-tick.C:
			case <-done:
				result <- most
				return
			}
		}
	}()
	return func() usage {
		close(done)
		return <-result
	}
}

// families are the children of each process of this machine.
func families() map[int][]int {
	all := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well-formed
	for _, name := range stats {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		// "1234 (name) S 1 …": the name may have anything in it.
		fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		id, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err != nil || len(fields) < 2 {
			continue
		}
		if parent, err := strconv.Atoi(fields[1]); err == nil {
			all[parent] = append(all[parent], id)
		}
	}
	return all
}

// resident is what a process and its descendants have in memory, each shared page divided among those who share it.
func resident(children map[int][]int, id int) int64 {
	sum := kilobytes(fmt.Sprintf("/proc/%d/smaps_rollup", id), "Pss:")
	for _, c := range children[id] {
		sum += resident(children, c)
	}
	return sum
}

// available is what the kernel would give to new processes.
func available() int64 { return kilobytes("/proc/meminfo", "MemAvailable:") }

// kilobytes reads a field of a file of the kernel, in octets. It is 0 where there is none.
func kilobytes(file, field string) int64 {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, field); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return n * 1024
		}
	}
	return 0
}
