// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	index := filepath.Join(t.TempDir(), "index.json")
	const text = `{
		"go-gws": {"1.1.1": {"behavior": "OK", "behaviorClose": "OK", "remoteCloseCode": 1000}},
		"broken": {"1.1.1": {"behavior": "FAILED", "behaviorClose": "OK", "remoteCloseCode": 1000}}
	}`
	if err := os.WriteFile(index, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args   string
		agrees bool
		output string
		err    string
	}{
		{args: "servers go-gws INDEX", agrees: true, output: "compared 1, same 1"},
		{args: "servers go-gws INDEX --agent broken", output: "1.1.1    want OK / OK / 1000, got FAILED / OK / 1000"},
		{args: "clients --agent go-gws chromium INDEX", agrees: true, output: "chromium       compared 1, same 1"},
		{args: "servers go-gorilla INDEX", err: `no agent ""; the report has ["broken" "go-gws"]`},
		{args: "servers go-gws INDEX --agent x", err: `no agent "x"`},
		{args: "servers go-net INDEX", err: `no peer "go-net"`},
		{args: "proxies go-gws INDEX", err: `no oracle table "proxies"`},
		{args: "servers go-gws nowhere.json", err: "nowhere.json"},
		{args: "servers go-gws", err: "got 2 arguments"},
	} {
		var out strings.Builder
		agrees, err := run(strings.Fields(strings.Replace(tt.args, "INDEX", index, 1)), &out)
		if agrees != tt.agrees || !strings.Contains(out.String(), tt.output) {
			t.Errorf("oracle %s: agrees is %v, printed:\n%s", tt.args, agrees, out.String())
		}
		if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("oracle %s: error %v, want %q", tt.args, err, tt.err)
		}
	}
}
