// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/testee"
)

// network is a bridge of this machine, with namespaces as machines behind it.
type network struct {
	t    *testing.T
	name string // of the bridge, and what the names of namespaces begin with
	host string // our address in it
}

// newNetwork makes a network, or skips the test where we may not.
func newNetwork(t *testing.T, machines int) *network {
	t.Helper()
	n := &network{t: t, name: fmt.Sprintf("wf%d", os.Getpid()%100_000), host: "10.213.77.1"}
	t.Cleanup(func() {
		for i := range machines {
			_ = exec.Command("ip", "link", "del", fmt.Sprintf("%sv%d", n.name, i)).Run() // there may be none
			_ = exec.Command("ip", "netns", "del", n.machine(i)).Run()
		}
		_ = exec.Command("ip", "link", "del", n.name).Run()
	})
	for _, line := range []string{"netns add " + n.machine(0), "link add " + n.name + " type bridge", "addr add " + n.host + "/24 dev " + n.name, "link set " + n.name + " up"} {
		if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			t.Skipf("no network namespaces here: ip %s: %v: %s", line, err, out)
		}
	}
	for i := range machines {
		if i > 0 {
			n.ip("netns add " + n.machine(i))
		}
		near, far := fmt.Sprintf("%sv%d", n.name, i), fmt.Sprintf("%sw%d", n.name, i)
		n.ip("link add " + near + " type veth peer name " + far)
		n.ip("link set " + far + " netns " + n.machine(i))
		n.ip("link set " + near + " master " + n.name + " up")
		n.ip(fmt.Sprintf("-n %s addr add 10.213.77.%d/24 dev %s", n.machine(i), i+10, far))
		n.ip(fmt.Sprintf("-n %s link set %s up", n.machine(i), far))
	}
	return n
}

func (n *network) machine(i int) string { return fmt.Sprintf("%s-%d", n.name, i) }

func (n *network) ip(line string) {
	n.t.Helper()
	if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
		n.t.Fatalf("ip %s: %v: %s", line, err, out)
	}
}

// cut takes a machine off the network.
func (n *network) cut(i int) { n.ip(fmt.Sprintf("link set %sv%d down", n.name, i)) }

// program starts the program, perhaps on another machine of the network. Its output can be waited for.
func program(t *testing.T, before []string, args ...string) *background {
	t.Helper()
	path, err := exec.LookPath("wsspec")
	if err != nil {
		t.Fatal(err)
	}
	line := append(append(before, path), args...)
	b := &background{cmd: exec.Command(line[0], line[1:]...), read: make(chan struct{})}
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	b.cmd.Env = append(os.Environ(), "GORACE="+noSleep)
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	b.cmd.Stdout, b.cmd.Stderr = in, in
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = in.Close()
	b.ended.Go(func() { b.collect(io.Reader(out)) })
	t.Cleanup(func() {
		_ = syscall.Kill(-b.cmd.Process.Pid, syscall.SIGKILL) // ended already, as a rule
		b.ended.Wait()
		_ = b.cmd.Wait()
	})
	return b
}

// says waits for a line.
func (b *background) says(t *testing.T, pattern string) []string {
	t.Helper()
	match := b.await(regexp.MustCompile("(?m)" + pattern))
	if match == nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		t.Fatalf("it did not say %q:\n%s", pattern, b.stdout.String())
	}
	return match
}

// Three workers on machines of their own carry out a test. In the middle of it one is killed, one
// is cut off, and one is stopped for a while. Two that come later take over, and the numbers add up.
func TestFleetOnManyMachines(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes ten seconds")
	}
	const connections = 300
	t.Parallel()
	network := newNetwork(t, 5)
	l, err := stream.Listen(net.JoinHostPort(network.host, "0"), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan struct{})
	go func() { defer close(served); _ = testee.Server{}.Serve(ctx, l) }()
	t.Cleanup(func() { cancel(); <-served })

	file := filepath.Join(t.TempDir(), "r.json")
	load := program(t, nil, "load", "connect", stream.URL(l, false), "-c", fmt.Sprint(connections), "--hold", "4s", "--workers", "3",
		"--fleet-listen", network.host+":0", "--fleet-token", "secret", "--report", "json="+file)
	url := load.says(t, `wsspec worker (\S+)$`)[1]
	workers := make([]*background, 5)
	start := func(i int) {
		workers[i] = program(t, []string{"ip", "netns", "exec", network.machine(i)}, "worker", url, "--name", fmt.Sprint("w", i))
	}
	for i := range 3 {
		start(i)
	}
	for i := range 3 {
		workers[i].says(t, "begins$")
	}
	signal := func(i int, s syscall.Signal) {
		if err := syscall.Kill(-workers[i].cmd.Process.Pid, s); err != nil {
			t.Fatal(err)
		}
	}
	signal(0, syscall.SIGKILL) // at once: after the four seconds all would be done
	network.cut(1)
	signal(2, syscall.SIGSTOP)
	start(3)
	start(4)
	load.says(t, "^lost: w0 with")
	signal(2, syscall.SIGCONT)
	load.says(t, `takes over part \d from w0`)
	load.says(t, `takes over part \d from w1`)
	load.ended.Wait()
	if err := load.cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, load.stdout.String())
	}
	checkTotals(t, file, connections)
}

// checkTotals holds what was counted against itself and the plan.
func checkTotals(t *testing.T, file string, connections int64) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Attempts, Opened, Failed, Held, Lost int64
		Interrupted                          string
		Failures                             []struct {
			Cause string
			Count int64
		}
	}
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	lost := int64(0)
	for _, f := range r.Failures {
		lost += f.Count
	}
	if r.Held != connections || r.Opened-r.Lost != r.Held || r.Attempts != r.Opened+r.Failed || r.Failed != 0 || r.Lost != lost || r.Interrupted != "" {
		t.Errorf("%+v", r)
	}
}
