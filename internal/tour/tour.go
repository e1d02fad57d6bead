// SPDX-License-Identifier: Apache-2.0

// Package tour takes our client through all cases of a fuzzing server: getCaseCount,
// runCase from 1 on, updateReports. It knows nothing of verdicts.
// Start at Tour.
package tour

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// Dial opens a connection of our client to a path of a fuzzing server.
type Dial func(ctx context.Context, target string) (*testee.Conn, error)

// To reads the URL of a fuzzing server and the files of TLS, and returns how to connect
// to it. Servers that cannot be reached are a fuzzclient.ErrUnreachable.
func To(base string, secure stream.ClientTLS, way stream.Way, cfg testee.Config) (Dial, error) {
	return Over(ws.HTTP1, base, secure, way, cfg)
}

// patience is how long a server may take to answer the opening handshake: it may be busy, or on
// a machine that is.
const patience = 30 * time.Second

// Over is To with a version of HTTP: ws.HTTP1, ws.HTTP2 or ws.HTTP3, which is over TLS only.
func Over(version, base string, secure stream.ClientTLS, way stream.Way, cfg testee.Config) (Dial, error) {
	cfg.HandshakeTimeout = cmp.Or(cfg.HandshakeTimeout, patience)
	u, port, err := ws.ParseURL(base)
	if err != nil {
		return nil, fmt.Errorf("server URL %q: %w", base, err)
	}
	target := stream.Target{Addr: net.JoinHostPort(u.Hostname(), port), Way: way}
	if u.Scheme == "wss" {
		if version == ws.HTTP2 {
			secure.ALPN = []string{"h2"}
		}
		if target.TLS, err = secure.Config(u.Hostname()); err != nil {
			return nil, err
		}
	}
	switch {
	case version == ws.HTTP3 && target.TLS == nil:
		return nil, fmt.Errorf("server URL %q: HTTP/3 is always over TLS: want wss://host:port", base)
	case version == ws.HTTP3 && (way.Unix != "" || way.Proxy != nil):
		return nil, fmt.Errorf("server URL %q: HTTP/3 goes over UDP, and neither through a proxy nor to a socket", base)
	}
	cfg.Pool = new(deflate.Pool)
	return func(ctx context.Context, path string) (*testee.Conn, error) {
		host, at, target := u.Host, strings.TrimSuffix(u.Path, "/")+path, target
		if other, err := url.Parse(path); err == nil && other.Scheme == "wss" && target.TLS != nil { // a case with a port of its own
			host, at, target.Addr = other.Host, other.RequestURI(), other.Host
			target.Way = target.Way.At(other.Port())
		}
		s, err := dial(ctx, version, target, strings.Replace(u.Scheme, "ws", "http", 1), cfg)
		if err != nil {
			return nil, fmt.Errorf("%w: %s over %s: %w", fuzzclient.ErrUnreachable, base, version, err)
		}
		return testee.Dial(ctx, s, host, at, cfg)
	}, nil
}

// dial opens what an opening handshake can be sent on.
func dial(ctx context.Context, version string, target stream.Target, scheme string, cfg testee.Config) (stream.Stream, error) {
	if version == ws.HTTP3 {
		return testee.DialHTTP3(ctx, target.Way.Direct(target.Addr), target.TLS, cfg)
	}
	s, err := connect(ctx, target, cfg)
	if err != nil || version != ws.HTTP2 {
		return s, err
	}
	return testee.DialHTTP2(ctx, s, scheme, cfg)
}

// connect makes a connection, on which the client speaks TLS itself.
func connect(ctx context.Context, target stream.Target, cfg testee.Config) (stream.Stream, error) {
	below := target
	below.TLS = nil
	s, err := stream.Dial(ctx, below)
	if err != nil || target.TLS == nil {
		return s, err
	}
	if s, err = testee.SecureClient(ctx, s, target.TLS, cfg); err != nil {
		return nil, err
	}
	if err := target.CheckProtocol(stream.Protocol(s)); err != nil {
		_ = s.Close() // it is of no use
		return nil, err
	}
	return s, nil
}

// Tour is a client's way through the cases.
type Tour struct {
	Dial     Dial
	Agent    string           // how the client is called in the report
	Parallel int              // cases at a time
	Obey     bool             // ask what each case wants the client to do, and do it
	Lost     func(int, error) // told of a case to which there was no connection, from any goroutine
}

// ErrInterrupted is what Do returns where the context has ended.
var ErrInterrupted = errors.New("interrupted")

