// SPDX-License-Identifier: Apache-2.0

package stream_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
)

func TestWorded(t *testing.T) {
	at := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}
	strange := errors.New("tls: something")
	for _, tt := range []struct {
		err  error
		want string
	}{
		{context.DeadlineExceeded, "it takes the connection, and then nothing comes within 10s"},
		{&net.OpError{Op: "read", Net: "tcp", Addr: at, Err: os.ErrDeadlineExceeded}, "it takes the connection, and then nothing comes within 10s"},
		{&net.OpError{Op: "dial", Net: "tcp", Addr: at, Err: os.ErrDeadlineExceeded}, "nothing answers at 192.0.2.1:80 within 10s: a firewall may drop what is sent there"},
		{&net.OpError{Op: "dial", Net: "tcp", Addr: at, Err: syscall.ECONNREFUSED}, "dial tcp 192.0.2.1:80: connection refused"},
		{&net.OpError{Op: "read", Net: "tcp", Addr: at, Err: syscall.ECONNRESET}, "it takes the connection, and then resets it without an answer"},
		{io.EOF, "it takes the connection, and then ends it without an answer"},
		{strange, "tls: something"},
	} {
		got := stream.Worded(tt.err, 10*time.Second)
		if got.Error() != tt.want || !errors.Is(got, tt.err) {
			t.Errorf("%v: %q, want %q", tt.err, got, tt.want)
		}
		if again := stream.Worded(got, time.Second); again.Error() != tt.want {
			t.Errorf("a second time: %q", again)
		}
	}
	if stream.Worded(nil, time.Second) != nil {
		t.Error("no error has words")
	}
}
