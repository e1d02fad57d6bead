// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/wsspec/wsspec/internal/stream"
)

// Address says where a NATS server with JetStream is.
type Address struct {
	URL    string // nats://host:4222, tls://host:4222; a token may stand before the host
	Token  string
	CAFile string        // PEM, of the authorities that are trusted instead of the system's
	Extra  []nats.Option // for tests
}

// connectPatience is how long we wait for a server to answer.
const connectPatience = 5 * time.Second

// ErrAddress is for addresses that cannot be right.
var ErrAddress = errors.New("want nats://host:4222 or tls://host:4222")

// ErrServer is for servers that cannot be used.
var ErrServer = errors.New("NATS server cannot be used")

// Connect connects to the server. The connection comes back by itself when it was
// lost. Errors are ErrAddress or ErrServer, or the cause of the end of the context.
func Connect(ctx context.Context, a Address) (*Bus, error) {
	u, err := url.Parse(a.URL)
	if err != nil || u.Scheme != "nats" && u.Scheme != "tls" || u.Hostname() == "" {
		return nil, fmt.Errorf("address %q: %w", a.URL, ErrAddress)
	}
	if n, err := strconv.ParseUint(u.Port(), 10, 16); u.Port() != "" && (err != nil || n == 0) {
		return nil, fmt.Errorf("address %q: port %s: %w", a.URL, u.Port(), ErrAddress)
	}
	opts := []nats.Option{
		nats.Name("wsspec"), nats.MaxReconnects(-1), nats.ReconnectWait(250 * time.Millisecond), nats.ReconnectJitter(100*time.Millisecond, 100*time.Millisecond),
		nats.PingInterval(time.Second), nats.MaxPingsOutstanding(2), nats.Timeout(connectPatience), nats.RetryOnFailedConnect(false),
	}
	if a.Token != "" {
		opts = append(opts, nats.Token(a.Token))
	}
	if a.CAFile != "" {
		opts = append(opts, nats.RootCAs(a.CAFile))
	}
	dial := &dialer{ctx: ctx}
	nc, err := nats.Connect(a.URL, append(append(opts, nats.SetCustomDialer(dial)), a.Extra...)...)
	dial.done()
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrServer, shown(u), said(err))
	}
	b, err := newBus(ctx, nc)
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("%w: %s: %w", ErrServer, shown(u), err)
	}
	return b, nil
}

// shown is an address without its token.
func shown(u *url.URL) string { return u.Scheme + "://" + u.Host }

// said is what an error says, in words that say what to look at, and without the name of a URL in
// it, which may have a token.
func said(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	switch {
	case errors.Is(err, nats.ErrNoServers):
		return &stream.WordedError{Words: "nobody listens there", Err: err}
	case errors.Is(err, nats.ErrNoInfoReceived):
		return &stream.WordedError{Words: "what answers there is no NATS server", Err: err}
	}
	return stream.Worded(err, connectPatience)
}

// A Bus is a connection to a server, with the places on it that jobs need.
type Bus struct {
	nc   *nats.Conn
	js   jetstream.JetStream
	jobs jetstream.KeyValue
}

// Names on the server.
const (
	workStream = "WSSPEC_WORK"
	newsStream = "WSSPEC_NEWS"
	jobsBucket = "wsspec-jobs"
	beats      = "wsspec.beat"
)

func workSubject(kind, version, job string) string {
	return fmt.Sprintf("wsspec.work.%s.%s", pool(kind, version), job)
}
func newsSubject(job string, part int) string { return fmt.Sprintf("wsspec.news.%s.%d", job, part) }
func clockSubject(job string) string          { return "wsspec.clock." + job }
func ownerKey(job string) string              { return "owner." + job }
func jobKey(job string) string                { return "job." + job }

// pool is the name of all workers that can carry out a kind of work.
func pool(kind, version string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '_'
	}, kind+"-"+version)
}

// kept is how long the server keeps what nobody has fetched.
const kept = 24 * time.Hour

// newBus makes sure that the places exist. Workers may come before any controller.
func newBus(ctx context.Context, nc *nats.Conn) (*Bus, error) {
	ctx, cancel := context.WithTimeout(ctx, connectPatience)
	defer cancel()
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	b := &Bus{nc: nc, js: js}
	for _, s := range []jetstream.StreamConfig{
		{Name: workStream, Subjects: []string{"wsspec.work.>"}, Retention: jetstream.WorkQueuePolicy, MaxAge: kept, Description: "parts of wsspec's jobs that somebody is to take"},
		{Name: newsStream, Subjects: []string{"wsspec.news.>"}, MaxAge: kept, MaxBytes: 4 << 30, Description: "what workers of wsspec report"},
	} {
		if _, err = js.Stream(ctx, s.Name); errors.Is(err, jetstream.ErrStreamNotFound) {
			_, err = js.CreateStream(ctx, s)
		}
		if err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // somebody has been quicker
			return nil, fmt.Errorf("stream %s: %w", s.Name, explained(err))
		}
	}
	if b.jobs, err = js.KeyValue(ctx, jobsBucket); errors.Is(err, jetstream.ErrBucketNotFound) {
		if b.jobs, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: jobsBucket, TTL: kept, Description: "jobs of wsspec"}); errors.Is(err, jetstream.ErrBucketExists) {
			b.jobs, err = js.KeyValue(ctx, jobsBucket)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", jobsBucket, explained(err))
	}
	return b, nil
}

// explained says what to do where JetStream is not there.
func explained(err error) error {
	if errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, nats.ErrNoResponders) {
		return errors.New("it has no JetStream: start it with nats-server -js")
	}
	return err
}

// Close ends the connection.
func (b *Bus) Close() { b.nc.Close() }

// fits is how much data goes into one message, beside its headers.
func (b *Bus) fits() int { return max(int(b.nc.MaxPayload())-4096, 16<<10) }

// queue is the consumer by which workers take parts of work of some kinds, in order.
func (b *Bus) queue(ctx context.Context, kinds []string, version string, lease time.Duration) (jetstream.Consumer, error) {
	name := pool(strings.Join(kinds, "-"), version)
	var subjects []string
	for _, kind := range kinds {
		subjects = append(subjects, workSubject(kind, version, "*"))
	}
	c, err := b.js.Consumer(ctx, workStream, name)
	if !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return c, err
	}
	return b.js.CreateOrUpdateConsumer(ctx, workStream, jetstream.ConsumerConfig{
		Durable: name, FilterSubjects: subjects, AckPolicy: jetstream.AckExplicitPolicy, AckWait: lease, MaxAckPending: -1, MaxDeliver: -1,
	})
}

// status reads what is known of a job; nil where there is no such job.
func (b *Bus) status(ctx context.Context, job string) (*status, error) {
	e, err := b.jobs.Get(ctx, jobKey(job))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s, err := parseStatus(e.Value())
	if err != nil {
		return nil, err
	}
	return &s, nil
}
