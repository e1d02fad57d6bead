// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

const openingOfServers = "0.1.* 0.2.* 0.3.* 0.4.* 0.5.* 0.6.* 0.7.* 0.8.*"

// TestOpeningFaults is about 0.1 to 0.8: the opening handshake of servers.
func TestOpeningFaults(t *testing.T) {
	const (
		opening = "0.1.1 0.1.9 0.2.7-8 0.2.15-17 0.2.19-22 0.3.1-2 0.3.10 0.3.12 0.6.14 0.7.1-2" // cases that want 101
		refused = "0.1.2-4 0.1.16 0.2.1-6 0.2.11-14 0.2.18 0.3.3-9 0.4.1-12"                     // cases that want none
	)
	checkCaught(t, openingOfServers, []caught{
		{"accepts-any-method", "0.1.2-4", ""},
		{"accepts-http-1.0", "0.1.5", "0.1.8"},
		{"accepts-any-request-target", "", "0.1.10-11"},
		{"accepts-fragment-in-request-target", "", "0.1.10"},
		{"refuses-absolute-form", "0.1.9", ""},
		{"accepts-missing-host", "0.2.1", ""},
		{"accepts-several-hosts", "0.2.2-3", ""},
		{"accepts-missing-upgrade", "0.2.5-6", "0.2.12"},
		{"compares-upgrade-case-sensitively", "0.2.7", ""},
		{"matches-upgrade-by-substring", "0.2.11", "0.2.12"},
		{"accepts-missing-connection", "0.2.13-14", ""},
		{"refuses-connection-list", "0.2.15 0.2.17", "0.2.23"},
		{"compares-connection-case-sensitively", "0.2.16", ""},
		{"matches-connection-by-substring", "0.2.18", ""},
		{"reads-only-first-connection-line", "0.2.17", ""},
		{"compares-field-names-case-sensitively", "0.2.20", ""},
		{"wants-host-first", "0.2.21", ""},
		{"accepts-missing-key", "0.3.3 0.7.17", ""},
		{"accepts-any-key", "0.3.3-4 0.3.9", "0.3.5-8"},
		{"accepts-several-keys", "0.3.9", ""},
		{"computes-accept-from-key-with-blanks", "0.3.10", ""},
		{"computes-accept-from-recoded-key", "0.3.11", ""},
		{"computes-accept-from-decoded-key", opening, ""},
		{"computes-accept-with-lower-case-guid", opening, ""},
		{"answers-200", opening, ""},
		{"omits-upgrade", opening, ""},
		{"omits-connection", opening, ""},
		{"omits-accept", opening, ""},
		{"sends-accept-twice", opening, ""},
		{"refuses-every-request", opening + " 0.2.8", "0.1.7 0.1.13 0.2.9-10 0.6.1-2 0.6.11"},
		{"answers-101-with-content-length", "0.3.12", ""},
		{"answers-101-with-transfer-encoding", "0.3.12", ""},
		{"accepts-missing-version", "0.4.1", ""},
		{"accepts-any-version", "0.4.2-4 0.4.6-8 0.4.11", "0.4.9-10 0.4.12"},
		{"omits-version-on-mismatch", "0.4.2-6", ""},
		{"drops-tcp-on-version-mismatch", "0.4.2-6", "0.4.1 0.4.7-12"},
		{"reads-version-as-leading-number", "0.4.8 0.4.11", "0.4.9-10 0.4.12"},
		{"answers-subprotocol-not-requested", "0.5.1-4", ""},
		{"answers-all-subprotocols", "0.5.3-4", ""},
		{"refuses-subprotocols-in-two-fields", "0.5.4", ""},
		{"matches-subprotocols-without-case", "0.5.8", ""},
		{"answers-all-extensions", "0.6.1-3 0.6.11 0.6.13", ""},
		{"answers-deflate-not-offered", "0.6.14", ""},
		{"accepts-malformed-extensions", "0.6.4-10", ""},
		{"reads-only-first-extensions-line", "0.6.3", ""},
		{"needs-request-in-one-read", "0.7.1-2", ""},
		{"ignores-requests-above-4k", "0.1.14 0.6.13 0.7.4-5", ""},
		{"reads-heads-of-up-to-16-mib", "0.7.6", ""},
		{"accepts-blank-before-colon", "0.7.9", ""},
		{"takes-request-content-for-frames", "0.7.13-14 0.7.20", ""},
		{"dies-of-field-that-is-not-utf8", "0.1.11 0.7.12", ""},
		{"ignores-origin-policy", "0.8.3", ""},
		{"keeps-tcp-open-after-refusal", refused + " 0.7.16-17", "0.1.6 0.7.10 0.7.18"},
		{"drops-tcp-on-bad-request", "", "0.1.2-5 0.1.12 0.3.3 0.5.5-7 0.6.12 0.7.8 0.8.4"},
	}, map[string]string{
		"0.1.15": "what a server serves is its business",
		"0.4.13": "a survey: TestAnswerSurveys",
		"0.5.9":  "a server may speak or refuse what is asked for",
		"0.6.12": "a server may accept or refuse",
		"0.7.3":  "what a server makes of it is left open",
		"0.7.7":  "how long a server waits is its business",
		"0.7.11": "a server may accept or refuse: TestDeadServers",
		"0.7.15": "a server may accept or refuse: TestDeadServers",
		"0.7.19": "nothing but a server that dies of it: TestDeadServers",
		"0.8.1":  "whom a server serves is its business",
		"0.8.2":  "whom a server serves is its business",
		"0.8.4":  "a server that serves all need not look at Origin",
		"0.8.5":  "nothing but a server that dies of it: TestDeadServers",
		"0.8.6":  "needs a profile: TestOpeningAsTold",
		"0.8.7":  "a survey: TestAnswerSurveys",
	})
	checkLegal(t, openingOfServers)
}

