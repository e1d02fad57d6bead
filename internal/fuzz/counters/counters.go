// SPDX-License-Identifier: Apache-2.0

// Package counters reads which parts of a program have been reached, as the program tells it
// at a URL or in a file: the counters of a Go program that was built with -cover, or text with
// a name and a number a line. What is counted is all the same to it, and so is who counts.
// Start at Open.
package counters

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// Bounds of one reading.
const (
	MaxOctets   = 64 << 20
	maxCounters = 1 << 20
	patience    = 5 * time.Second
)

// A Source is where a program tells its counters.
type Source struct {
	where  string
	client *http.Client // nil for a file
}

// Open has counters read from a URL (http or https), or from a file, which may come to be
// later. The error is that it is neither.
func Open(where string) (*Source, error) {
	scheme, _, isURL := strings.Cut(where, "://")
	switch {
	case isURL && (scheme == "http" || scheme == "https"):
		return &Source{where, &http.Client{Timeout: patience, Transport: new(http.Transport)}}, nil
	case isURL:
		return nil, fmt.Errorf("%.200q: want http://…, https://… or a file", where)
	case where == "":
		return nil, errors.New("want a URL or a file")
	}
	return &Source{where: where}, nil
}

// Read returns the counters that are not zero, each by a number that stands for it.
func (s *Source) Read(ctx context.Context) ([]uint64, error) {
	var all []uint64
	b, err := s.fetch(ctx)
	if err == nil {
		all, err = Parse(b)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.where, err)
	}
	return all, nil
}

func (s *Source) fetch(ctx context.Context) ([]byte, error) {
	var from io.ReadCloser
	if s.client == nil {
		f, err := os.Open(s.where)
		if err != nil {
			return nil, plain(err)
		}
		from = f
	} else {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.where, nil)
		if err != nil {
			return nil, plain(err)
		}
		answer, err := s.client.Do(request)
		if err != nil {
			return nil, plain(err)
		}
		from = answer.Body
		if answer.StatusCode != http.StatusOK {
			from.Close()
			return nil, fmt.Errorf("it answered %.100q", answer.Status)
		}
	}
	defer from.Close()
	b, err := io.ReadAll(io.LimitReader(from, MaxOctets+1))
	switch {
	case err != nil:
		return nil, plain(err)
	case len(b) > MaxOctets:
		return nil, fmt.Errorf("more than %d octets", MaxOctets)
	}
	return b, nil
}

// plain is an error without the name of the file or the URL, which is told anyway.
func plain(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}
