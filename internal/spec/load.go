// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Modes with a specification of a load test.
const (
	MassConnect   Mode = "massconnect"
	WsperfControl Mode = "wsperfcontrol"
)

// Bounds of what a load test may ask for.
const (
	mostConnections = 10_000_000
	mostMessages    = 100_000_000
	mostSize        = 256 << 20 // octets
	mostDelay       = time.Hour
	mostQuantiles   = 1000
	mostDigits      = 3 // of microseconds: a clock has no more
)

// LoadServer is a server to be loaded.
type LoadServer struct {
	Name, URL, Desc string
}

// Mass is what massconnect is to do with each server.
type Mass struct {
	Connections, BatchSize int
	BatchDelay, RetryDelay time.Duration
	Servers                []LoadServer
}

// Perf is what wsperfcontrol is to do.
type Perf struct {
	Servers []LoadServer
	Sets    []PerfSet
}

// PerfSet is one test set: a report.
type PerfSet struct {
	OutFile   string // empty: standard output
	Sep       string // between columns
	Digits    int    // decimals of microseconds
	Quantiles int    // columns q0 and so on
	RTTs      bool   // a column with the time of each message
	Cases     []PerfCase
}

// PerfCase is one test: Count messages of Size octets, and their echoes.
type PerfCase struct {
	Count, Size int
	Timeout     time.Duration // for all of it
	Binary      bool
	Sync        bool // each message after the echo of the one before, else at once
	Verify      bool // compare octets, not only lengths
}

// fileLoadServer is the JSON of a LoadServer.
type fileLoadServer struct {
	Name string `json:"name"`
	URI  string `json:"uri"`
	Desc string `json:"desc"`
}

// ReadMass reads the file of massconnect. The error names the file and the place in it.
func ReadMass(path string) (Mass, error) { return readLoad(path, ParseMass) }

// ReadPerf reads the file of wsperfcontrol. The error names the file and the place in it.
func ReadPerf(path string) (Perf, error) { return readLoad(path, ParsePerf) }

func readLoad[T any](path string, parse func([]byte) (T, error)) (T, error) {
	b, err := readFile(path)
	if err != nil {
		var none T
		return none, fmt.Errorf("read specification: %w", err)
	}
	s, err := parse(b)
	if err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// decode reads JSON into v. Errors say at which line.
func decode(b []byte, v any) error {
	b, err := plainText(b)
	if err != nil {
		return err
	}
	if bytes.Equal(bytes.TrimSpace(b), []byte("null")) {
		return errors.New("line 1: the specification is null: want an object")
	}
	if err := json.Unmarshal(b, v); err != nil {
		return place(b, err)
	}
	return nil
}

// ParseMass reads a specification of massconnect. A number that is missing is that of
// the default specification.
func ParseMass(b []byte) (Mass, error) {
	var f struct {
		Options struct {
			Connections *float64 `json:"connections"`
			BatchSize   *float64 `json:"batchsize"`
			BatchDelay  *float64 `json:"batchdelay"`
			RetryDelay  *float64 `json:"retrydelay"`
		} `json:"options"`
		Servers []fileLoadServer `json:"servers"`
	}
	if err := decode(b, &f); err != nil {
		return Mass{}, err
	}
	m := Mass{Connections: 10000, BatchSize: 100, BatchDelay: 10 * time.Millisecond, RetryDelay: 10 * time.Millisecond}
	o := f.Options
	var err error
	if m.Servers, err = loadServers(f.Servers); err != nil {
		return Mass{}, err
	}
	return m, firstOf(
		count("options.connections", o.Connections, &m.Connections, 1, mostConnections),
		count("options.batchsize", o.BatchSize, &m.BatchSize, 1, mostConnections),
		milliseconds("options.batchdelay", o.BatchDelay, &m.BatchDelay, 0),
		milliseconds("options.retrydelay", o.RetryDelay, &m.RetryDelay, 0),
	)
}

// firstOf returns the first error there is.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func loadServers(files []fileLoadServer) (servers []LoadServer, err error) {
	if len(files) == 0 {
		return nil, errors.New("servers: there are none: want [{\"name\": …, \"uri\": \"ws://…\"}]")
	}
	for i, f := range files {
		if f.URI == "" {
			return nil, fmt.Errorf("servers[%d]: there is no uri", i)
		}
		if f.Name == "" {
			f.Name = f.URI
		}
		servers = append(servers, LoadServer{f.Name, f.URI, f.Desc})
	}
	return servers, nil
}

// count sets a whole number, where it is given.
func count(key string, given *float64, to *int, least, most int) error {
	if given == nil {
		return nil
	}
	if v := *given; !(v >= float64(least) && v <= float64(most)) || v != float64(int(v)) {
		return fmt.Errorf("%s is %v: want a whole number from %d to %d", key, v, least, most)
	}
	*to = int(*given)
	return nil
}

// milliseconds sets a time, where it is given.
func milliseconds(key string, given *float64, to *time.Duration, least time.Duration) error {
	if given == nil {
		return nil
	}
	if v := *given; !(v >= float64(least.Milliseconds()) && v <= float64(mostDelay.Milliseconds())) {
		return fmt.Errorf("%s is %v: want milliseconds from %d to %d", key, v, least.Milliseconds(), mostDelay.Milliseconds())
	}
	*to = time.Duration(*given * float64(time.Millisecond))
	return nil
}

