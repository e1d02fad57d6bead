// SPDX-License-Identifier: Apache-2.0

package wsspec_test

import (
	"context"
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

func echoUntilTheEnd(context.Context, string) error { return nil }
