// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"net"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
)

//go:embed assets
var assets embed.FS

var templates = template.Must(template.ParseFS(assets, "assets/*.tmpl"))

// assetTypes are those of the files that our pages load.
var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
}

// pagePolicy lets our pages load their own files and connect to the fuzzing
// server, on whatever host and port that is for the visitor: a policy cannot name
// IPv6 addresses.
const pagePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// pageData is what templates show.
type pageData struct {
	Here    string // name of the template
	Server  string // URL for clients under test
	Secure  bool   // it is wss, with a certificate that may be self-signed
	Version string
	Cases   int
	Fuzz    bool // clients are fuzzed
}

// page serves a page made from a template.
func (s *Site) page(name string, status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		data := pageData{Here: name, Server: s.serverURL(r.Host), Secure: s.Secure, Version: s.Version, Cases: len(s.Plan), Fuzz: s.Fuzzed != nil}
		var page bytes.Buffer
		if err := templates.ExecuteTemplate(&page, name, data); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", contentTypes[".html"])
		w.Header().Set("Content-Security-Policy", pagePolicy)
		w.WriteHeader(status)
		_, _ = page.WriteTo(w) // nobody can be told
	}
}

// hostName are names and addresses that can be part of a URL as they are.
var hostName = regexp.MustCompile(`^[0-9A-Za-z._-]+$|^[0-9A-Fa-f:.]+$`)

// serverURL is the address of the fuzzing server for a visitor who reached us
// under the host.
func (s *Site) serverURL(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	} else if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		host = host[1 : len(host)-1]
	}
	if !hostName.MatchString(host) || len(host) > 253 {
		host = "localhost"
	}
	scheme := "ws://"
	if s.Secure {
		scheme = "wss://"
	}
	return scheme + net.JoinHostPort(host, strconv.Itoa(s.Port))
}

// serveAsset serves a file that is part of the program.
func serveAsset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	contentType := assetTypes[path.Ext(name)]
	b, err := assets.ReadFile("assets/" + name)
	if err != nil || contentType == "" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", contentType)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(b))
}

// serveCases answers with the cases that clients can run, in order.
func (s *Site) serveCases(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", contentTypes[".json"])
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.catalog))
}

// serveResults answers with what an agent came to since the server began, in the
// order of the cases; with one result at most where a case is named.
func (s *Site) serveResults(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	results := s.live.results(q.Get("agent"), q.Get("case"))
	b, err := json.Marshal(results)
	if err != nil {
		panic(err) // strings, numbers and times have a form in JSON
	}
	w.Header().Set("Content-Type", contentTypes[".json"])
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
}

// results are those of an agent, of one case or, with an empty id, of all.
func (l *live) results(name, id string) []result {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := []result{}
	a := l.agents[name]
	if a == nil {
		return list
	}
	for _, r := range a.results {
		if id == "" || r.Case == id {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(x, y result) int { return conform.CompareIDs(x.Case, y.Case) })
	return list
}