// served plays a case with a server that has each connection in its hands, numbered
// from 1, until it returns.
func served(t *testing.T, profile peer.Profile, id string, serve func(n int, s stream.Stream)) report.Result {
	t.Helper()
	b := beyond(t, ws.Server, id)
	b.settings.Profile = profile
	if len(b.plan) != 1 {
		t.Fatalf("%d cases are %s", len(b.plan), id)
	}
	var result report.Result
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		n := 0
		r, err := runner.PlayAll(b.plan[0], func(c runner.Planned) (report.Result, error) {
			ours, theirs := memnet.Pipe(0)
			mu.Lock()
			n++
			number := n
			mu.Unlock()
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				serve(number, theirs)
				_ = theirs.Close()
			}()
			p := b.settings.Peer(t.Context(), ours, ws.Client, c.Case)
			r, err := b.settings.Conduct(p, c, "scripted", b.open(p, c, b.settings.Opening(c.Case)))
			<-ended
			return r, err
		})
		if err != nil {
			t.Fatal(err)
		}
		result = r
	})
	return result
}

// replying answers whatever comes first with these octets.
func replying(octets string) func(int, stream.Stream) {
	return func(_ int, s stream.Stream) {
		_, _ = s.Read(make([]byte, 64<<10))
		_, _ = s.Write([]byte(octets))
		_, _ = io.Copy(io.Discard, s)
	}
}

// echoing serves as an endpoint does that is configured so.
func echoing(cfg testee.Config) func(int, stream.Stream) {
	return func(_ int, s stream.Stream) { _ = testee.Serve(context.Background(), s, cfg) }
}

// TestOpeningAsTold plays the cases about what a profile says.
func TestOpeningAsTold(t *testing.T) {
	told := peer.Profile{Subprotocols: []string{"chat"}, ForbiddenOrigin: "http://bad.example", ProtectedPath: "/secret"}
	anyCase, _ := testee.ParseFaults("matches-subprotocols-without-case")
	anyOrigin, _ := testee.ParseFaults("ignores-origin-policy")
	oneOrigin, _ := testee.ParseFaults("reads-only-first-origin")
	silent := func(_ int, s stream.Stream) { _, _ = s.Read(make([]byte, 64<<10)) } // and TCP is ended
	for _, row := range []struct {
		id    string
		serve func(int, stream.Stream)
		want  verdict.Grade
	}{
		{"0.5.8", echoing(testee.Config{Subprotocols: told.Subprotocols}), verdict.OK},
		{"0.5.8", echoing(testee.Config{Subprotocols: told.Subprotocols, Faults: anyCase}), verdict.Failed},
		{"0.5.9", echoing(testee.Config{Subprotocols: told.Subprotocols}), verdict.OK},
		{"0.5.9", echoing(testee.Config{Subprotocols: []string{"cha"}}), verdict.OK},
		{"0.8.3", echoing(testee.Config{ForbiddenOrigins: []string{told.ForbiddenOrigin}}), verdict.OK},
		{"0.8.3", echoing(testee.Config{ForbiddenOrigins: []string{told.ForbiddenOrigin}, Faults: anyOrigin}), verdict.Failed},
		{"0.8.3", replying("HTTP/1.1 404 Not Found\r\n\r\n"), verdict.NonStrict},
		{"0.8.4", echoing(testee.Config{Faults: oneOrigin}), verdict.Informational},
		{"0.8.4", silent, verdict.NonStrict},
		{"0.2.9", silent, verdict.NonStrict}, // who ends TCP to refuse does so here as well
		{"0.5.2", silent, verdict.NonStrict},
		{"0.1.1", silent, verdict.Failed},
		{"0.8.6", replying("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"a\"\r\n\r\n"), verdict.OK},
		{"0.8.6", replying("HTTP/1.1 401 Unauthorized\r\n\r\n"), verdict.Failed},
		{"0.8.6", replying("HTTP/1.1 403 Forbidden\r\n\r\n"), verdict.NonStrict},
		{"0.8.6", echoing(testee.Config{}), verdict.Failed},
	} {
		if r := served(t, told, row.id, row.serve); r.Verdict.Behavior != row.want {
			t.Errorf("%s: %+v, want %s", row.id, r.Verdict, row.want)
		}
	}
	for _, id := range []string{"0.5.8", "0.5.9", "0.8.3", "0.8.6"} {
		if r := served(t, peer.Profile{}, id, echoing(testee.Config{})); r.Verdict.Behavior != verdict.Unimplemented {
			t.Errorf("%s without a profile: %+v", id, r.Verdict)
		}
	}
}

