// SPDX-License-Identifier: Apache-2.0

package conversation_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/ws"
)

// Everything that can be said, in the form in which it is printed.
const everything = `conversation 1
role: client
requirement: rfc6455-5.5-3
rule: Control frames must not be fragmented.
expected: the connection fails with 1002
received: pong "x"
agent: some/1.0
found: seed 7, conversation 12

connection 1
offer "permessage-deflate; client_max_window_bits"
command "close:1000"
head line "GET {target} HTTP/1.0"
head without "Host"
head with "Connection: keep-alive, Upgrade"
head add "Sec-WebSocket-Version: 13"
head body "x"
head add 0x583a20ff
head chop 1
head together
> text "Hello"
> text more rsv=4 deflate{fixed "Hello" end tail}[0:3]
> continuation deflate{fixed "Hello" end tail}[3:7]
> binary mask=00000000 form=64 declared=7 chop=2 cut=1-3 0x00ff
> ping unmasked "a \"b\" {c}"
> opcode3 repeat=70000 times=3 "ab"
pause 10ms
await
connection 2
>> 2 8900
end writing
connection 1
> text rsv=4 deflate{final dynamic "abba" "abba" end fixed "a" copy 3 1 *4 end storedas 5 5 0xffff symbol 286}
> text rsv=4 deflate{}
reset
`

func TestEverythingReadsAsItPrints(t *testing.T) {
	text := strings.Replace(everything, " symbol 286", " fixed symbol 286", 1)
	c, err := conversation.Parse("x.wsspec", text)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.String(); got != text {
		t.Errorf("got:\n%s\nwant:\n%s", got, text)
	}
	if f := c.Steps[1].Frame; f.RSV != 4 || f.Fin || !f.Masked || f.Key != conversation.DefaultKey() || len(f.Payload) != 3 {
		t.Errorf("%+v", f)
	}
	if f := c.Steps[5].Frame; f.Length != 70000 || f.Len() != 70000 || len(f.Append(nil)) != 70000+14 || f.Times != 3 || !bytes.HasSuffix(f.Whole(), []byte("abab")) {
		t.Errorf("repeated: %+v", f)
	}
	if c.Frames() != 11 {
		t.Errorf("%d frames", c.Frames())
	}
}

func TestServersDoNotMask(t *testing.T) {
	const text = "conversation 1\nrole: server\n\n> text \"a\"\n> text mask=37fa213d \"a\"\n"
	c, err := conversation.Parse("x", text)
	if err != nil || c.String() != text || c.Steps[0].Frame.Masked || !c.Steps[1].Frame.Masked {
		t.Errorf("%v\n%v", err, c)
	}
}

func TestMistakesHavePlaceAndRemedy(t *testing.T) {
	const head = "conversation 1\nrole: client\n\n"
	for _, c := range []struct{ text, want string }{
		{"", "x: the file is empty"},
		{"hello\n", `x:1: "hello": a conversation begins with`},
		{"conversation 1\n\n", "x: the head does not say"},
		{"conversation 1\nrole: client\n", "x: there is no empty line"},
		{"conversation 1\nrole: both\n", "x:2: role"},
		{"conversation 1\nrole: client\nrole: client\n", "x:3: role is said twice"},
		{"conversation 1\nfoo: x\n", `x:2: "foo" is no field`},
		{"conversation 1\nfoo\n", "x:2:"},
		{head + "> txet \"a\"\n", "x:4: opcode"},
		{head + "> text a\n", "x:4: "},
		{head + "> text sync \"a\"\n", "x:4: sync says how"},
		{head + "> text repeat=99999999999 \"a\"\n", "x:4: a payload has at most"},
		{head + "> text repeat=99999999999999999999 \"a\"\n", "x:4: \"repeat=99999999999999999999\": want a number, and no larger one"},
		{head + "> text declared=18446744073709551616 \"a\"\n", "x:4: \"declared=18446744073709551616\": want a number, and no larger one"},
		{head + "> text cut=1-2-3 \"a\"\n", "x:4: \"cut=1-2-3\": want a number"},
		{head + "> text rsv=9 \"a\"\n", "x:4: \"rsv=9\": want a number"},
		{head + "> text times=0 \"\"\n", "x:4: \"times=0\": want a number"},
		{head + "> text repeat=1000000 times=100 \"a\"\n", "x:4: more than"},
		{head + "> text repeat=5 \"\"\n", "x:4: repeat needs octets"},
		{head + "> text deflate{fixed \"a\"\n", "x:4: deflate{ without }"},
		{head + "> text deflate{\"a\"}\n", `x:4: deflate{...}: "a": deflate: a literal or length outside`},
		{head + "> text deflate{fixed foo}\n", `x:4: deflate{...}: there is no "foo"`},
		{head + "> text deflate{fixed \"a\" end tail}[5:2]\n", "x:4: deflate{...}[5:2]: want [FROM:TO]"},
		{head + "> text deflate{fixed copy 3}\n", "x:4: deflate{...}: copy"},
		{head + "> text deflate{fixed copy 1 1 end}\n", "x:4: deflate{...}: copy 1 1"},
		{head + "pause 1h\n", "x:4: pause"},
		{head + "connection 3\n", "x:4: connection"},
		{head + "sleep\n", `x:4: "sleep": want a frame`},
		{head + "await\noffer \"x\"\n", "x:5: offer belongs before"},
		{head + "head shout \"x\"\n", "x:4: head \"shout\""},
		{head + "head line x\n", "x:4: head line"},
		{head + "command \"dance\"\n", "x:4: command"},
		{head + ">> 5 01\n", "x:4: octets"},
		{strings.Repeat("#", conversation.MaxText+1), "x: longer than"},
	} {
		if _, err := conversation.Parse("x", c.text); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%.80q: %v, want %s", c.text, err, c.want)
		}
	}
}

func TestSliceKeepsItsBlocks(t *testing.T) {
	b := conversation.Blocks{{Word: "fixed"}, {Text: "Hello"}, {Word: "end"}, {Word: "tail"}}
	f, err := conversation.Deflated(ws.Client, ws.Text, b)
	if err != nil {
		t.Fatal(err)
	}
	part := f.Slice(2, 5).Slice(1, 2)
	if part.From != 3 || part.To != 4 || part.Length != 1 || part.Payload[0] != f.Payload[3] {
		t.Errorf("%+v", part)
	}
	if got, want := part.Text(ws.Client), `text rsv=4 deflate{fixed "Hello" end tail}[3:4]`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(everything)
	f.Add("conversation 1\nrole: server\n\n> text mask=37fa213d \"a\"\nanswer \"no\"\n")
	f.Add("conversation 1\nrole: client\n\nconnection 1\nhead body \"\"\nconnection 2\nawait\n")
	f.Add("conversation 1\nrole: client\n\n> text rsv=4 deflate{stored \"a\" octets 0x00 bits 7 3 cut 1 distance 1 1}\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := conversation.Parse("x", text)
		if err != nil {
			return
		}
		printed := c.String()
		again, err := conversation.Parse("x", printed)
		if err != nil {
			t.Fatalf("%q prints as %q: %v", text, printed, err)
		}
		if twice := again.String(); twice != printed {
			t.Fatalf("%q prints as %q and then as %q", text, printed, twice)
		}
	})
}
