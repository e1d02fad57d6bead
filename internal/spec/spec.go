// SPDX-License-Identifier: Apache-2.0

// Package spec reads specification files, the JSON with which the reference's
// modes have always been told what to test, or with what load. Files are accepted as
// they are found in the wild: unknown keys are ignored, missing ones have defaults.
// It knows nothing of the cases that patterns pick. Start at Read.
package spec

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
)

// Mode is which side the specification is for.
type Mode string

// Modes with a specification.
const (
	FuzzingClient Mode = "fuzzingclient"
	FuzzingServer Mode = "fuzzingserver"
)

// Spec is a specification.
type Spec struct {
	File              string // where it was read from
	OutDir            string
	Cases             []string
	ExcludeCases      []string
	ExcludeAgentCases map[string][]string
	Edition           string
	Options           peer.Options // fuzzing server

	Servers []Server // fuzzing client

	URL       string // fuzzing server
	Protocols []string
	Key, Cert string // files in PEM; empty: no TLS

	profiles []json.RawMessage // what is said of all servers, and of each: see Profiles
}

// Server is a server for the fuzzing client to test.
type Server struct {
	URL, Agent, Origin, HostName string
	Protocols                    []string
	Options                      peer.Options
}

// file is the JSON as it stands, with lists of patterns and lists by agent of the types.
type file[P, A any] struct {
	URL               string          `json:"url"`
	OutDir            *string         `json:"outdir"`
	Servers           []fileServer    `json:"servers"`
	Cases             P               `json:"cases"`
	ExcludeCases      P               `json:"exclude-cases"`
	ExcludeAgentCases A               `json:"exclude-agent-cases"`
	Options           json.RawMessage `json:"options"`
	Protocols         []string        `json:"protocols"`
	Key               string          `json:"key"`
	Cert              string          `json:"cert"`
	Edition           string          `json:"edition"`
	Profile           json.RawMessage `json:"profile"`
}

type fileServer struct {
	URL       string          `json:"url"`
	Agent     string          `json:"agent"`
	Origin    string          `json:"origin"`
	HostName  string          `json:"hostname"`
	Protocols []string        `json:"protocols"`
	Options   json.RawMessage `json:"options"`
	Profile   json.RawMessage `json:"profile"`
}

// maxFile bounds a specification, in octets.
const maxFile = 4 << 20

// Read reads the file. The error names the file and the place in it.
func Read(path string, mode Mode) (*Spec, error) {
	b, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("read specification: %w", err)
	}
	s, err := Parse(b, mode)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	s.File = path
	return s, nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	return b, errors.Join(err, f.Close())
}

// plainText is the content of a file without what some editors begin files with.
func plainText(b []byte) ([]byte, error) {
	if len(b) > maxFile {
		return nil, fmt.Errorf("larger than %d octets", maxFile)
	}
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return nil, errors.New("this is UTF-16: save it as UTF-8")
	}
	return bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), nil
}

// Parse reads a specification. The error says at which line, or at which key.
func Parse(b []byte, mode Mode) (*Spec, error) {
	b, err := plainText(b)
	if err != nil {
		return nil, err
	}
	var f file[patterns, byAgent]
	if err := json.Unmarshal(b, &f); err != nil {
		var strict file[[]string, map[string][]string] // whose errors name the place
		return nil, place(b, cmp.Or(json.Unmarshal(b, &strict), err))
	}
	s := &Spec{
		OutDir: defaultOutDir(mode), Cases: f.Cases, ExcludeCases: f.ExcludeCases, ExcludeAgentCases: f.ExcludeAgentCases,
		Edition: f.Edition, URL: f.URL, Protocols: f.Protocols, Key: f.Key, Cert: f.Cert, profiles: []json.RawMessage{f.Profile},
	}
	if f.OutDir != nil && *f.OutDir != "" {
		s.OutDir = *f.OutDir
	}
	if f.Cases == nil {
		s.Cases = []string{"*"}
	}
	if s.Options, err = readOptions(f.Options); err != nil {
		return nil, fmt.Errorf("options: %w", err)
	}
	for i, server := range f.Servers {
		po, err := readOptions(f.Options, server.Options)
		if err != nil {
			return nil, fmt.Errorf("servers[%d].options: %w", i, err)
		}
		if server.URL == "" {
			return nil, fmt.Errorf("servers[%d]: there is no url", i)
		}
		s.Servers = append(s.Servers, Server{server.URL, server.Agent, server.Origin, server.HostName, server.Protocols, po})
		s.profiles = append(s.profiles, server.Profile)
	}
	return s, nil
}

func defaultOutDir(mode Mode) string {
	if mode == FuzzingServer {
		return "./reports/clients"
	}
	return "./reports/servers"
}

// place turns an error of package json into one with a line and column or a key.
func place(b []byte, err error) error {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("line %s: %w", position(b, syntax.Offset), err)
	case errors.As(err, &typ):
		return fmt.Errorf("line %s: %w", position(b, typ.Offset), mistyped(typ))
	}
	return err
}

// mistyped says which key has a value of the wrong type.
func mistyped(err *json.UnmarshalTypeError) error {
	if n, large := strings.CutPrefix(err.Value, "number "); large {
		return fmt.Errorf("%s is %.40s: that is too large", key(err.Field), n)
	}
	return fmt.Errorf("%s is a %s: want %s", key(err.Field), err.Value, wanted(err.Type.Kind().String()))
}

func key(field string) string {
	if field == "" {
		return "the specification"
	}
	return field
}

