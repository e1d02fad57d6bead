// SPDX-License-Identifier: Apache-2.0

package reporttest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Many gives results of so many agents on all the cases, one after the other, as those of
// real peers are: conversations of a few records and of hundreds, some failures, some
// attempts, figures of compression. The same numbers give the same results.
func Many(agents int, all []conform.Case, put func(report.Result) error) error {
	for i := range agents {
		random := rand.New(rand.NewPCG(uint64(i), 1))
		for j, c := range all {
			if err := put(likely(fmt.Sprintf("Agent %02d/1.%d", i, i%7), j+1, c, random)); err != nil {
				return err
			}
		}
	}
	return nil
}

// likely is a result as a real peer has it.
func likely(agent string, number int, c conform.Case, random *rand.Rand) report.Result {
	r := Result(agent, number, c.ID)
	r.Title, r.Spec, r.Tags, r.Want, r.Close = c.Title, c.Spec, c.Tags, c.Want, c.Close
	r.Started = r.Started.Add(time.Duration(number) * 17 * time.Millisecond)
	r.Log.Start = r.Started
	times := 1
	if random.IntN(8) == 0 {
		times = 1 + random.IntN(20)
	}
	once := r.Log.Records
	for range times - 1 {
		r.Log.Records = append(r.Log.Records[:len(r.Log.Records):len(r.Log.Records)], once[2:]...)
	}
	switch category := conform.Category(c.ID); {
	case category == "9":
		r.Timed = true
	case category == "12" || category == "13":
		r.Timed, r.Ratio, r.Log.Extension = true, true, "permessage-deflate; client_max_window_bits=15"
		v := wirelog.Volume{Preopen: 200, Wire: 90e3 + random.Int64N(9e3), WebSocket: 88e3, App: 1e6, Frames: 1000, Messages: 1000}
		r.Log.Traffic = wirelog.Traffic{In: v, Out: v}
		r.Log.Compression = wirelog.Compression{Window: 1 << 15, Farthest: random.IntN(1 << 15), Context: true}
	}
	switch random.IntN(40) {
	case 0:
		r.Verdict.Behavior, r.Verdict.Result = verdict.Failed, "Actual events match none of those expected."
		first := report.Attempt{Number: 1, Verdict: r.Verdict, Took: r.Took, Seed: 7, Loaded: true, Why: "it ran beside other cases", Explanation: []string{"received  nothing"}, Records: once}
		r.Attempt, r.Others = 2, []report.Attempt{first}
	case 1:
		r.Verdict.Close, r.Verdict.CloseResult = verdict.Failed, "The connection was failed by the wrong endpoint"
		r.Log.Facts.WasClean, r.Log.Facts.WasNotCleanReason = false, "peer dropped the TCP connection without previous WebSocket closing handshake"
		r.Log.Facts.Remote = wirelog.CloseFacts{}
	case 2:
		r.Verdict.Behavior = verdict.NonStrict
		r.Log.Facts.Remote.Code = ws.CloseCode(1000 + random.IntN(12))
	}
	return r
}
