// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/coder/websocket"

	"github.com/wsspec/wsspec/interop/oracle"
)

// commanded are the cases in which the peer is told what to do, and how many there are
// for servers and for clients at least.
const (
	commanded                = "7.2.*,7.4.*,7.6.*,7.8.*,7.10.*,7.11.*,7.12.*"
	serverCases, clientCases = 20, 21
)

// An example is a program that obeys, called with "server" and where to listen, or with
// "client" and the URL of a fuzzing server.
type example struct {
	name, agent string
	command     []string
	missing     func() string // what to do where it cannot run

	// nonStrict are cases in which the library itself does what it should not.
	nonStrict []string
}

func examples(t *testing.T) []example {
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	node, python := filepath.Join(dir, "node"), filepath.Join(dir, "python")
	return []example{{
		name: "Go", agent: "go-coder", command: []string{build(t, ".")},
		missing: func() string { return "" }, nonStrict: []string{"7.8.3", "7.11.2"},
	}, {
		name: "Node", agent: "node-ws", command: []string{"node", filepath.Join(node, "commands.mjs")},
		missing: func() string {
			if exec.Command("node", "--version").Run() != nil {
				return "there is no node here\nhint: apt-get install nodejs npm"
			}
			if _, err := os.Stat(filepath.Join(node, "node_modules", "ws")); err != nil {
				return "there is no ws here\nhint: cd interop/node && npm ci"
			}
			return ""
		},
		nonStrict: []string{"7.8.3", "7.11.2"},
	}, {
		name: "Python", agent: "py-websockets", command: []string{"/usr/bin/python3", "-B", filepath.Join(python, "commands.py")},
		missing: func() string {
			if exec.Command("/usr/bin/python3", "-c", "import websockets").Run() != nil {
				return "there is no websockets for Python here\nhint: apt-get install python3-websockets"
			}
			return ""
		},
		nonStrict: []string{"7.8.3"},
	}}
}

// need skips the test where the example cannot run. In CI it has to.
func need(t *testing.T, e example) {
	t.Helper()
	switch why := e.missing(); {
	case why == "":
	case os.Getenv("CI") != "":
		t.Fatal(why)
	default:
		t.Skip(why)
	}
}

// build compiles the package in the folder and returns the program.
func build(t *testing.T, folder string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if out, err := exec.Command("go", "build", "-C", folder, "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// A process is a program that listens.
type process struct {
	*exec.Cmd
	url  string // from its first line
	said chan []byte
}

// start runs a program until the test is over at most.
func start(t *testing.T, command ...string) process {
	t.Helper()
	p := process{Cmd: exec.CommandContext(t.Context(), command[0], command[1:]...), said: make(chan []byte, 1)}
	p.Stderr = os.Stderr
	out, err := p.StdoutPipe()
	if err == nil {
		err = p.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	line, err := r.ReadString('\n')
	p.url = regexp.MustCompile(`ws://127\.0\.0\.1:\d+`).FindString(line)
	if err != nil || p.url == "" {
		t.Fatalf("%s: %q, %v", command, line, err)
	}
	go func() {
		said, _ := io.ReadAll(r) // until it ends, however it does
		p.said <- said
	}()
	return p
}

// end waits until the program has ended, and returns what it has said.
func (p process) end() ([]byte, error) {
	said := <-p.said
	return said, p.Wait()
}

// check holds the report to what we know of the example: it understands everything, and
// what is not OK is the library's.
func check(t *testing.T, e example, dir string, least int) {
	t.Helper()
	report, err := oracle.ReadReport(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := report.Agent(e.agent)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) < least {
		t.Errorf("only %d cases of %d", len(got), least)
	}
	for id, o := range got {
		if o.Behavior != "OK" && (o.Behavior != "NON-STRICT" || !slices.Contains(e.nonStrict, id)) {
			t.Errorf("%s is %s", id, o.Behavior)
		}
	}
}

// The servers that docs/commands.md shows do what they are told.
func TestServersObey(t *testing.T) {
	wsspec := build(t, "../../../cmd/wsspec")
	for _, e := range examples(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			need(t, e)
			server := start(t, append(e.command, "server", "127.0.0.1:0")...)
			dir := t.TempDir()
			out, err := exec.CommandContext(t.Context(), wsspec, "test", e.agent+"="+server.url, "--timeout-factor", "4", "--cases", commanded, "--out", dir).CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			check(t, e, dir, serverCases)
			if err := server.Process.Kill(); err != nil {
				t.Error(err)
			}
			_, _ = server.end() // killed
		})
	}
}

// The clients that docs/commands.md shows do what they are told.
func TestClientsObey(t *testing.T) {
	wsspec := build(t, "../../../cmd/wsspec")
	for _, e := range examples(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			need(t, e)
			dir := t.TempDir()
			server := start(t, wsspec, "serve", "--no-web", "--listen", "127.0.0.1:0", "--timeout-factor", "4", "--cases", commanded, "--out", dir)
			client := append(e.command, "client", server.url)
			if out, err := exec.CommandContext(t.Context(), client[0], client[1:]...).CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("the client: %v\n%s", err, out)
			}
			c, _, err := websocket.Dial(t.Context(), server.url+"/stopServer", nil)
			if err != nil {
				t.Fatal(err)
			}
			_, _, _ = c.Read(t.Context()) // the Close
			if said, err := server.end(); err != nil {
				t.Errorf("%v\n%s", err, said)
			}
			check(t, e, dir, clientCases)
		})
	}
}
