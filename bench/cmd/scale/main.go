// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Command scale opens very many connections on this machine, both ends of them, holds and pings them, and says what that
// took:
//
//	go run ./bench/cmd/scale -c 250000
//
// It builds wsspec, starts "wsspec echo --mass" with as many processes as the limit of open files asks for, and runs
// "wsspec load connect" against it. It ends with status 1 unless every connection was opened and still open at the end, none
// was lost, and every Ping had its Pong.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

var (
	connections = flag.Int("c", 250_000, "connections")
	ping        = flag.Duration("ping", 0, "ping each connection at this interval; by default 5,000 a second altogether, but each at most every 5 s")
	hold        = flag.Duration("hold", 0, "hold all connections for so long; by default a little longer than -ping, so that each is pinged when all are open")
	servers     = flag.Int("servers", 0, "processes of the server; by default as many as the limit of open files asks for")
	clients     = flag.Int("clients", 0, "processes that connect; by default load connect decides")
	patience    = flag.Duration("timeout", time.Hour, "give up after so long")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM)
	ctx, cancel := context.WithTimeout(ctx, *patience)
	err := measure(ctx)
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

// perProcess is how many connections each process of the server gets, of as many files as it may open: the kernel shares
// connections out by chance, so that some get more than others.
const perProcess = 0.9

// other is how many files a process has open beside connections.
const other = 64

// plan decides what the flags leave open.
func plan() error {
	if *connections < 1 || *connections > 10_000_000 {
		return fmt.Errorf("-c is %d: want 1 to 10000000", *connections)
	}
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		return err
	}
	each := (float64(files.Max) - other) * perProcess // a process of Go raises its limit as far as it may
	if each < 1 {
		return fmt.Errorf("a process may open %d files: raise the limit (ulimit -n)", files.Max)
	}
	if *servers == 0 {
		*servers = int(math.Ceil(float64(*connections) / each))
	}
	if *ping == 0 {
		*ping = max(5*time.Second, time.Duration(*connections)*time.Second/5000)
	}
	if *hold == 0 {
		*hold = *ping + *ping/5
	}
	if *ping < time.Millisecond || *hold < *ping {
		return fmt.Errorf("-hold is %v and -ping is %v: not every connection would be pinged", *hold, *ping)
	}
	return nil
}

// measure does all of it.
func measure(ctx context.Context) error {
	if err := plan(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "wsspec-scale-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "wsspec")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "github.com/wsspec/wsspec/cmd/wsspec")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build wsspec: %w", err)
	}
	server, url, err := serve(ctx, program)
	if err != nil {
		return err
	}
	defer end(server)
	before := available()
	report := filepath.Join(dir, "result.json")
	load := command(ctx, program, arguments(url, report)...)
	load.Stdout, load.Stderr = io.Discard, os.Stderr
	fmt.Printf("%d connections to %s at %s, each pinged every %v, held for %v\n", *connections, processes(*servers), url, *ping, *hold)
	if err := load.Start(); err != nil {
		return err
	}
	watch := observe(before, server.Process.Pid, load.Process.Pid)
	failed := load.Wait()
	used := watch()
	r, err := read(report)
	if err != nil {
		return errors.Join(failed, err)
	}
	tell(r, used)
	return errors.Join(failed, r.check())
}

// command is one that gets a signal at the end of the context, and time to say what it has found.
func command(ctx context.Context, program string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, program, args...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = time.Minute
	return c
}

func arguments(url, report string) []string {
	args := []string{
		"load", "connect", url, "--connections", strconv.Itoa(*connections), "--hold", hold.String(), "--ping", ping.String(),
		"--retries", "3", "--timeout", "30s", "--report", "json=" + report,
	}
	if *clients > 0 {
		args = append(args, "--processes", strconv.Itoa(*clients))
	}
	return args
}

