// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strconv"
	"strings"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/folder"
	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/report"
)

// dependence collects flags on which a result depends, where they have been given.
type dependence []string

func (d *dependence) text(flag string, values ...string) {
	for _, v := range values {
		if v != "" {
			*d = append(*d, flag, v)
		}
	}
}

func (d *dependence) set(flag string, is bool) {
	if is {
		*d = append(*d, flag)
	}
}

// out names the folder where it is not the one that is taken without the flag.
func (d *dependence) out(dir string) {
	if dir != defaultOut {
		*d = append(*d, "--out", dir)
	}
}

func (d *dependence) factor(f float64) {
	if f != 1 {
		*d = append(*d, "--timeout-factor", strconv.FormatFloat(f, 'g', -1, 64))
	}
}

// defaultOut is the folder of a report that no flag names.
const defaultOut = "wsspec-report"

// flags are those of a selection that say which case an id is.
func (s Selection) flagsOf(d *dependence) {
	d.text("--edition", s.Edition)
	d.text("--corpus", s.Corpus)
	if s.Suite == string(cases.QuickSuite) {
		d.text("--suite", s.Suite)
	}
}

// repeat are the flags on which the results of a server depend, but for cases and
// seed. What a specification file says of the server is said by flags, so that none of
// the others in it is tested.
func (c *testCmd) repeat(s fuzzclient.Server, profile string) []string {
	var d dependence
	c.flagsOf(&d)
	d.text("--profile", profile)
	d.set("--http2", c.HTTP2)
	d.set("--http3", c.HTTP3)
	d.factor(c.TimeoutFactor)
	d.set("--fail-by-drop", s.Options.FailByDrop)
	d.set("--strict", c.Strict)
	d.text("--header", c.Header...)
	d.text("--origin", s.Origin)
	d.text("--subprotocol", strings.Join(s.Protocols, ","))
	c.Connection.repeat(&d, s)
	d.out(c.Out)
	return d
}

// repeat is the same for clients under test.
func (c *serveCmd) repeat() []string {
	var d dependence
	c.flagsOf(&d)
	d.text("--profile", c.Profile)
	d.set("--http2", c.HTTP2)
	d.set("--http3", c.HTTP3)
	d.text("--listen", nonDefault(c.Listen, ":9001"))
	c.Security.repeat(&d)
	d.factor(c.TimeoutFactor)
	d.set("--fail-by-drop", c.FailByDrop)
	d.set("--strict", c.Strict)
	d.out(c.Out)
	return d
}

func nonDefault(value, usual string) string {
	if value == usual {
		return ""
	}
	return value
}

// flagged is a folder whose results say on which flags they depend.
type flagged struct {
	*folder.Folder
	flags []string
}

// Put writes a result.
func (f flagged) Put(r report.Result) error {
	r.Flags = f.flags
	return f.Folder.Put(r)
}
