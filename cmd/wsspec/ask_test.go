// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/wsspec/wsspec/internal/ws"
)

// ask makes one connection and prints what the server does on it.
func ask(ts *testscript.TestScript, neg bool, args []string) {
	host, open := "", false
	if len(args) > 1 && args[0] == "-open" {
		open, args = true, args[1:]
	}
	if len(args) == 3 && args[0] == "-h" {
		host, args = args[1], args[2:]
	}
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ask [-open] [-h HOST] URL")
	}
	u, err := url.Parse(args[0])
	ts.Check(err)
	if host == "" {
		host = u.Host
	}
	c, err := net.Dial("tcp", u.Host)
	ts.Check(err)
	defer c.Close()
	// The target as it stands, so that scripts can send what no URL parser would.
	target := args[0][len("ws://")+len(u.Host):]
	if target == "" {
		target = "/"
	}
	_, err = c.Write(ws.Request{Method: "GET", Target: target, Proto: "HTTP/1.1", Fields: ws.Fields{
		{Name: "Host", Value: host}, {Name: "Upgrade", Value: "websocket"}, {Name: "Connection", Value: "Upgrade"},
		{Name: "Sec-WebSocket-Key", Value: "AAAAAAAAAAAAAAAAAAAAAA=="}, {Name: "Sec-WebSocket-Version", Value: "13"},
	}}.Append(nil))
	ts.Check(err)
	in := bufio.NewReader(c)
	resp, err := http.ReadResponse(in, nil)
	ts.Check(err)
	defer resp.Body.Close()
	fmt.Fprintln(ts.Stdout(), resp.StatusCode)
	if open || resp.StatusCode != http.StatusSwitchingProtocols {
		return
	}
	ts.Check(listenTo(ts.Stdout(), in))
}

// fetch prints what is served at a URL, head and all.
func fetch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: fetch URL")
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(args[0])
	ts.Check(err)
	defer resp.Body.Close()
	ts.Check(resp.Write(ts.Stdout()))
}

// listenTo prints messages until the server closes.
func listenTo(out io.Writer, in *bufio.Reader) error {
	for {
		h, err := readHeader(in)
		if err != nil {
			return fmt.Errorf("no Close: %w", err)
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(in, payload); err != nil {
			return err
		}
		switch {
		case h.Opcode == ws.Close && len(payload) == 0:
			fmt.Fprintln(out, "close")
			return nil
		case h.Opcode == ws.Close:
			fmt.Fprintf(out, "close %x\n", payload)
			return nil
		default:
			fmt.Fprintf(out, "%s %s\n", h.Opcode, payload)
		}
	}
}

func readHeader(in io.Reader) (ws.Header, error) {
	var head []byte
	for b := make([]byte, 1); ; {
		if _, err := io.ReadFull(in, b); err != nil {
			return ws.Header{}, err
		}
		head = append(head, b...)
		if h, n := ws.ParseHeader(head); n > 0 {
			return h, nil
		}
	}
}