// Do plays all cases and returns how many there are.
func (t Tour) Do(ctx context.Context) (cases int, err error) {
	agent := url.QueryEscape(t.Agent)
	n, err := caseCount(ctx, t.Dial)
	if err != nil {
		return 0, err
	}
	numbers := make(chan int)
	var workers sync.WaitGroup
	for range min(t.Parallel, max(n, 1)) {
		workers.Go(func() {
			for i := range numbers {
				if err := t.runCase(ctx, i, agent); err != nil {
					t.Lost(i, err)
				}
			}
		})
	}
	for i := 1; i <= n && ctx.Err() == nil; i++ {
		numbers <- i
	}
	close(numbers)
	workers.Wait()
	if ctx.Err() != nil {
		return n, ErrInterrupted
	}
	c, err := t.Dial(ctx, "/updateReports?agent="+agent)
	if err != nil {
		return n, err
	}
	_ = c.Echo() // the server closes at once
	return n, nil
}

// runCase plays a case; how it ends is for the server to judge.
func (t Tour) runCase(ctx context.Context, i int, agent string) error {
	var commands []ws.Command
	target := fmt.Sprintf("/runCase?case=%d", i)
	if t.Obey {
		var err error
		url := ""
		if commands, url, err = t.told(ctx, i, agent); err != nil {
			return err
		}
		target = cmp.Or(url, target)
	}
	c, err := t.Dial(ctx, target+"&agent="+agent)
	if err != nil && strings.Contains(target, "://") {
		return nil // what is at that port is not to be trusted, as a rule
	}
	if err != nil {
		return err
	}
	c.Obey(commands)
	_ = c.Echo()
	return nil
}

// told asks what the case wants the client to do, and where it is played: nothing, and
// where all are, where the server does not say.
func (t Tour) told(ctx context.Context, i int, agent string) (commands []ws.Command, url string, err error) {
	ctx, cancel := context.WithTimeout(ctx, countPatience)
	defer cancel()
	c, err := t.Dial(ctx, fmt.Sprintf("/getCaseInfo?case=%d&agent=%s", i, agent))
	if err != nil {
		return nil, "", err
	}
	text, err := c.ReceiveText()
	if err != nil {
		return nil, "", fmt.Errorf("getCaseInfo: %w", err)
	}
	_ = c.Echo() // until the server has closed
	var info struct{ Description, URL string }
	if err := json.Unmarshal([]byte(text), &info); err != nil {
		return nil, "", fmt.Errorf("getCaseInfo: %w: %s", err, fuzzingServers)
	}
	commands, err = ws.CommandsInText(info.Description)
	return commands, info.URL, err
}

// Bounds of what may come from something else than a fuzzing server.
const (
	mostCases      = 100_000
	countPatience  = 10 * time.Second
	fuzzingServers = "is this a fuzzing server, such as \"wsspec serve\"?"
)

func caseCount(ctx context.Context, dial Dial) (int, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, countPatience, fmt.Errorf("no answer within %v: %s", countPatience, fuzzingServers))
	defer cancel()
	c, err := dial(ctx, "/getCaseCount")
	if err != nil {
		return 0, err
	}
	text, err := c.ReceiveText()
	if err != nil {
		return 0, fmt.Errorf("getCaseCount: %w", err)
	}
	_ = c.Echo() // until the server has closed
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 0 || n > mostCases {
		return 0, fmt.Errorf("getCaseCount: %.40q is no number of cases: %s", text, fuzzingServers)
	}
	return n, nil
}

// Echo connects once to a server, whatever it is, and returns each message that comes until
// the connection ends. It tells when it is open. The result is nil after a closing
// handshake, and where ctx has ended.
func Echo(ctx context.Context, raw string, insecure bool, cfg testee.Config, opened func()) error {
	t, err := wire.Locate(ctx, raw)
	if err != nil {
		return err
	}
	if t.TLS != nil {
		t.TLS.InsecureSkipVerify = insecure
	}
	s, err := stream.Dial(ctx, stream.Target{Addr: t.Addr.String(), TLS: t.TLS})
	if err != nil {
		return fmt.Errorf("%w: %s: %w", fuzzclient.ErrUnreachable, raw, err)
	}
	cfg.HandshakeTimeout = cmp.Or(cfg.HandshakeTimeout, patience)
	c, err := testee.Dial(ctx, s, t.Host, t.Path, cfg)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", fuzzclient.ErrUnreachable, raw, err)
	}
	opened()
	if err := c.Echo(); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}
