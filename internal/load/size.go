// SPDX-License-Identifier: Apache-2.0

package load

import (
	"fmt"
	"strconv"
	"strings"
)

// MaxSize is the longest message that is sent, in octets.
const MaxSize = 8 << 20

// Sizes are how long messages are: one of several ranges, each as often as its weight says.
type Sizes []SizeRange

// A SizeRange is from Min to Max octets, all equally often.
type SizeRange struct {
	Min, Max int
	Weight   float64
}

// A SizeError says what is wrong with a text for sizes and at which octet, from 1.
type SizeError struct {
	Text string
	At   int
	What string
}

func (e *SizeError) Error() string { return fmt.Sprintf("size %q, at %d: %s", e.Text, e.At, e.What) }

// ParseSizes reads "64", "64-1024", or several of these with weights, "64:9,4k-16k:1".
// Numbers are octets; k is 1024 of them, M 1024 k. The error is a *SizeError.
func ParseSizes(text string) (Sizes, error) {
	var all Sizes
	at := 1
	for part := range strings.SplitSeq(text, ",") {
		r := SizeRange{Weight: 1}
		span, weight, weighted := strings.Cut(part, ":")
		if weighted {
			w, err := strconv.ParseFloat(weight, 64)
			if err != nil || !(w > 0 && w <= 1e9) {
				return nil, &SizeError{text, at + len(span) + 1, fmt.Sprintf("the weight is %q: want a number above 0", weight)}
			}
			r.Weight = w
		}
		least, most, ranged := strings.Cut(span, "-")
		var wrong string
		if r.Min, wrong = octets(least); wrong != "" {
			return nil, &SizeError{text, at, wrong}
		}
		r.Max = r.Min
		if ranged {
			if r.Max, wrong = octets(most); wrong != "" {
				return nil, &SizeError{text, at + len(least) + 1, wrong}
			}
		}
		if r.Max < r.Min {
			return nil, &SizeError{text, at, fmt.Sprintf("from %d down to %d: want the smaller one first", r.Min, r.Max)}
		}
		all = append(all, r)
		at += len(part) + 1
	}
	return all, nil
}

// octets reads a number of them.
func octets(text string) (n int, wrong string) {
	digits, unit := text, 1
	switch {
	case strings.HasSuffix(text, "k"), strings.HasSuffix(text, "K"):
		digits, unit = text[:len(text)-1], 1<<10
	case strings.HasSuffix(text, "M"):
		digits, unit = text[:len(text)-1], 1<<20
	}
	v, err := strconv.ParseUint(digits, 10, 31)
	switch {
	case err != nil:
		return 0, fmt.Sprintf("%q is no size: want octets, as in 64, 4k or 1M, a range as in 64-1024, or several with weights as in 64:9,4k:1", text)
	case v*uint64(unit) > MaxSize:
		return 0, fmt.Sprintf("%s is more than the %d octets that a message can have here", text, MaxSize)
	}
	return int(v) * unit, ""
}

// Most is the longest.
func (s Sizes) Most() int {
	n := 0
	for _, r := range s {
		n = max(n, r.Max)
	}
	return n
}

// Mean is the average, in octets.
func (s Sizes) Mean() float64 {
	sum, weights := 0.0, 0.0
	for _, r := range s {
		sum, weights = sum+r.Weight*float64(r.Min+r.Max)/2, weights+r.Weight
	}
	if weights == 0 {
		return 0
	}
	return sum / weights
}

// Pick returns the size for two numbers drawn from 0 to 1, without 1.
func (s Sizes) Pick(which, within float64) int {
	weights := 0.0
	for _, r := range s {
		weights += r.Weight
	}
	for _, r := range s {
		if which -= r.Weight / weights; which < 0 {
			return r.Min + int(within*float64(r.Max-r.Min+1))
		}
	}
	last := s[len(s)-1] // what rounding has left
	return last.Max
}
