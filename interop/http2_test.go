// SPDX-License-Identifier: Apache-2.0

package interop_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/wsspec/wsspec/interop/echo"
)

// overHTTP2 are cases that take no seconds and that the frames of gobwas and ws pass over
// HTTP/1.1.
const overHTTP2 = "1.*,2.*,3.1-3,5.*,6.1.*,7.1.*,7.3.1,10.*,15.3.8,15.4.1-2,15.4.6,18.1.1-3"

// peer starts a program that prints "listening on URL", and returns the URL.
func peer(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // how it ends is not what is tested
	})
	line, _ := bufio.NewReader(out).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok {
		t.Fatalf("%v printed %q", cmd.Args, line)
	}
	return url
}

// Servers that nobody here wrote pass over HTTP/2: what is FAILED would be our fault, or a
// regression of theirs. docs/transports.md says what else was tried, and found.
func TestServersOverHTTP2(t *testing.T) {
	t.Parallel()
	wsspec := build(t)
	servers := map[string]func(t *testing.T) *exec.Cmd{
		"go": func(t *testing.T) *exec.Cmd {
			peers := filepath.Join(t.TempDir(), "peers")
			if out, err := exec.Command("go", "build", "-o", peers, "./cmd/peers").CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			cmd := exec.Command(peers, "server", "http2", "--listen", "127.0.0.1:0")
			cmd.Env = append(os.Environ(), "GODEBUG=http2xconnect=1")
			return cmd
		},
		"node": func(t *testing.T) *exec.Cmd {
			if _, err := os.Stat("node/node_modules/ws"); err != nil {
				t.Skip("run npm ci in interop/node first")
			}
			return exec.Command("node", "node/http2-server.mjs", "--listen", "127.0.0.1:0")
		},
	}
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := peer(t, start(t))
			cmd := exec.CommandContext(t.Context(), wsspec, "test", url, "--http2", "--timeout-factor", "30", "--cases", overHTTP2, "--out", filepath.Join(t.TempDir(), "r"))
			cmd.Args[0] = "wsspec"
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// So does a client.
func TestClientOverHTTP2(t *testing.T) {
	t.Parallel()
	wsspec := build(t)
	cmd := exec.CommandContext(t.Context(), wsspec, "serve", "--http2", "--timeout-factor", "30", "--listen", "127.0.0.1:0", "--no-web",
		"--cases", overHTTP2, "--out", filepath.Join(t.TempDir(), "r"))
	cmd.Args[0] = "wsspec"
	url, out := listening(t, cmd)
	drive(t, echo.HTTP2().Client, url, "go-http2")
	_ = cmd.Process.Signal(syscall.SIGINT) // it may have ended already, which Wait tells
	if err := cmd.Wait(); err != nil && cmd.ProcessState.ExitCode() != 130 {
		t.Errorf("%v\n%s", err, out.String())
	}
	if strings.Contains(out.String(), "FAILED") {
		t.Error(out.String())
	}
}