// serve starts the server, and waits until it says where it is.
func serve(ctx context.Context, program string) (server *exec.Cmd, url string, err error) {
	server = command(ctx, program, "echo", "--mass", "--processes", strconv.Itoa(*servers), "--listen", "127.0.0.1:0")
	server.Stderr = os.Stderr
	out, err := server.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := server.Start(); err != nil {
		return nil, "", err
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	match := regexp.MustCompile(`(ws://\S+?)\.? `).FindStringSubmatch(line)
	if err != nil || match == nil {
		end(server)
		return nil, "", fmt.Errorf("the server does not start: %q", line)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	return server, match[1], nil
}

// end ends the server, and its processes with it.
func end(server *exec.Cmd) {
	_ = server.Process.Signal(os.Interrupt)
	_ = server.Wait() // it was told to end
}

// result is what is read of the report.
type result struct {
	Opened      int64   `json:"opened"`
	Failed      int64   `json:"failed"`
	Held        int64   `json:"held"`
	Lost        int64   `json:"lost"`
	Retries     int64   `json:"retries"`
	ConnectRate float64 `json:"connect_rate"`
	ConnectS    float64 `json:"connect_s"`
	DurationS   float64 `json:"duration_s"`
	Pings       int64   `json:"pings"`
	Pongs       int64   `json:"pongs"`
	Processes   int     `json:"processes"`
	Interrupted string  `json:"interrupted"`
	Amiss       string  `json:"amiss"`
	Latency     struct {
		Upgrade, Ping quantiles
	} `json:"latency_us"`
}

// quantiles are in microseconds.
type quantiles struct {
	P50, P99, Max float64
}

func read(report string) (*result, error) {
	b, err := os.ReadFile(report)
	if err != nil {
		return nil, err
	}
	r := new(result)
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("%s: %w", report, err)
	}
	return r, nil
}

// check says all that is missing.
func (r *result) check() error {
	n := int64(*connections)
	var all []error
	want := func(ok bool, format string, args ...any) {
		if !ok {
			all = append(all, fmt.Errorf(format, args...))
		}
	}
	want(r.Opened == n, "opened %d of %d", r.Opened, n)
	want(r.Held == n, "%d of %d were open at the end", r.Held, n)
	want(r.Lost == 0, "%d were lost", r.Lost)
	want(r.Failed == 0, "%d failed", r.Failed)
	want(r.Pings >= n, "%d Pings for %d connections", r.Pings, n)
	want(r.Pongs == r.Pings, "%d Pongs to %d Pings", r.Pongs, r.Pings)
	want(r.Interrupted == "", "interrupted by %s", r.Interrupted)
	want(r.Amiss == "", "%s", r.Amiss)
	return errors.Join(all...)
}

// processes is a number of them, in words.
func processes(n int) string {
	if n == 1 {
		return "1 process"
	}
	return fmt.Sprintf("%d processes", n)
}

// tell prints what was measured.
func tell(r *result, u usage) {
	fmt.Printf("opened      %d of %d at %.0f/s in %.1fs, %d retries, by %s\n", r.Opened, *connections, r.ConnectRate, r.ConnectS, r.Retries, processes(r.Processes))
	fmt.Printf("held        %d, %d lost, %d failed; all took %.1fs\n", r.Held, r.Lost, r.Failed, r.DurationS)
	fmt.Printf("pings       %d, pongs %d, p50 %.2f ms, p99 %.2f ms, max %.2f ms\n", r.Pings, r.Pongs, r.Latency.Ping.P50/1000, r.Latency.Ping.P99/1000, r.Latency.Ping.Max/1000)
	per := func(name string, octets int64) {
		fmt.Printf("%-11s %.1f MiB at most, %.2f KiB a connection\n", name, float64(octets)/(1<<20), float64(octets)/1024/float64(*connections))
	}
	per("server", u.server)
	per("client", u.client)
	per("machine", u.machine)
	fmt.Println("server and client: what their processes have in memory (Pss), all of it; machine: what became unavailable, the kernel's part and all else that runs here included")
}
