// SPDX-License-Identifier: Apache-2.0

// Command peers runs an echo server or a fuzzing-server client on a
// third-party WebSocket library.
//
//	peers server gorilla|coder|gobwas|gws|xnet|http2|quic-go [--listen ADDR] [--tls-cert FILE --tls-key FILE]
//	peers client gorilla|coder|gobwas|gws|http2|quic-go URL [--agent NAME] [--cases N] [--parallel N]
//
// The server prints "listening on ws://HOST:PORT" once it accepts connections, quic-go,
// which speaks HTTP/3 and nothing else, "listening on wss://HOST:PORT";
// an ADDR without host means 127.0.0.1, port 0 any free one. With a certificate
// the others serve wss. A client of a wss URL trusts the authorities in the file that the
// variable SSL_CERT_FILE names, and asks /getCaseInfo where each case is played. Both end
// on SIGINT and SIGTERM. The server http2 needs GODEBUG=http2xconnect=1 in its
// environment.
//
// The exit status is 0 after a run whatever the verdicts, 1 if the run failed,
// 2 for a command line that makes no sense.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/wsspec/wsspec/interop/echo"
	"github.com/wsspec/wsspec/interop/suite"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	var usage usageError
	switch {
	case err == nil, errors.Is(err, context.Canceled):
	case errors.Is(err, flag.ErrHelp): // flag has printed it
	case errors.As(err, &usage):
		fmt.Fprintln(os.Stderr, "peers:", err)
		fmt.Fprintln(os.Stderr, "hint: peers server LIBRARY [--listen ADDR], or peers client LIBRARY URL [--agent NAME] [--cases N] [--parallel N]")
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// A usageError is a command line that makes no sense.
type usageError string

func (e usageError) Error() string { return string(e) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return usageError("want a role: server or client")
	}
	switch role, args := args[0], args[1:]; role {
	case "server":
		return server(ctx, args, stdout, stderr)
	case "client":
		return client(ctx, args, stdout, stderr)
	default:
		return usageError(fmt.Sprintf("no role %q: want server or client", role))
	}
}

func server(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("peers server", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", "127.0.0.1:9001", "`address` to listen on")
	cert := flags.String("tls-cert", "", "`file` with a certificate (PEM), to serve wss")
	key := flags.String("tls-key", "", "`file` with its key (PEM)")
	words, err := parse(flags, args, 1)
	if err != nil {
		return err
	}
	if words[0] == echo.QUIC {
		return serverOfQUIC(ctx, *listen, stdout)
	}
	lib, err := library(words[0], func(echo.Library) bool { return true })
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(*listen)
	if err != nil {
		return usageError("--listen: " + err.Error())
	}
	if host == "" {
		host = "127.0.0.1"
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { l.Close() })()
	scheme := "ws"
	if *cert != "" {
		pair, err := tls.LoadX509KeyPair(*cert, *key)
		if err != nil {
			return err
		}
		scheme, l = "wss", tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}})
	}
	fmt.Fprintf(stdout, "listening on %s://%s\n", scheme, l.Addr())
	err = lib.Serve(l)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// serverOfQUIC is server for HTTP/3.
func serverOfQUIC(ctx context.Context, addr string, stdout io.Writer) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return usageError("--listen: " + err.Error())
	}
	if host == "" {
		host = "127.0.0.1"
	}
	p, err := net.ListenPacket("udp", net.JoinHostPort(host, port))
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { p.Close() })()
	fmt.Fprintf(stdout, "listening on wss://%s\n", p.LocalAddr())
	err = echo.ServeQUIC(p)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func client(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("peers client", flag.ContinueOnError)
	flags.SetOutput(stderr)
	agent := flags.String("agent", "", "`name` in the report (default go-LIBRARY)")
	cases := flags.Int("cases", 0, "run only the first `N` cases (default all)")
	parallel := flags.Int("parallel", 1, "run `N` cases at a time")
	words, err := parse(flags, args, 2)
	if err != nil {
		return err
	}
	lib := echo.Library{Name: echo.QUIC, Client: echo.QUICClient{}}
	if words[0] != echo.QUIC {
		if lib, err = library(words[0], func(l echo.Library) bool { return l.Client != nil }); err != nil {
			return err
		}
	}
	if *agent == "" {
		*agent = "go-" + lib.Name
	}
	n, err := suite.Run{
		URL:      words[1],
		Agent:    *agent,
		Cases:    *cases,
		Parallel: *parallel,
		Refused:  func(n int, err error) { fmt.Fprintf(stderr, "case %d: %v\n", n, err) },
	}.Do(ctx, lib.Client)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "ran %d cases as %s\n", n, *agent)
	return nil
}

// parse parses args, in which flags may stand before and after words, and
// returns the words, of which there must be count.
func parse(flags *flag.FlagSet, args []string, count int) ([]string, error) {
	var words []string
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, usageError(err.Error())
		}
		if args = flags.Args(); len(args) > 0 {
			words, args = append(words, args[0]), args[1:]
		}
	}
	if len(words) != count {
		return nil, usageError(fmt.Sprintf("%s: want %d arguments besides options, got %d", flags.Name(), count, len(words)))
	}
	return words, nil
}

func library(name string, usable func(echo.Library) bool) (echo.Library, error) {
	var names []string
	for _, l := range append(echo.Libraries(), echo.HTTP2()) {
		if !usable(l) {
			continue
		}
		if l.Name == name {
			return l, nil
		}
		names = append(names, l.Name)
	}
	return echo.Library{}, usageError(fmt.Sprintf("no library %q in that role: want %s", name, strings.Join(append(names, echo.QUIC), ", ")))
}
