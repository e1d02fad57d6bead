// SPDX-License-Identifier: Apache-2.0

package ws

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// A Command tells an endpoint under test to do what it would not do by itself. A
// server finds its commands in the query of the request target, as the value of
// wsct; a client in the description of its next case. The endpoint performs them
// in order as soon as the connection is open.
//
//	commands = command *( "," command )
//	command  = "close" [ ":" CODE [ ":" REASON ] ]  begin the closing handshake
//	         | "ping" [ ":" PAYLOAD ]               send a Ping
//	         | "send" ":" TEXT [ ":" COUNT ]        send text messages, one without COUNT
//	         | "sendbig" ":" OCTETS                 send a binary message of that length
//	         | "shutdown"                           do as when the program is told to stop
//	         | "raise"                              do as when the application fails
//
// CODE, COUNT and OCTETS are decimal numbers. REASON, PAYLOAD and TEXT are
// percent-encoded (RFC 3986, 2.1), always in the case of "%", ",", ":", "&", "#"
// and "]". They may be any octets: what an API makes of a reason that is not
// UTF-8 or too long is one of the things to find out.
type Command struct {
	Word string    // the first word
	Code CloseCode // of close
	Bare bool      // close has no code
	Text string    // REASON, PAYLOAD or TEXT, decoded
	N    int       // COUNT or OCTETS
}

// Limits of commands, which come from a peer.
const (
	maxCommands = 16
	maxCount    = 10_000
	maxOctets   = 64 << 20
)

// ParseCommands reads a list of commands. The error names the command and what
// is wrong with it.
func ParseCommands(s string) ([]Command, error) {
	var all []Command
	for text := range strings.SplitSeq(s, ",") {
		c, err := parseCommand(text)
		if err != nil {
			return nil, fmt.Errorf("command %s: %w", quote(text), err)
		}
		if all = append(all, c); len(all) > maxCommands {
			return nil, fmt.Errorf("more than %d commands", maxCommands)
		}
	}
	return all, nil
}

// CommandsInTarget reads the commands in the query of a request target: none
// where it has no wsct.
func CommandsInTarget(target string) ([]Command, error) {
	_, query, _ := strings.Cut(target, "?")
	for pair := range strings.SplitSeq(query, "&") {
		if value, ok := strings.CutPrefix(pair, "wsct="); ok {
			return ParseCommands(value)
		}
	}
	return nil, nil
}

// CommandedTarget adds commands to the query of a request target; a query that is
// there stays.
func CommandedTarget(target, commands string) string {
	switch {
	case commands == "":
		return target
	case strings.Contains(target, "?"):
		return target + "&wsct=" + commands
	}
	return target + "?wsct=" + commands
}

// CommandedText adds commands to the description of a case.
func CommandedText(description, commands string) string {
	if commands == "" {
		return description
	}
	return description + " [wsct " + commands + "]"
}

// CommandsInText reads the commands in the description of a case, where they
// stand as "[wsct close:3000]": none where there is no such thing.
func CommandsInText(s string) ([]Command, error) {
	_, rest, ok := strings.Cut(s, "[wsct ")
	if !ok {
		return nil, nil
	}
	list, _, ok := strings.Cut(rest, "]")
	if !ok {
		return nil, errors.New("[wsct without ]")
	}
	return ParseCommands(list)
}

func parseCommand(s string) (Command, error) {
	word, arg, has := strings.Cut(s, ":")
	c := Command{Word: word}
	var err error
	switch word {
	case "close":
		err = c.parseClose(arg, has)
	case "ping":
		if c.Text, err = unescape(arg); err == nil && len(c.Text) > MaxControlPayload {
			err = fmt.Errorf("a Ping holds %d octets", MaxControlPayload)
		}
	case "send":
		text, count, counted := strings.Cut(arg, ":")
		c.N = 1
		if c.Text, err = unescape(text); err == nil && counted {
			c.N, err = parseNumber(count, maxCount)
		}
		if err == nil && !has {
			err = errors.New("want send:TEXT")
		}
	case "sendbig":
		c.N, err = parseNumber(arg, maxOctets)
	case "shutdown", "raise":
		if has {
			err = errors.New("takes no argument")
		}
	default:
		err = errors.New("want close, ping, send, sendbig, shutdown or raise")
	}
	return c, err
}

func (c *Command) parseClose(arg string, has bool) error {
	if c.Bare = !has; c.Bare {
		return nil
	}
	number, reason, _ := strings.Cut(arg, ":")
	code, err := parseNumber(number, 1<<16-1)
	if err != nil {
		return err
	}
	c.Code = CloseCode(code)
	c.Text, err = unescape(reason)
	return err
}

func parseNumber(s string, most int) (int, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil || n > uint64(most) {
		return 0, fmt.Errorf("%s is not a number from 0 to %d", quote(s), most)
	}
	return int(n), nil
}

// unescape decodes percent-encoding. Its errors do not repeat what they are about.
func unescape(s string) (string, error) {
	text, err := url.PathUnescape(s)
	if err != nil {
		return "", errors.New("percent sign without two hexadecimal digits")
	}
	return text, nil
}

// String returns the command as [ParseCommands] reads it.
func (c Command) String() string {
	switch {
	case c.Word == "close" && c.Bare:
		return c.Word
	case c.Word == "close" && c.Text == "":
		return fmt.Sprintf("close:%d", c.Code)
	case c.Word == "close":
		return fmt.Sprintf("close:%d:%s", c.Code, escape(c.Text))
	case c.Word == "ping" && c.Text == "":
		return c.Word
	case c.Word == "ping", c.Word == "send" && c.N == 1:
		return c.Word + ":" + escape(c.Text)
	case c.Word == "send":
		return fmt.Sprintf("send:%s:%d", escape(c.Text), c.N)
	case c.Word == "sendbig":
		return fmt.Sprintf("sendbig:%d", c.N)
	}
	return c.Word
}

// escape encodes every octet but the unreserved ones of RFC 3986, 2.3.
func escape(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// FormatCommands returns the list that [ParseCommands] reads.
func FormatCommands(cs []Command) string {
	var words []string
	for _, c := range cs {
		words = append(words, c.String())
	}
	return strings.Join(words, ",")
}
