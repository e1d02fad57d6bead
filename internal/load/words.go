// SPDX-License-Identifier: Apache-2.0

package load

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Words is a duration for people, with three digits that count.
func Words(d time.Duration) string {
	unit, name := time.Nanosecond, "ns"
	switch {
	case d == 0:
		return "0s"
	case d >= time.Minute:
		return d.Round(time.Second / 10).String()
	case d >= 999500*time.Microsecond: // rounded, a second
		unit, name = time.Second, "s"
	case d >= 999500*time.Nanosecond:
		unit, name = time.Millisecond, "ms"
	case d >= time.Microsecond:
		unit, name = time.Microsecond, "µs"
	}
	v := float64(d) / float64(unit)
	places := 2
	if v >= 100 {
		places = 0
	} else if v >= 10 {
		places = 1
	}
	text := strconv.FormatFloat(v, 'f', places, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text + name
}

// Thousands is a number with commas between its thousands.
func Thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Decimal is a number with one decimal where it is small.
func Decimal(v float64) string {
	if v < 100 && v != math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return Thousands(int64(math.Round(v)))
}

// Seconds is a number of seconds in words.
func Seconds(s float64) string { return Words(time.Duration(s * 1e9)) }

// Percent is a share of one, or of several, in whole hundredths.
func Percent(v float64) string { return Thousands(int64(math.Round(100*v))) + "%" }

// Detail is the example without the cause, where it begins with that; it may be empty.
func (f Failure) Detail() string {
	first := strings.TrimPrefix(strings.TrimPrefix(f.Cause, "lost: "), "closing: ")
	detail := f.Example
	for again := true; again; {
		detail, again = strings.CutPrefix(detail, first+": ")
	}
	if detail == first {
		return ""
	}
	return detail
}

// Octets is a number of octets in words.
func Octets(n float64) string {
	unit := 0
	for ; n >= 1000 && unit < 4; unit++ {
		n /= 1024
	}
	return Decimal(math.Round(n*10)/10) + []string{" octets", " KiB", " MiB", " GiB", " TiB"}[unit]
}
