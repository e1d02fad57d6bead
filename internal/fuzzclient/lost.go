// SPDX-License-Identifier: Apache-2.0

package fuzzclient

import (
	"errors"
	"slices"
	"sync"

	"github.com/wsspec/wsspec/internal/conform"
)

// LostError is a server that served cases and then could no longer be reached. It wraps
// ErrUnreachable.
type LostError struct {
	Err  error    // how it could not be reached
	Last []string // the cases that reached it last, MaxJobs at most, in the order of numbers
}

func (e *LostError) Error() string { return e.Err.Error() }

// Unwrap returns how the server could not be reached.
func (e *LostError) Unwrap() error { return e.Err }

// lastServed are the cases that reached the server last, for several goroutines.
type lastServed struct {
	mu  sync.Mutex
	ids []string
}

func (l *lastServed) add(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ids = append(l.ids, id); len(l.ids) > MaxJobs {
		l.ids = l.ids[1:]
	}
}

// explain makes a LostError of the error where the server had served cases before.
func (l *lastServed) explain(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ids) == 0 || !errors.Is(err, ErrUnreachable) {
		return err
	}
	last := slices.Clone(l.ids)
	slices.SortFunc(last, conform.CompareIDs)
	return &LostError{Err: err, Last: last}
}
