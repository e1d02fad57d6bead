// SPDX-License-Identifier: Apache-2.0

package wstest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// broken is a plan of two cases, the second of which panics.
func broken(t *testing.T) []runner.Planned {
	t.Helper()
	picked, err := conform.Select(cases.All(cases.Current), []string{"1.1.1", "1.1.2"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	picked[1].Play = nil
	return runner.Plan(picked, ws.Client)
}

// A fault of ours is told; the door goes on to the next server, and ends with status 1.
func TestFaultOfOurs(t *testing.T) {
	l, err := stream.Listen("127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _ = testee.Server{}.Serve(ctx, l) }() // ends with the test
	var out, errs bytes.Buffer
	p := Program{Stdout: &out, Stderr: &errs}
	e, err := fuzzclient.Server{URL: stream.URL(l, false), Agent: "it"}.Resolve("")
	if err != nil {
		t.Fatal(err)
	}
	store, err := p.openFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	err = p.testOne(t.Context(), e, broken(t), nil, nil, store)
	if faults, ok := errors.AsType[runner.Faults](err); !ok || len(faults) != 1 {
		t.Fatalf("got %v", err)
	}
	if status := p.fail(err); status != mistake || !strings.HasPrefix(errs.String(), "wstest: case 1.1.2: fault in wsspec: ") {
		t.Errorf("status %d: %s", status, &errs)
	}
}
