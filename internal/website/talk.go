// SPDX-License-Identifier: Apache-2.0

package website

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"net"
	"net/http"

	"github.com/wsspec/wsspec/internal/web"
)

// Talk is a page with which a browser talks to a server of ours.
type Talk struct {
	Title, What string       // what the server is, and does
	Server      net.Listener // the WebSocket server
	Secure      bool         // through TLS
	Log         io.Writer    // told why there is no page
}

//go:embed assets/talk.tmpl
var talkPage string

//go:embed assets/talk.js
var talkScript string

// Handler serves the page, and nothing else.
func (t Talk) Handler() (http.Handler, error) {
	page, err := template.New("talk").Parse(talkPage)
	if err != nil {
		return nil, err
	}
	scheme, port := "ws", 0
	if t.Secure {
		scheme = "wss"
	}
	if a, ok := t.Server.Addr().(*net.TCPAddr); ok {
		port = a.Port
	}
	var b bytes.Buffer
	if err := page.Execute(&b, map[string]any{"Title": t.Title, "What": t.What, "Scheme": scheme, "Port": port, "Script": template.JS(talkScript)}); err != nil {
		return nil, err
	}
	hash := sha256.Sum256([]byte(talkScript))
	policy := fmt.Sprintf("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-%s'; connect-src ws: wss:; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		base64.StdEncoding.EncodeToString(hash[:]))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		_, _ = w.Write(b.Bytes()) // to somebody who has gone
	})
	return mux, nil
}

// Serve serves the page at the address, the usual one where that is empty, until ctx
// ends. What is returned waits for that, and gives its error. Where the usual port is not
// free there is no page.
func (t Talk) Serve(ctx context.Context, addr string) (url string, wait func() error, err error) {
	h, err := t.Handler()
	if err != nil {
		return "", nil, err
	}
	wanted := addr != ""
	if !wanted {
		addr = usual
	}
	l, err := net.Listen("tcp", addr)
	switch {
	case err != nil && wanted:
		return "", nil, fmt.Errorf("web page: %w", err)
	case err != nil:
		fmt.Fprintf(t.Log, "No web page: %v\n", err)
		return "", func() error { return nil }, nil
	}
	done := make(chan error, 1)
	go func() { done <- web.Serve(ctx, l, h) }()
	return Address(l), func() error { return <-done }, nil
}
