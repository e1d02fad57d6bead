// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/live"
	"github.com/wsspec/wsspec/internal/load/stats"
)

// The page of a load test follows it to its end, and what peers have put into it is text.
func TestPageOfLoadTest(t *testing.T) {
	ctx := browser(t)
	plan := load.Plan{Kind: load.Connect, URL: "ws://x"}
	result := func(opened int64) (*load.Result, error) {
		s := new(stats.Snapshot)
		s.Opened = opened
		s.Fail("HTTP 503", 1, `<img src=x onerror="document.title='evil'">`)
		return load.Conclude(plan, load.Run{}, s)
	}
	site := live.New(plan, http.NotFoundHandler())
	do(t, ctx, chromedp.Navigate(show(t, site)))
	do(t, ctx, chromedp.WaitReady("#page h1"))
	if err := site.Show(time.Second, func() (*load.Result, error) { return result(5) }); err != nil {
		t.Fatal(err)
	}
	do(t, ctx, chromedp.WaitVisible(".facts"))
	if got := do(t, ctx, chromedp.Text(".facts dd")); got != "5" {
		t.Errorf("%q are open", got)
	}
	last, err := result(7)
	if err != nil {
		t.Fatal(err)
	}
	if err := site.End(last, time.Minute); err != nil {
		t.Fatal(err)
	}
	do(t, ctx, chromedp.WaitVisible(".state.over"))
	if got := do(t, ctx, chromedp.Text(".facts dd")); got != "7" {
		t.Errorf("%q were open at the end", got)
	}
	if got := do(t, ctx, chromedp.Title()); got != "load connect ws://x" {
		t.Errorf("the title is %q", got)
	}
	if n := do(t, ctx, chromedp.Evaluate[int]("document.querySelectorAll('img, main script, main style').length")); n != 0 {
		t.Error("what a peer has sent is part of the page")
	}
}
