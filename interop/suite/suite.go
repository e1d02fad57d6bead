// SPDX-License-Identifier: Apache-2.0

// Package suite takes an echo client through a fuzzing server: getCaseCount,
// runCase for each case, updateReports. It knows nothing of libraries, see package echo.
// Start at Run.
package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/wsspec/wsspec/interop/echo"
)

// A Run is what to ask of a fuzzing server.
type Run struct {
	URL      string // of the server, without path: "ws://127.0.0.1:9001"
	Agent    string // the name under which the server files the results
	Cases    int    // run at most so many cases, from the first; 0 means all
	Parallel int    // cases at a time; less than 2 means one after the other

	// Refused, if not nil, is told of each case whose connection could not be
	// opened. It is called from several goroutines if Parallel is above 1.
	// Some cases refuse connections on purpose, so the run goes on.
	Refused func(number int, err error)
}

// Do runs the cases with client and returns how many it ran. It fails if the
// server does not tell their number or does not take the request for reports.
func (r Run) Do(ctx context.Context, client echo.Client) (int, error) {
	base := strings.TrimRight(r.URL, "/")
	agent := url.QueryEscape(r.Agent)

	answer, err := client.Receive(ctx, base+"/getCaseCount")
	if err != nil {
		return 0, fmt.Errorf("getCaseCount: %w", err)
	}
	count, err := strconv.Atoi(strings.TrimSpace(string(answer)))
	if err != nil || count < 0 {
		return 0, fmt.Errorf("getCaseCount: want a number, got %.40q", answer)
	}
	if r.Cases > 0 {
		count = min(count, r.Cases)
	}

	numbers := make(chan int)
	var workers sync.WaitGroup
	for range max(r.Parallel, 1) {
		workers.Go(func() {
			for n := range numbers {
				err := client.Echo(ctx, r.place(ctx, client, base, n, agent)+"&agent="+agent)
				if err != nil && r.Refused != nil {
					r.Refused(n, err)
				}
			}
		})
	}
	started := 0
	for started < count && ctx.Err() == nil {
		started++
		numbers <- started
	}
	close(numbers)
	workers.Wait()
	if err := ctx.Err(); err != nil {
		return started, err
	}

	if _, err := client.Receive(ctx, base+"/updateReports?agent="+agent); err != nil {
		return started, fmt.Errorf("updateReports: %w", err)
	}
	return started, nil
}

// place is the URL of a case, without the agent. Over TLS some cases have ports of their
// own, which the server tells whoever asks.
func (r Run) place(ctx context.Context, client echo.Client, base string, n int, agent string) string {
	usual := fmt.Sprintf("%s/runCase?case=%d", base, n)
	if !strings.HasPrefix(base, "wss:") {
		return usual
	}
	text, err := client.Receive(ctx, fmt.Sprintf("%s/getCaseInfo?case=%d&agent=%s", base, n, agent))
	var info struct{ URL string }
	if err != nil || json.Unmarshal(text, &info) != nil || info.URL == "" {
		return usual
	}
	return info.URL
}
