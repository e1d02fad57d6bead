// SPDX-License-Identifier: Apache-2.0

package wsspec_test

import (
	"context"
	"io/fs"
	"net/http"
	"testing"

	"github.com/wsspec/wsspec"
)

// What a library's own test file holds. The handler upgrades with the library
// under test and returns each message unchanged.
func ExampleTestHandler() {
	var handler http.Handler // yours
	_ = func(t *testing.T) { // func TestConformance(t *testing.T)
		wsspec.TestHandler(t, handler, wsspec.Known("6.4.*", "checks text when the message is complete"))
	}
}

// A server that runs already, a part of the cases, and nothing but OK accepted.
func ExampleTestServer() {
	_ = func(t *testing.T) {
		wsspec.TestServer(t, "ws://127.0.0.1:9001", wsspec.Cases("1.*", "5.*"), wsspec.Strict())
	}
}

// The function connects with the client under test and echoes until the end.
func ExampleTestClient() {
	_ = func(t *testing.T) {
		wsspec.TestClient(t, func(ctx context.Context, url string) error {
			return echoUntilTheEnd(ctx, url) // yours
		})
	}
}

// What fuzzing has found is a test from then on; findings is an embed.FS.
func ExampleReplayHandler() {
	var handler http.Handler // yours
	var findings fs.FS       // an embed.FS with findings/*.wsspec
	_ = func(t *testing.T) {
		wsspec.ReplayHandler(t, handler, findings)
	}
}

// go test -fuzz FuzzEcho looks for more, steered by the coverage of the handler.
func ExampleFuzzHandler() {
	var handler http.Handler // yours
	_ = func(f *testing.F) { // func FuzzEcho(f *testing.F)
		wsspec.FuzzHandler(f, handler)
	}
}

func echoUntilTheEnd(context.Context, string) error { return nil }
