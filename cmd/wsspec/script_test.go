// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/testee"
)

func TestMain(m *testing.M) {
	_ = flag.Set("test.parallel", "8") // scripts wait for most of their time; a flag of the user's is read later
	testscript.Main(m, map[string]func(){"wsspec": main, "wstest": main})
}

// The scripts of testdata/script, and those of the wstest door. Beside the commands of testscript there are:
//
//	status N COMMAND ARG...         run it; it has to end with status N
//	start NAME PATTERN COMMAND...   run it in the background and wait for a line of
//	                                its output; what the parentheses of the pattern
//	                                match becomes $NAME
//	end NAME SIGNAL N               send it the signal ("-" for none); it has to end
//	                                with status N
//	ask [-open] [-h HOST] URL       what a WebSocket server answers: the status,
//	                                and, but for -open, its messages and its Close
//	fetch URL                       what an HTTP server has there
//	expand FILE                     put values for the variables in it
//	reference DIR                   the report in DIR has the reference's form
func TestScripts(t *testing.T) {
	pair, err := selfSigned()
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}}
	var files []string
	for _, room := range []string{"testdata/script", "../../internal/wstest/testdata/script"} {
		scripts, err := filepath.Glob(room + "/*.txtar")
		if err != nil || len(scripts) == 0 {
			t.Fatalf("%s: %d scripts, %v", room, len(scripts), err)
		}
		files = append(files, scripts...)
	}
	testscript.Run(t, testscript.Params{
		Files:         files,
		UpdateScripts: flag.Lookup("update").Value.String() == "true",
		Setup:         setup(config),
		Condition:     condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status, "start": start, "end": end, "expand": expand, "ask": ask, "fetch": fetch, "reference": reference,
		},
	})
}

// setup gives each script a correct echo server at $ECHO, or ws://$ECHOADDR with
// the port $ECHOPORT, and
// one at $SECURE, with the certificate in cert.pem and its key in key.pem.
func setup(config *tls.Config) func(*testscript.Env) error {
	return func(env *testscript.Env) error {
		env.Setenv("GORACE", noSleep)
		env.Values["processes"] = map[string]*background{}
		plain, err := echoFor(env, nil)
		if err != nil {
			return err
		}
		secure, err := echoFor(env, config)
		if err != nil {
			return err
		}
		env.Setenv("ECHOADDR", plain)
		_, port, _ := net.SplitHostPort(plain) // of a listener: always well-formed
		env.Setenv("ECHOPORT", port)
		env.Setenv("ECHO", "ws://"+plain)
		env.Setenv("SECUREADDR", secure)
		env.Setenv("SECURE", "wss://"+secure)
		if err := between(env); err != nil {
			return err
		}
		return writePair(env.WorkDir, config.Certificates[0], "cert.pem", "key.pem")
	}
}

// noSleep keeps each process under the race detector from taking a second more.
const noSleep = "atexit_sleep_ms=0"

// echoFor runs an echo server for as long as a script.
func echoFor(env *testscript.Env, config *tls.Config) (addr string, err error) {
	l, err := stream.Listen("127.0.0.1:0", config)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = testee.Server{}.Serve(ctx, l) }()
	env.Defer(func() { cancel(); <-ended })
	return l.Addr().String(), nil
}

// writePair writes a certificate and its key.
func writePair(dir string, pair tls.Certificate, certFile, keyFile string) error {
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		return err
	}
	for name, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, keyFile: {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// condition knows [ipv6]: whether this machine has it.
func condition(name string) (bool, error) {
	if name != "ipv6" {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		return false, nil
	}
	return true, l.Close()
}

func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("status %d, want %d", got, want)
	}
}

// background is a process that a script has started.
type background struct {
	cmd    *exec.Cmd
	stderr strings.Builder
	ended  sync.WaitGroup // of the reader of stdout

	mu     sync.Mutex
	stdout strings.Builder
	read   chan struct{} // closed and replaced with each line
	done   bool          // no more lines
}

func start(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: start NAME PATTERN COMMAND ARG...")
	}
	pattern, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	path, err := exec.LookPath(args[2])
	ts.Check(err)
	b := &background{cmd: exec.Command(path, args[3:]...), read: make(chan struct{})}
	b.cmd.Args[0] = args[2]
	b.cmd.Dir, b.cmd.Stderr = ts.MkAbs("."), &b.stderr
	b.cmd.Env = append(os.Environ(), "GORACE="+noSleep)
	out, err := b.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(b.cmd.Start())
	b.ended.Go(func() { b.collect(out) })
	ts.Defer(func() {
		_ = b.cmd.Process.Kill() // ended already, as a rule
		b.ended.Wait()
	})
	ts.Value("processes").(map[string]*background)[args[0]] = b
	match := b.await(pattern)
	if match == nil {
		_ = b.cmd.Process.Kill()
		b.ended.Wait()
		_ = b.cmd.Wait()
		ts.Fatalf("%s did not say %q:\n%s%s", args[0], args[1], b.stdout.String(), b.stderr.String())
	}
	if len(match) > 1 {
		ts.Setenv(args[0], match[1])
	}
}

// collect reads the output line by line.
func (b *background) collect(out io.Reader) {
	lines := bufio.NewScanner(out)
	for more := true; more; {
		more = lines.Scan()
		b.mu.Lock()
		if b.done = !more; more {
			b.stdout.WriteString(lines.Text() + "\n")
		}
		close(b.read)
		b.read = make(chan struct{})
		b.mu.Unlock()
	}
}

// await waits for output that fits the pattern. It returns nil where the process
// ends without, or there is none for so long that there will be none.
func (b *background) await(pattern *regexp.Regexp) []string {
	late := time.After(2 * time.Minute)
	for {
		b.mu.Lock()
		match, read, done := pattern.FindStringSubmatch(b.stdout.String()), b.read, b.done
		b.mu.Unlock()
		if match != nil || done {
			return match
		}
		select {
		case <-read:
		case <-late:
			return nil
		}
	}
}

func end(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "KILL": os.Kill, "-": nil}
	if neg || len(args) != 3 {
		ts.Fatalf("usage: end NAME SIGNAL STATUS")
	}
	b := ts.Value("processes").(map[string]*background)[args[0]]
	signal, ok := signals[args[1]]
	if b == nil || !ok {
		ts.Fatalf("no process %s, or no signal %s", args[0], args[1])
	}
	if signal != nil {
		ts.Check(b.cmd.Process.Signal(signal))
	}
	b.ended.Wait()
	err := b.cmd.Wait()
	fmt.Fprint(ts.Stdout(), b.stdout.String())
	fmt.Fprint(ts.Stderr(), b.stderr.String())
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		ts.Fatalf("%v", err)
	}
	if got := b.cmd.ProcessState.ExitCode(); fmt.Sprint(got) != args[2] {
		ts.Fatalf("%s ended with status %d, want %s\n%s%s", args[0], got, args[2], b.stdout.String(), b.stderr.String())
	}
}

func reference(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: reference DIR")
	}
	ts.Check(checkReference(filepath.Clean(ts.MkAbs(args[0]))))
}

func expand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: expand FILE")
	}
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}
