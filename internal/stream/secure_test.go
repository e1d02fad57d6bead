// SPDX-License-Identifier: Apache-2.0

package stream_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
)

// serveTLS accepts connections with TLS until the test ends.
func serveTLS(t *testing.T, protocols ...string) (addr string) {
	t.Helper()
	config := memnet.ServerTLS()
	config.NextProtos = protocols
	l, err := stream.Listen("127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 1)) // until the other side has closed
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-ended })
	return l.Addr().String()
}

// What the server chooses has to be what the caller goes on to speak.
func TestDialSpeaks(t *testing.T) {
	addr := serveTLS(t, "h2", stream.HTTP1, "mine")
	for _, tt := range []struct {
		offer, speaks []string
		refused       string
	}{
		{nil, nil, ""}, {[]string{}, nil, ""}, {[]string{"mine"}, nil, ""},
		{[]string{"h2", stream.HTTP1}, nil, "h2"}, {[]string{"h2"}, []string{"h2"}, ""},
	} {
		config, err := stream.ClientTLS{Insecure: true, ALPN: tt.offer}.Config("localhost")
		if err != nil {
			t.Fatal(err)
		}
		s, err := stream.Dial(t.Context(), stream.Target{Addr: addr, TLS: config, Speaks: tt.speaks})
		if err == nil {
			s.Close()
		}
		var other *stream.ProtocolError
		if errors.As(err, &other); (err == nil) != (tt.refused == "") || err != nil && (other == nil || other.Chosen != tt.refused) {
			t.Errorf("%q offered: %v", tt.offer, err)
		}
	}
	usual, err := stream.ClientTLS{}.Config("h")
	if err != nil || usual.ServerName != "h" || !slices.Equal(usual.NextProtos, []string{stream.HTTP1}) || usual.GetClientCertificate != nil {
		t.Errorf("%+v, %v", usual, err)
	}
}
