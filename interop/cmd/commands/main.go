// SPDX-License-Identifier: Apache-2.0

// Command commands is an echo server, or an echo client for wsspec serve, which
// obeys commands: what docs/commands.md shows, on coder/websocket.
//
//	commands server 127.0.0.1:9001
//	commands client ws://127.0.0.1:9001
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/coder/websocket"
)

// commandsIn finds them in the target of a request, or in the description of a case.
func commandsIn(text string) []string {
	for _, place := range []string{`[?&]wsct=([^&]+)`, `\[wsct ([^]]+)]`} {
		if found := regexp.MustCompile(place).FindStringSubmatch(text); found != nil {
			return strings.Split(found[1], ",")
		}
	}
	return nil
}

// obey does what it is told, in order.
func obey(ctx context.Context, c *websocket.Conn, commands []string) {
	for _, command := range commands {
		words := append(strings.Split(command, ":"), "", "")
		number, _ := strconv.Atoi(words[1])
		for i := range words {
			words[i], _ = url.PathUnescape(words[i])
		}
		switch words[0] {
		case "close":
			if words[1] == "" {
				c.Close(websocket.StatusNoStatusRcvd, "") // this library's way to say none
			} else if mayClose(number, words[2]) {
				c.Close(websocket.StatusCode(number), words[2])
			}
		case "ping":
			go c.Ping(ctx) // with a payload that the library chooses
		case "send":
			count, err := strconv.Atoi(words[2])
			if err != nil {
				count = 1
			}
			for range count {
				c.Write(ctx, websocket.MessageText, []byte(words[1]))
			}
		case "sendbig":
			c.Write(ctx, websocket.MessageBinary, make([]byte, number))
		case "shutdown":
			c.Close(websocket.StatusGoingAway, "")
		case "raise":
			c.Close(websocket.StatusInternalError, "")
		}
	}
}

// mayClose is what this library leaves to the application: where it refuses a Close it
// ends TCP, and it sends reasons that are not UTF-8.
func mayClose(code int, reason string) bool {
	sendable := code >= 1000 && code <= 1014 && (code < 1004 || code > 1006) || code >= 3000 && code <= 4999
	return sendable && len(reason) <= 123 && utf8.ValidString(reason)
}

// converse obeys, then echoes until the connection ends.
func converse(ctx context.Context, c *websocket.Conn, commands []string) {
	defer c.CloseNow()
	c.SetReadLimit(16 << 20)
	obey(ctx, c, commands)
	for {
		kind, message, err := c.Read(ctx)
		if err != nil {
			return
		}
		c.Write(ctx, kind, message)
	}
}

func serve(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err == nil {
		converse(context.Background(), c, commandsIn(r.RequestURI))
	}
}

// ask returns the message that the server has for us.
func ask(ctx context.Context, url string) string {
	c, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		return ""
	}
	defer c.Close(websocket.StatusNormalClosure, "")
	_, message, _ := c.Read(ctx)
	return string(message)
}

func runCases(ctx context.Context, base, agent string) {
	count, _ := strconv.Atoi(ask(ctx, base+"/getCaseCount"))
	for n := 1; n <= count; n++ {
		commands := commandsIn(ask(ctx, fmt.Sprint(base, "/getCaseInfo?case=", n)))
		c, _, err := websocket.Dial(ctx, fmt.Sprint(base, "/runCase?case=", n, "&agent=", agent), nil)
		if err == nil {
			converse(ctx, c, commands)
		}
	}
	ask(ctx, base+"/updateReports?agent="+agent)
}

func main() {
	switch {
	case len(os.Args) == 3 && os.Args[1] == "server":
		l, err := net.Listen("tcp", os.Args[2])
		if err == nil {
			fmt.Printf("listening on ws://%s\n", l.Addr())
			err = http.Serve(l, http.HandlerFunc(serve))
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	case len(os.Args) == 3 && os.Args[1] == "client":
		runCases(context.Background(), os.Args[2], "go-coder")
	default:
		fmt.Fprintln(os.Stderr, "usage: commands server HOST:PORT | commands client URL")
		os.Exit(2)
	}
}