func wanted(kind string) string {
	switch kind {
	case "struct", "map":
		return "an object"
	case "slice":
		return "an array"
	case "bool":
		return "true or false"
	case "int", "float64":
		return "a number"
	}
	return "a string"
}

func position(b []byte, offset int64) string {
	before := string(b[:min(max(int(offset)-1, 0), len(b))])
	return fmt.Sprintf("%d, column %d", strings.Count(before, "\n")+1, len(before)-strings.LastIndexByte(before, '\n'))
}

// options are the switches under "options"; nil means not given.
type options struct {
	Version                     *float64 `json:"version"`
	FailByDrop                  *bool    `json:"failByDrop"`
	UTF8ValidateIncoming        *bool    `json:"utf8validateIncoming"`
	AcceptMaskedServerFrames    *bool    `json:"acceptMaskedServerFrames"`
	RequireMaskedClientFrames   *bool    `json:"requireMaskedClientFrames"`
	MaskServerFrames            *bool    `json:"maskServerFrames"`
	MaskClientFrames            *bool    `json:"maskClientFrames"`
	ApplyMask                   *bool    `json:"applyMask"`
	MaxFramePayloadSize         *float64 `json:"maxFramePayloadSize"`
	MaxMessagePayloadSize       *float64 `json:"maxMessagePayloadSize"`
	AutoFragmentSize            *float64 `json:"autoFragmentSize"`
	EchoCloseCodeReason         *bool    `json:"echoCloseCodeReason"`
	ServerConnectionDropTimeout *float64 `json:"serverConnectionDropTimeout"` // seconds
	OpenHandshakeTimeout        *float64 `json:"openHandshakeTimeout"`
	CloseHandshakeTimeout       *float64 `json:"closeHandshakeTimeout"`
}

// readOptions reads objects of options, each laid over those before.
func readOptions(layers ...json.RawMessage) (peer.Options, error) {
	var o options
	for _, b := range layers {
		if len(b) == 0 {
			continue
		}
		var typ *json.UnmarshalTypeError
		if err := json.Unmarshal(b, &o); errors.As(err, &typ) {
			return peer.Options{}, mistyped(typ) // without its line, which would be counted from here
		} else if err != nil {
			return peer.Options{}, err
		}
	}
	return o.peer()
}

// peer translates the options. Those that make no difference to a case
// (tcpNoDelay, the automatic pings) are not among them.
func (o options) peer() (p peer.Options, err error) {
	if v := o.Version; v != nil && (*v < 13 || *v > 18) {
		return p, fmt.Errorf("version %v: want 13 to 18: the drafts from 13 on have the protocol of RFC 6455, which is 18", *v)
	}
	set := func(b *bool, byDefault bool) bool {
		if b == nil {
			return byDefault
		}
		return *b
	}
	p.FailByDrop = set(o.FailByDrop, false)
	p.SkipUTF8 = !set(o.UTF8ValidateIncoming, true)
	p.AcceptMasked = set(o.AcceptMaskedServerFrames, false)
	p.AcceptUnmasked = !set(o.RequireMaskedClientFrames, true)
	p.MaskAsServer = set(o.MaskServerFrames, false)
	p.NoMaskAsClient = !set(o.MaskClientFrames, true)
	p.ZeroMask = !set(o.ApplyMask, true)
	p.EchoClose = set(o.EchoCloseCodeReason, false)
	for _, n := range []struct {
		name string
		have *float64
		want *int
	}{
		{"maxFramePayloadSize", o.MaxFramePayloadSize, &p.MaxFrame},
		{"maxMessagePayloadSize", o.MaxMessagePayloadSize, &p.MaxMessage},
		{"autoFragmentSize", o.AutoFragmentSize, &p.AutoFragment},
	} {
		if n.have != nil {
			if *n.have < 0 || *n.have > 1<<30 || *n.have != float64(int(*n.have)) {
				return p, fmt.Errorf("%s is %v: want a whole number of octets from 0 to %d", n.name, *n.have, 1<<30)
			}
			*n.want = int(*n.have)
		}
	}
	for _, t := range []struct {
		name string
		have *float64
		want *time.Duration
	}{
		{"openHandshakeTimeout", o.OpenHandshakeTimeout, &p.OpenTimeout},
		{"closeHandshakeTimeout", o.CloseHandshakeTimeout, &p.CloseTimeout},
		{"serverConnectionDropTimeout", o.ServerConnectionDropTimeout, &p.DropTimeout},
	} {
		if t.have != nil {
			if !(*t.have >= 0 && *t.have <= 3600) {
				return p, fmt.Errorf("%s is %v: want seconds from 0 to 3600", t.name, *t.have)
			}
			*t.want = time.Duration(*t.have * float64(time.Second))
		}
	}
	return p, nil
}

// Default is the file that a mode writes where there is none.
func Default(mode Mode) []byte {
	type ordered struct {
		URL          string              `json:"url,omitempty"`
		OutDir       string              `json:"outdir"`
		Servers      []map[string]string `json:"servers,omitempty"`
		Cases        []string            `json:"cases"`
		Exclude      []string            `json:"exclude-cases"`
		ExcludeAgent map[string][]string `json:"exclude-agent-cases"`
	}
	o := ordered{OutDir: defaultOutDir(mode), Cases: []string{"*"}, Exclude: []string{}, ExcludeAgent: map[string][]string{}}
	if mode == FuzzingServer {
		o.URL = "ws://127.0.0.1:9001"
	} else {
		o.Servers = []map[string]string{{"url": "ws://127.0.0.1:9001"}}
	}
	b, err := json.MarshalIndent(o, "", "   ")
	if err != nil {
		panic(err) // strings and nothing else
	}
	return append(b, '\n')
}
