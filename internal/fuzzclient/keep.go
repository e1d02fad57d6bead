// SPDX-License-Identifier: Apache-2.0

package fuzzclient

import (
	"sync"

	"github.com/wsspec/wsspec/internal/report"
)

// keepers is how many results are put where they are safe at a time: each waits for
// the disk most of the while.
const keepers = 4

// keeping puts results where they are safe, several at a time, and then tells of each.
type keeping struct {
	keep, done func(report.Result) error
	results    chan report.Result
	all        sync.WaitGroup

	mu  sync.Mutex // held while done is called
	err error      // the first
}

func newKeeping(keep, done func(report.Result) error) *keeping {
	k := &keeping{keep: keep, done: done, results: make(chan report.Result, keepers)}
	for range keepers {
		k.all.Go(k.run)
	}
	return k
}

// put hands over a result. The error is that of an earlier one.
func (k *keeping) put(r report.Result) error {
	k.mu.Lock()
	err := k.err
	k.mu.Unlock()
	if err == nil {
		k.results <- r
	}
	return err
}

func (k *keeping) run() {
	for r := range k.results {
		err := k.keep(r)
		k.mu.Lock()
		if k.err == nil {
			if k.err = err; err == nil {
				k.err = k.done(r)
			}
		}
		k.mu.Unlock()
	}
}

// end waits until all that were handed over are safe. The error is the first.
func (k *keeping) end() error {
	close(k.results)
	k.all.Wait()
	return k.err
}
