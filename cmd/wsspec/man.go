// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"
)

type manCmd struct{}

// Help is what "wsspec man --help" says.
func (manCmd) Help() string {
	return `Read it with: wsspec man | man -l -. To install it, save it as wsspec.1 in a man1 folder on your MANPATH.`
}

// Run prints the page in the macros of man(7).
func (manCmd) Run(p *process, ctx *kong.Context) error {
	fmt.Fprint(p.stdout, manual(ctx.Model.Node))
	return nil
}

// entry is a paragraph with a tag before it.
type entry struct{ tag, text string }

// exitStatuses are those of the wsspec door.
func exitStatuses() []entry {
	return []entry{
		{fmt.Sprint(exitOK), "Everything is as it should be."},
		{fmt.Sprint(exitVerdict), "Some case FAILED, or a closing is UNCLEAN, FAILED BY CLIENT or FAILED; with --strict, anything is not OK, INFORMATIONAL or UNIMPLEMENTED. Or cases were not run, unless --allow-partial is given. From report diff: something got worse; from report rejudge: a verdict changed; from inspect: a rule is broken."},
		{fmt.Sprint(exitUsage), "A mistake on the command line or in a file it names, or a file that cannot be written."},
		{fmt.Sprint(exitUnreachable), "A server could not be reached, or opened no WebSocket connection; no client ran a case; or no case could judge the peer."},
		{fmt.Sprint(exitFault), "An internal error of wsspec kept a case from having a result."},
		{fmt.Sprint(exitInterrupted), "Stopped by a signal; what was done until then is in the report."},
	}
}

func manualFiles() []entry {
	return []entry{
		{"wsspec-report/index.html", "The report as one self-contained page."},
		{"wsspec-report/index.json", "The verdicts of all cases by agent, in the reference's format."},
		{"wsspec-report/AGENT_case_ID.json", "One case: its verdict, the handshake and the wire log."},
	}
}

func manualEnvironment() []entry {
	return []entry{
		{"NO_COLOR", "If set, there are no colours on a terminal."},
		{"TERM", "If it is dumb, there are no status line and no colours."},
	}
}

func manualExamples() []entry {
	return []entry{
		{"wsspec test", "Test the echo server that comes with the program."},
		{"wsspec test ws://localhost:9001 --cases '6.4.*' --wire", "Run a part of the cases, and show every frame of those that fail."},
		{"wsspec test ws://localhost:9001 --report junit=results.xml", "Write a report for CI in addition to the usual one."},
		{"wsspec report accept wsspec-report --reason 'issue 12' -o known.txt", "Accept what fails today; wsspec test --baseline known.txt reports what is new."},
		{"wsspec serve --ready-file url --idle-exit 10s", "Test clients in CI: end when the last one has gone."},
		{"wsspec cases show 6.4.1", "Explain a case."},
		{"wsspec inspect --pcap traffic.pcapng", "Decode recorded traffic, and say which rules it breaks."},
		{"wsspec report pcap wsspec-report 6.4.1", "Write the conversation of a case for Wireshark."},
		{"wstest -m fuzzingclient -s spec.json", "The same program under the name wstest: do as Autobahn|Testsuite does."},
	}
}

// manual is the page of all commands.
func manual(app *kong.Node) string {
	m := &page{}
	m.title(built(), version())
	m.macro("SH", "NAME")
	m.text("wsspec - test whether WebSocket software conforms to RFC 6455 and RFC 7692")
	m.macro("SH", "SYNOPSIS")
	for i, command := range app.Leaves(true) {
		if i > 0 {
			m.macro("br")
		}
		m.macro("B", "wsspec "+command.Path())
		m.text(strings.TrimSpace(strings.TrimPrefix(command.Summary(), command.Path())))
	}
	m.macro("SH", "DESCRIPTION")
	m.paragraphs(app.Help)
	m.macro("SH", "COMMANDS")
	for _, command := range app.Leaves(true) {
		m.command(command)
	}
	for _, s := range []struct {
		title   string
		entries []entry
	}{
		{"EXIT STATUS", exitStatuses()}, {"ENVIRONMENT", manualEnvironment()}, {"FILES", manualFiles()}, {"EXAMPLES", manualExamples()},
	} {
		m.macro("SH", s.title)
		for _, e := range s.entries {
			m.entry(e)
		}
	}
	m.macro("SH", "SEE ALSO")
	m.text("RFC 6455, The WebSocket Protocol; RFC 7692, Compression Extensions for WebSocket.")
	return m.String()
}

// built is the day of the revision the program was built from, empty where it is
// not known.
func built() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.time" {
				day, _, _ := strings.Cut(s.Value, "T")
				return day
			}
		}
	}
	return ""
}

// page is a manual page that is being written.
type page struct{ strings.Builder }

// macro writes a request and its arguments.
func (m *page) macro(name string, args ...string) {
	m.WriteString("." + name)
	for _, arg := range args {
		m.WriteString(` "` + strings.ReplaceAll(roff(arg), `"`, `\(dq`) + `"`)
	}
	m.WriteByte('\n')
}

// title begins the page. The hyphens of its day are no minus signs, or mandoc does
// not take it for a day.
func (m *page) title(day, version string) {
	fmt.Fprintf(m, ".TH \"WSSPEC\" \"1\" \"%s\" \"wsspec %s\" \"User Commands\"\n", day, roff(version))
}

// text writes words, in lines that are not long.
func (m *page) text(s string) {
	const most = 78
	line := ""
	for word := range strings.FieldsSeq(s) {
		word = roff(word)
		switch {
		case line != "" && len(line)+1+len(word) > most:
			m.WriteString(line + "\n")
			line = ""
		case line != "":
			line += " "
		}
		if line == "" && strings.ContainsAny(word[:1], ".'") {
			line = `\&` // or it would be a request
		}
		line += word
	}
	if line != "" {
		m.WriteString(line + "\n")
	}
}

// paragraphs writes text that has empty lines between its paragraphs.
func (m *page) paragraphs(s string) {
	for i, paragraph := range strings.Split(s, "\n\n") {
		if i > 0 {
			m.macro("PP")
		}
		m.text(paragraph)
	}
}

// entry writes a paragraph with its tag.
func (m *page) entry(e entry) {
	m.macro("TP")
	m.macro("B", e.tag)
	m.text(e.text)
}

// command writes what there is to say of one command.
func (m *page) command(c *kong.Node) {
	m.macro("SS", "wsspec "+c.Summary())
	m.text(c.Help)
	if c.Detail != "" {
		m.macro("PP")
		m.paragraphs(c.Detail)
	}
	for _, arg := range c.Positional {
		m.entry(entry{arg.Summary(), arg.Help})
	}
	for _, f := range c.Flags {
		if f.Hidden {
			continue
		}
		tag := f.Summary()
		if f.Short != 0 {
			tag = "-" + string(f.Short) + ", " + tag
		}
		m.entry(entry{tag, f.Help})
	}
}

// roff writes text so that each character stands for itself: those for which
// there are typographic ones by name, and what is not ASCII by number, for readers
// that take a page for Latin-1.
func roff(s string) string {
	names := strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`)
	var b strings.Builder
	for _, r := range names.Replace(s) {
		if r > '~' {
			fmt.Fprintf(&b, `\[u%04X]`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
