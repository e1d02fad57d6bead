// SPDX-License-Identifier: Apache-2.0

// Package html writes reports that people read: one page that holds everything
// and needs nothing, and the reference's folder of pages, a table and one page a
// case. Both tell a case's story with the same template. Whatever came from a peer
// is escaped, and a policy in each page keeps scripts that are not ours from running.
// It knows nothing of files or servers. Start at Write.
package html

import (
	"bufio"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"runtime"
	"strconv"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/ws"
)

//go:embed assets
var assets embed.FS

var (
	templates = template.Must(template.ParseFS(assets, "assets/*.tmpl"))
	style     = asset("style.css", "first.css", "story.css")

	gridScript   = asset("base.js", "filter.js", "grid.js", "story.js")
	tableScript  = asset("base.js", "static.js")
	simpleScript = asset("base.js")
)

// asset is the text of files that are part of the program.
func asset(names ...string) string {
	var all string
	for _, name := range names {
		b, err := assets.ReadFile("assets/" + name)
		if err != nil {
			panic(err) // embedded, and so always there
		}
		all += string(b)
	}
	return all
}

// frame is what all pages have.
type frame struct {
	Title      string
	Dot        string // colour of the icon: how it went
	Style      template.CSS
	Script     template.JS
	ScriptHash string
	Made       string
	Seed       string
	Strict     bool
	Connects   bool // to what serves it
}

func newFrame(title, script string, bad bool, v report.View) frame {
	sum := sha256.Sum256([]byte(script))
	f := frame{
		Title: title, Dot: "1a7f4b", Style: template.CSS(style), Script: template.JS(script),
		ScriptHash: "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'", Made: made(v.Made), Strict: v.Strict,
	}
	if bad {
		f.Dot = "c02626"
	}
	return f
}

// anyFails reports whether a result counts as failed and is not known to.
func anyFails(rep *report.Report, v report.View) bool {
	for _, a := range rep.Agents {
		for _, r := range a.Results {
			if v.Standing(r) == "fail" {
				return true
			}
		}
	}
	return false
}

// seed is the seed of all results, where they have one in common.
func seed(rep *report.Report) string {
	var common uint64
	for _, a := range rep.Agents {
		for _, r := range a.Results {
			switch {
			case r.Seed == 0 || r.Log.Facts.Role == ws.Server:
				continue
			case common != 0 && common != r.Seed:
				return ""
			}
			common = r.Seed
		}
	}
	if common == 0 {
		return ""
	}
	return strconv.FormatUint(common, 10)
}

// Write writes the report as one page that opens from disk and loads nothing.
func Write(w io.Writer, rep *report.Report, v report.View) error {
	if v.Light {
		return writePage(w, rep, v, nil)
	}
	chunks, err := packStories(rep, v, runtime.GOMAXPROCS(0))
	if err != nil {
		return fmt.Errorf("write HTML report: %w", err)
	}
	return writePage(w, rep, v, chunks)
}

// StoryPath is where a page of Light results looks for the story of a case, with the
// parameters agent and case.
const StoryPath = "/stories"

// WriteStory writes what a page of Light results loads: the story of a case.
func WriteStory(w io.Writer, r report.Result, v report.View) error {
	if err := templates.ExecuteTemplate(w, "case", viewCase(r, v)); err != nil {
		return fmt.Errorf("write story of case %.40s: %w", r.ID, err)
	}
	return nil
}

func writePage(w io.Writer, rep *report.Report, v report.View, chunks []*chunk) error {
	ds := telling.DiagnoseAll(rep)
	data, err := json.Marshal(summarize(rep, v, chunks, ds)) // escapes < and > too
	if err != nil {
		return fmt.Errorf("write HTML report: %w", err)
	}
	f := newFrame(v.Heading(), gridScript, anyFails(rep, v), v)
	f.Seed, f.Connects = seed(rep), v.Light && v.Pages == nil
	b := bufio.NewWriter(w)
	if err := templates.ExecuteTemplate(b, "head", f); err != nil {
		return fmt.Errorf("write HTML report: %w", err)
	}
	top := struct {
		Title  string
		Cards  []card
		Common []common
	}{f.Title, cards(rep, v, ds), nil}
	if len(top.Cards) > 1 {
		top.Common = commonCauses(rep, ds)
	}
	if err := templates.ExecuteTemplate(b, "top", top); err != nil {
		return fmt.Errorf("write HTML report: %w", err)
	}
	fmt.Fprintf(b, "<script type=\"application/json\" id=data>%s</script>\n", data)
	for _, c := range chunks {
		fmt.Fprintf(b, "<script type=\"text/plain\" id=%s>%s</script>\n", c.id, c.packed)
	}
	if err := templates.ExecuteTemplate(b, "foot", f); err != nil {
		return fmt.Errorf("write HTML report: %w", err)
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write HTML report: %w", err)
	}
	return nil
}