// TestDeadServers has servers that die of their first connection, or fall silent.
func TestDeadServers(t *testing.T) {
	dies := func(n int, s stream.Stream) {
		if n == 1 {
			_, _ = s.Read(make([]byte, 64<<10))
			_, _ = s.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
		}
	}
	for _, id := range []string{"0.1.11", "0.7.3", "0.7.6", "0.7.8", "0.7.11", "0.7.12", "0.7.18", "0.7.19", "0.8.5"} {
		if r := served(t, peer.Profile{}, id, dies); r.Verdict.Behavior != verdict.Failed || !strings.Contains(r.Verdict.Result, "new connection") {
			t.Errorf("%s: %+v", id, r.Verdict)
		}
	}
	silent := func(_ int, s stream.Stream) { _, _ = io.Copy(io.Discard, s) }
	for _, id := range []string{"0.6.12", "0.7.3", "0.7.8", "0.7.11", "0.7.12", "0.7.15", "0.8.1", "0.8.5"} {
		if r := served(t, peer.Profile{}, id, silent); r.Verdict.Behavior != verdict.Failed || r.Took < 2*time.Second {
			t.Errorf("%s with a silent server: %+v after %v", id, r.Verdict, r.Took)
		}
	}
	if r := served(t, peer.Profile{}, "0.7.7", silent); r.Verdict.Behavior != verdict.Informational || r.Took != time.Second {
		t.Errorf("0.7.7 with a silent server: %+v after %v", r.Verdict, r.Took)
	}
	if r := served(t, peer.Profile{}, "0.7.7", replying("HTTP/1.1 408 Request Timeout\r\n\r\n")); r.Verdict.Behavior != verdict.OK {
		t.Errorf("0.7.7: %+v", r.Verdict)
	}
}

// TestPageFirst has a server that answers a request for a page in each form that the
// content of an answer has, and then accepts or not.
func TestPageFirst(t *testing.T) {
	const chunked = "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\n0\r\n\r\n\r\n1\r\n0\r\n0\r\nTrailer: a\r\n\r\n"
	for _, row := range []struct {
		page   string
		opens  bool
		closes bool
		want   verdict.Grade
	}{
		{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", true, true, verdict.OK},
		{"HTTP/1.1 404 Not Found\r\n" + chunked, true, true, verdict.OK},
		{"HTTP/1.1 204 No Content\r\n\r\n", true, true, verdict.OK},
		{"HTTP/1.1 200 OK\r\n\r\nuntil the end", false, true, verdict.OK},
		{"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n", false, true, verdict.OK},
		{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", false, false, verdict.Failed},
		{"", false, true, verdict.NonStrict},
		{"", false, false, verdict.Failed},
	} {
		r := served(t, peer.Profile{}, "0.7.16", func(n int, s stream.Stream) {
			_, _ = s.Read(make([]byte, 64<<10))
			_, _ = s.Write([]byte(row.page))
			switch {
			case row.opens:
				_ = testee.Serve(context.Background(), s, testee.Config{})
			case !row.closes:
				_, _ = io.Copy(io.Discard, s)
			}
		})
		if r.Verdict.Behavior != row.want {
			t.Errorf("%q, opens %v, closes %v: %+v, want %s", row.page, row.opens, row.closes, r.Verdict, row.want)
		}
	}
}

// TestAnswerSurveys looks at answers with some status, wherever they came.
func TestAnswerSurveys(t *testing.T) {
	const version = "\r\nSec-WebSocket-Version: 13\r\n\r\n"
	for _, row := range []struct {
		id     string
		answer string
		want   verdict.Grade
	}{
		{"0.4.13", "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket" + version, verdict.OK},
		{"0.4.13", "HTTP/1.1 426 Upgrade Required" + version, verdict.NonStrict},
		{"0.4.13", "HTTP/1.1 400 Bad Request" + version, verdict.Unimplemented},
		{"0.8.7", "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", verdict.OK},
		{"0.8.7", "HTTP/1.1 302 Found\r\n\r\n", verdict.NonStrict},
		{"0.8.7", "HTTP/1.1 400 Bad Request\r\n\r\n", verdict.Unimplemented},
	} {
		surveys := runner.Surveys(cases.Beyond(), ws.Client)
		i := slices.IndexFunc(surveys, func(c runner.Planned) bool { return c.ID == row.id })
		e := survey.Evidence{Connections: []survey.Connection{{}, {Response: []byte(row.answer)}}}
		if r := (runner.Settings{}).Survey(surveys[i], "scripted", ws.Client, e); r.Verdict.Behavior != row.want {
			t.Errorf("%s with %q: %+v, want %s", row.id, row.answer, r.Verdict, row.want)
		}
	}
}
