// SPDX-License-Identifier: Apache-2.0

package cases_test

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/corpus"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// volumeFact is what the catalogue says of a compression case beside its steps.
type volumeFact struct {
	ID       string
	Len      int
	Count    int
	Wait     int `json:"waitsecs"`
	Fragment int `json:"autofragsize"`
	Binary   bool
	Data     string   `json:"testdata"`
	Offers   []string `json:"client_offers"`
	Rule     string   `json:"server_accept_rule"`
}

// eachCompression runs f as a subtest for every compression case.
func eachCompression(t *testing.T, f func(t *testing.T, c conform.Case, want volumeFact)) {
	b, err := os.ReadFile("testdata/catalogue.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []volumeFact
	if err := json.Unmarshal(b, &rows); err != nil {
		t.Fatal(err)
	}
	facts := map[string]volumeFact{}
	for _, r := range rows {
		if r.Rule != "" {
			facts[r.ID] = r
		}
	}
	for _, c := range cases.All(cases.Current) {
		if !c.Has(conform.Deflate) {
			continue
		}
		want, known := facts[c.ID]
		if !known {
			t.Errorf("%s is not in the catalogue", c.ID)
		}
		delete(facts, c.ID)
		t.Run(c.ID, func(t *testing.T) { f(t, c, want) })
	}
	for id := range facts {
		t.Errorf("%s of the catalogue is missing", id)
	}
}

func TestCompressionCasesAreTheCatalogues(t *testing.T) {
	eachCompression(t, func(t *testing.T, c conform.Case, want volumeFact) {
		var offers []string
		for _, o := range c.Open.Offers {
			offers = append(offers, o.String())
		}
		if got, want := strings.Join(offers, ", "), strings.Join(want.Offers, ", "); got != want {
			t.Errorf("offers %q\nwant   %q", got, want)
		}
		if w := c.Want; w.Echoes != want.Count || w.Within != time.Duration(want.Wait)*time.Second || !w.NeedsDeflate || len(w.Outcomes) != 0 {
			t.Errorf("wants %+v, the catalogue %d echoes in %d s", w, want.Count, want.Wait)
		}
		if k := c.Close; !k.ByUs || len(k.Codes) != 1 || k.Codes[0] != 1000 || !k.Clean || k.WrongEndFails || k.WrongCodeFails {
			t.Errorf("closing %+v", k)
		}
		checkAccept(t, c.Open.Accept, want.Rule)
	})
}

// checkAccept asks a server's policy for its answers to offers of every kind. To
// give up context takeover can be asked of any client, a window only of one that
// offers the parameter (RFC 7692, 7.1.1.2 and 7.1.2.2).
func checkAccept(t *testing.T, accept deflate.Accept, rule string) {
	t.Helper()
	const name, no, bits = "permessage-deflate", "; client_no_context_takeover", "; client_max_window_bits"
	answers := map[string][]string{ // to the offers below, in order
		"accept_deflate": {name, name, name, name, name + "; server_no_context_takeover; server_max_window_bits=10"},
		"accept1":        {name, name, name, name, name + "; server_no_context_takeover; server_max_window_bits=10"},
		"accept2":        {name + no, name + no, name + no, name + no, name + "; server_no_context_takeover; server_max_window_bits=10" + no},
		"accept3":        {"", "", name + bits + "=9", name + bits + "=9", ""},
		"accept4":        {"", "", name + bits + "=15", name + bits + "=15", ""},
		"accept5":        {"", "", name + no + bits + "=9", name + no + bits + "=9", ""},
		"accept6":        {"", "", name + no + bits + "=15", name + no + bits + "=15", ""},
		"accept7":        {name + no, name + no, name + no + bits + "=9", name + no + bits + "=9", name + "; server_no_context_takeover; server_max_window_bits=10" + no},
	}[rule]
	for i, offers := range []string{
		name,
		name + no,
		name + bits,
		name + ", " + name + no + bits,
		name + no + "; server_no_context_takeover; server_max_window_bits=10",
	} {
		xs, err := ws.ParseExtensions([]string{offers})
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := deflate.ParseOffers(xs)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if a, ok := accept(parsed); ok {
			got = a.String()
		}
		if got != answers[i] {
			t.Errorf("%s answers %q with %q, want %q", rule, offers, got, answers[i])
		}
	}
}

// A peer that inflates with the standard library gets the messages it should, in
// fragments of the size it should, and its echoes are taken. Only short
// messages are played to the thousandth.
func TestCompressedMessages(t *testing.T) {
	data := corpus.New()
	eachCompression(t, func(t *testing.T, c conform.Case, want volumeFact) {
		times := want.Count
		if want.Len > 256 || conform.Category(c.ID) == "13" && want.Len > 16 {
			times = 3
		}
		var set *corpus.Set
		for _, k := range corpus.Kinds() {
			if k.File() == want.Data {
				set = data.Set(k)
			}
		}
		for _, role := range []ws.Role{ws.Client, ws.Server} {
			synctest.Test(t, func(t *testing.T) {
				got := play(t, c, role, func(s stream.Stream, r *bufio.Reader) { echoInflated(t, s, r, role, set, want, times) })
				if got.log.Echo.Matched != times || got.log.Echo.Difference != "" {
					t.Errorf("as a %v: echoes: %+v", role, got.log.Echo)
				}
				if times < want.Count {
					return
				}
				if v := verdict.Judge(c.Want, c.Close, got.log); v.Behavior != verdict.OK || v.Close != verdict.OK {
					t.Errorf("as a %v: %+v", role, v)
				}
			})
		}
	})
}

// echoInflated takes compressed messages, checks them, and sends them back as they are.
func echoInflated(t *testing.T, s stream.Stream, r *bufio.Reader, role ws.Role, set *corpus.Set, want volumeFact, times int) {
	var history []byte
	op := byte(1)
	if want.Binary {
		op = 2
	}
	for i := range times {
		compressed, err := readCompressed(r, role, op, want.Fragment)
		if err != nil {
			t.Errorf("message %d: %v", i, err)
			return
		}
		in := io.MultiReader(bytes.NewReader(compressed), strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff"))
		message, err := io.ReadAll(flate.NewReaderDict(in, history))
		if err != nil || !bytes.Equal(message, set.Window(i, want.Len)) {
			t.Errorf("message %d: %d octets, %v", i, len(message), err)
			return
		}
		history = append(history, message...)
		history = bytes.Clone(history[max(0, len(history)-32<<10):])
		_, _ = s.Write(encodeFrame(op, role == ws.Server, message))
	}
	if times == want.Count {
		discard(r, 4+4*int(1-role))
		closeWith(s, role, 1000)
	}
}

// readCompressed reads the frames of a message and checks their headers: RSV1 on
// the first alone, and all but the last of the fragment's size.
func readCompressed(r *bufio.Reader, role ws.Role, op byte, fragment int) (message []byte, err error) {
	for first := true; ; first = false {
		head := make([]byte, 2)
		if _, err := io.ReadFull(r, head); err != nil {
			return nil, err
		}
		n := int(head[1] & 0x7f)
		if extra := map[int]int{126: 2, 127: 8}[n]; extra > 0 {
			length := make([]byte, 8)
			if _, err := io.ReadFull(r, length[8-extra:]); err != nil {
				return nil, err
			}
			n = int(binary.BigEndian.Uint64(length))
		}
		key := make([]byte, 4)
		if role == ws.Client {
			if _, err := io.ReadFull(r, key); err != nil {
				return nil, err
			}
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(r, body); err != nil {
			return nil, err
		}
		message = append(message, xor(key, 0, body)...)
		fin := head[0]&0x80 != 0
		wantHead := byte(0)
		if first {
			wantHead = 0x40 | op
		}
		switch {
		case head[0]&0x7f != wantHead:
			return nil, fmt.Errorf("header %x", head)
		case fragment == 0 && !fin, !fin && n != fragment, fragment > 0 && fin && !first && n >= fragment, fragment > 0 && n > fragment:
			return nil, fmt.Errorf("a frame of %d octets, last %v, with fragments of %d", n, fin, fragment)
		case fin:
			return message, nil
		}
	}
}

// A peer that does not do compression is closed with 1000 at once.
func TestCompressionUnimplemented(t *testing.T) {
	eachCompression(t, func(t *testing.T, c conform.Case, _ volumeFact) {
		synctest.Test(t, func(t *testing.T) {
			got := playOffering(t, c, ws.Client, nil, func(s stream.Stream, r *bufio.Reader) {
				discard(r, 8)
				closeWith(s, ws.Client, 1000)
			})
			if v := verdict.Judge(c.Want, c.Close, got.log); v.Behavior != verdict.Unimplemented || v.Close != verdict.OK {
				t.Errorf("%+v", v)
			}
			if len(got.octets) != 8 || got.ended != 0 {
				t.Errorf("%x went out, ended after %v", got.octets, got.ended)
			}
		})
	})
}

// Where no echo comes, we close without a code when the time is over.
func TestCompressionTimeout(t *testing.T) {
	eachCompression(t, func(t *testing.T, c conform.Case, want volumeFact) {
		synctest.Test(t, func(t *testing.T) {
			got := play(t, c, ws.Server, silent)
			last := got.writes[len(got.writes)-1]
			if wait := time.Duration(want.Wait) * time.Second; last.at != wait || got.ended != wait+time.Second || !bytes.HasSuffix(got.octets, []byte{0x88, 0}) {
				t.Errorf("the last write after %v, TCP dropped after %v, want a Close after %v", last.at, got.ended, wait)
			}
			if v := verdict.Judge(c.Want, c.Close, got.log); v.Behavior != verdict.Failed || v.Result != fmt.Sprintf("Did not receive message within %d seconds.", want.Wait) {
				t.Errorf("%+v", v)
			}
		})
	})
}
