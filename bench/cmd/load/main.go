// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Command load measures the engine of wsspec load beside bare loops over epoll that move
// the same octets, in turns, in one run:
//
//	go run ./bench/cmd/load
//
// What counts are the ratios. Both ends are on this machine, the server in a process of its
// own, and its loop is the bare one for both.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/wsspec/wsspec/bench/bare"
)

var (
	connections = flag.Int("c", 15_000, "connections: no more than the limit of open files of one process allows")
	window      = flag.Int("window", 256, "how many of them are being opened at a time")
	messages    = flag.Int("messages", 200_000, "messages over 100 connections")
	pings       = flag.Int("pings", 20_000, "messages over one connection, each after the echo of the one before")
	rounds      = flag.Int("rounds", 5, "how often all is measured")
	k6          = flag.String("k6", "k6", "the program k6, which is measured too where there is one")
	users       = flag.Int("users", 2000, "connections that k6 holds")
	serve       = flag.Bool("serve", false, "be the server")
)

func main() {
	flag.Parse()
	run := measure
	if *serve {
		run = listen
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// listen is the server: it says where it is, and ends with its standard input.
func listen() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return err
	}
	if err := unix.Listen(fd, unix.SOMAXCONN); err != nil {
		return err
	}
	at, err := unix.Getsockname(fd)
	if err != nil {
		return err
	}
	fmt.Printf("127.0.0.1:%d\n", at.(*unix.SockaddrInet4).Port)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return bare.Serve(fd)
}

// measure starts a server and takes all figures in turns.
func measure() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	server := exec.Command(self, "-serve")
	server.Stderr = os.Stderr
	in, err := server.StdinPipe()
	if err != nil {
		return err
	}
	out, err := server.StdoutPipe()
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	defer func() {
		_ = in.Close()
		_ = server.Wait()
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return err
	}
	at, err := netip.ParseAddrPort(strings.TrimSpace(line))
	if err != nil {
		return err
	}
	var ours, theirs, k6s []figures
	for i := range *rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", i+1, *rounds)
		b, err := bareFigures(at)
		if err != nil {
			return fmt.Errorf("bare loop: %w", err)
		}
		w, err := engineFigures(at)
		if err != nil {
			return fmt.Errorf("engine: %w", err)
		}
		ours, theirs = append(ours, w), append(theirs, b)
		if _, err := exec.LookPath(*k6); err != nil {
			continue
		}
		k, err := k6Figures(*k6, at, *users)
		if err != nil {
			return err
		}
		k6s = append(k6s, k)
	}
	show(ours, theirs, k6s)
	return nil
}

// figures are what a round measures.
type figures struct {
	rate   float64 // connections opened a second
	echoes float64 // messages a second over 100 connections
	ping   float64 // the median of one over one connection, in microseconds
	memory float64 // that a held connection takes in our process, in octets
}

// median is that of one of the figures.
func median(of []figures, f func(figures) float64) float64 {
	var all []float64
	for _, x := range of {
		all = append(all, f(x))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// most is the largest: memory that an earlier round has left behind is used again unseen.
func most(of []figures, f func(figures) float64) float64 {
	m := 0.0
	for _, x := range of {
		m = max(m, f(x))
	}
	return m
}

func show(ours, theirs, k6s []figures) {
	rate, memory := func(f figures) float64 { return f.rate }, func(f figures) float64 { return f.memory }
	fmt.Printf("%-38s %12s %12s %8s\n", fmt.Sprintf("medians of %d rounds", len(ours)), "engine", "bare loop", "ratio")
	for _, row := range []struct {
		name string
		of   func(figures) float64
	}{
		{fmt.Sprintf("connections a second, %d held", *connections), rate},
		{"messages a second, 100 connections", func(f figures) float64 { return f.echoes }},
		{"µs a message, one connection", func(f figures) float64 { return f.ping }},
	} {
		a, b := median(ours, row.of), median(theirs, row.of)
		fmt.Printf("%-38s %12.1f %12.1f %8.2f\n", row.name, a, b, a/b)
	}
	fmt.Printf("%-38s %12.0f\n", "octets of memory a held connection", most(ours, memory))
	if len(k6s) == 0 {
		fmt.Printf("\nk6 was not measured: there is no program %s\n", *k6)
		return
	}
	fmt.Printf("\n%-38s %12s %12s %8s\n", fmt.Sprintf("%d held by k6", *users), "engine", "k6", "ratio")
	fmt.Printf("%-38s %12.1f %12.1f %8.2f\n", "connections a second", median(ours, rate), median(k6s, rate), median(ours, rate)/median(k6s, rate))
	fmt.Printf("%-38s %12.0f %12.0f\n", "octets of memory a held connection", most(ours, memory), most(k6s, memory))
}
