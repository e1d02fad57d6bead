// SPDX-License-Identifier: Apache-2.0

package counters

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// magic begins and ends a file of counters by Go's runtime/coverage, as WriteCounters writes it.
const magic = "\x00cwm"

// Sizes in octets of what a file of counters has around them, and how its numbers are written.
const (
	headSize    = 32
	segmentSize = 16
	footSize    = 16
	raw         = 1 // 4 octets each
	leb128      = 2
)

// Parse returns the counters that are not zero, each by a number that stands for it: those of
// Go, or those of text in which each line has a name and behind it a number. Lines without one,
// and those that begin with #, do not matter.
func Parse(b []byte) ([]uint64, error) {
	if bytes.HasPrefix(b, []byte(magic)) {
		return parseGo(b)
	}
	return parseText(string(b))
}

func parseText(text string) ([]uint64, error) {
	var all []uint64
	lines := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		at := strings.LastIndexAny(line, " \t=:,")
		if at <= 0 || line[0] == '#' {
			continue
		}
		n, err := strconv.ParseFloat(line[at+1:], 64)
		if err != nil {
			continue
		}
		if lines++; lines > maxCounters {
			return nil, fmt.Errorf("more than %d counters", maxCounters)
		}
		if n > 0 {
			all = append(all, hash(strings.TrimSpace(line[:at])))
		}
	}
	if lines == 0 {
		return nil, errors.New("neither counters of a Go program nor lines with a name and a number")
	}
	return all, nil
}

// hash is FNV-1a of 64 bits: it has to be the same whenever the name is.
func hash(name string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	return h
}

var errCut = errors.New("the counters of the Go program end too soon")

// parseGo reads a file of counters as Go 1.20 and later write it: a head; and for each run
// segments with strings, arguments of the program, and its functions: how many counters, the
// package, the function, and the counters. It has functions that were reached, and no others.
func parseGo(b []byte) ([]uint64, error) {
	if len(b) < headSize+footSize {
		return nil, errCut
	}
	if v := binary.LittleEndian.Uint32(b[4:]); v != 1 {
		return nil, fmt.Errorf("the counters of the Go program are of version %d: want 1", v)
	}
	meta := hash(string(b[8:24])) // of the program: another has others
	r := numbers{flavor: b[24], big: b[25] != 0}
	if r.flavor != raw && r.flavor != leb128 {
		return nil, fmt.Errorf("the counters of the Go program are written in way %d: want 1 or 2", r.flavor)
	}
	foot := b[len(b)-footSize:]
	if !bytes.HasPrefix(foot, []byte(magic)) {
		return nil, errCut
	}
	segments := binary.LittleEndian.Uint32(foot[8:])
	var all []uint64
	for r.b = b[headSize:]; segments > 0; segments-- {
		if len(r.b) < segmentSize {
			return nil, errCut
		}
		functions := binary.LittleEndian.Uint64(r.b)
		skip := uint64(segmentSize) + uint64(binary.LittleEndian.Uint32(r.b[8:])) + uint64(binary.LittleEndian.Uint32(r.b[12:]))
		at := uint64(len(b)-len(r.b)) + skip
		skip += (4 - at%4) % 4
		if skip > uint64(len(r.b)) {
			return nil, errCut
		}
		r.b = r.b[skip:]
		for ; functions > 0 && r.err == nil; functions-- {
			n, pkg, f := r.next(), r.next(), r.next()
			for i := uint32(0); i < n && r.err == nil; i++ {
				if r.next() > 0 {
					all = append(all, meta^mix(pkg, f, i))
				}
			}
			if len(all) > maxCounters {
				return nil, fmt.Errorf("more than %d counters", maxCounters)
			}
		}
		if r.err != nil || len(r.b) < footSize {
			return nil, errCut
		}
		r.b = r.b[footSize:]
	}
	return all, nil
}

// mix is one number of three.
func mix(a, b, c uint32) uint64 {
	h := uint64(a)<<32 | uint64(b)
	h = (h ^ h>>31) * 0x9E3779B97F4A7C15
	h = (h ^ uint64(c)) * 0xBF58476D1CE4E5B9
	return h ^ h>>29
}

// numbers reads numbers of 32 bits.
type numbers struct {
	b      []byte
	flavor byte
	big    bool
	err    error
}

func (r *numbers) next() uint32 {
	if r.flavor == leb128 {
		v, n := binary.Uvarint(r.b[:min(len(r.b), binary.MaxVarintLen32)])
		if n <= 0 {
			r.err = errCut
			return 0
		}
		r.b = r.b[n:]
		return uint32(v)
	}
	if len(r.b) < 4 {
		r.err = errCut
		return 0
	}
	v := r.b[:4]
	r.b = r.b[4:]
	if r.big {
		return binary.BigEndian.Uint32(v)
	}
	return binary.LittleEndian.Uint32(v)
}
