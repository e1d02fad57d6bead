// SPDX-License-Identifier: Apache-2.0

package cases_test

import (
	"bytes"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/golden"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// The scripts that reports and "wsspec cases show" print are what the cases really
// send.
func TestScriptsAreTrue(t *testing.T) {
	var all bytes.Buffer
	all.WriteString("What each case sends when nothing comes back: after how many seconds, and what. Written by a test.\n")
	for _, c := range cases.All(cases.Current) {
		fmt.Fprintf(&all, "-- %s --\n", c.ID)
		synctest.Test(t, func(t *testing.T) {
			for _, r := range play(t, c, ws.Client, silent).log.Records {
				switch r.Kind {
				case wirelog.FailFired, wirelog.CloseFired:
					return // what follows is no more the script's
				case wirelog.SentFrame:
					r.Frame.Masked = false
				case wirelog.WaitSet, wirelog.FailSet, wirelog.CloseSet, wirelog.Muted:
				default:
					continue
				}
				fmt.Fprintf(&all, "%.1f %s\n", r.At.Seconds(), r.Text())
			}
		})
	}
	golden.Check(t, "../scripts.txtar", all.Bytes())
}