// perfOptions are the options of a set, and those of a case laid over them.
type perfOptions struct {
	OutFile   string   `json:"outfile"`
	Digits    *float64 `json:"digits"`
	Sep       *string  `json:"sep"`
	RTTs      bool     `json:"rtts"`
	Quantiles *float64 `json:"quantile_count"`
	perfCase
}

type perfCase struct {
	Count   *float64 `json:"count"`
	Size    *float64 `json:"size"`
	Timeout *float64 `json:"timeout"`
	Binary  *bool    `json:"binary"`
	Sync    *bool    `json:"sync"`
	Verify  *bool    `json:"verify"`
}

// ParsePerf reads a specification of wsperfcontrol.
func ParsePerf(b []byte) (Perf, error) {
	var f struct {
		Servers []fileLoadServer `json:"servers"`
		Sets    []struct {
			Mode    *string     `json:"mode"`
			Options perfOptions `json:"options"`
			Cases   []perfCase  `json:"cases"`
		} `json:"testsets"`
	}
	if err := decode(b, &f); err != nil {
		return Perf{}, err
	}
	servers, err := loadServers(f.Servers)
	if err != nil {
		return Perf{}, err
	}
	if len(f.Sets) == 0 {
		return Perf{}, errors.New("testsets: there are none: want [{\"mode\": \"echo\", \"options\": {…}, \"cases\": [{…}]}]")
	}
	p := Perf{Servers: servers}
	for i, set := range f.Sets {
		at := fmt.Sprintf("testsets[%d]", i)
		if set.Mode != nil && *set.Mode != "echo" {
			return Perf{}, fmt.Errorf("%s.mode is %.40q: there is only \"echo\"", at, *set.Mode)
		}
		s, err := set.Options.set(at + ".options")
		if err != nil {
			return Perf{}, err
		}
		byDefault := PerfCase{Count: 1000, Size: 64, Timeout: 10 * time.Second, Binary: true, Sync: true}
		if err := set.Options.over(&byDefault, at+".options"); err != nil {
			return Perf{}, err
		}
		if len(set.Cases) == 0 {
			return Perf{}, fmt.Errorf("%s.cases: there are none: want [{\"size\": …, \"count\": …}]", at)
		}
		for j, o := range set.Cases {
			c := byDefault
			if err := o.over(&c, fmt.Sprintf("%s.cases[%d]", at, j)); err != nil {
				return Perf{}, err
			}
			s.Cases = append(s.Cases, c)
		}
		p.Sets = append(p.Sets, s)
	}
	return p, nil
}

func (o perfOptions) set(at string) (PerfSet, error) {
	s := PerfSet{OutFile: o.OutFile, Sep: "\t", Quantiles: 10, RTTs: o.RTTs}
	if o.Sep != nil {
		s.Sep = *o.Sep
	}
	if s.Sep == "" || len(s.Sep) > 10 || strings.ContainsAny(s.Sep, "\n0123456789.") {
		return s, fmt.Errorf("%s.sep is %.40q: want what can stand between columns, such as \"\\t\"", at, s.Sep)
	}
	return s, firstOf(
		count(at+".digits", o.Digits, &s.Digits, 0, mostDigits),
		count(at+".quantile_count", o.Quantiles, &s.Quantiles, 0, mostQuantiles),
	)
}

// over lays what is given over a case.
func (o perfCase) over(c *PerfCase, at string) error {
	for _, b := range []struct {
		given *bool
		to    *bool
	}{{o.Binary, &c.Binary}, {o.Sync, &c.Sync}, {o.Verify, &c.Verify}} {
		if b.given != nil {
			*b.to = *b.given
		}
	}
	return firstOf(
		count(at+".count", o.Count, &c.Count, 1, mostMessages),
		count(at+".size", o.Size, &c.Size, 0, mostSize),
		milliseconds(at+".timeout", o.Timeout, &c.Timeout, time.Millisecond),
	)
}

// DefaultLoad is the file that a mode with a load test writes where there is none.
func DefaultLoad(mode Mode) []byte {
	const servers = "   \"servers\": [\n      {\n         \"name\": \"My server\",\n         \"uri\": \"ws://127.0.0.1:9000\",\n         \"desc\": \"\"\n      }\n   ]"
	if mode == MassConnect {
		return []byte("{\n   \"options\": {\n      \"connections\": 10000,\n      \"batchsize\": 100,\n      \"batchdelay\": 10,\n      \"retrydelay\": 10\n   },\n" + servers + "\n}\n")
	}
	return []byte("{\n   \"options\": {\n      \"debug\": false\n   },\n" + servers + `,
   "testsets": [
      {
         "mode": "echo",
         "options": {
            "digits": 0,
            "sep": "\t",
            "rtts": false,
            "quantile_count": 10,
            "count": 1000,
            "size": 64,
            "timeout": 10000,
            "binary": true,
            "sync": true,
            "verify": false
         },
         "cases": [
            {"size": 0},
            {"size": 64},
            {"size": 1024},
            {"size": 65536, "count": 100}
         ]
      }
   ]
}
`)
}
