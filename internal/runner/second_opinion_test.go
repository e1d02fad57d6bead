// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/klauspost/compress/flate"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// TestSecondOpinions gives each compressed message that the cases of 16 to 19 send to two
// inflaters that are not ours. One that a correct endpoint returns, as the case wants it to,
// both inflate to the same octets. One that it refuses, at least one of them refuses too.
//
// That zlib stops at a final block, and a message need not, is no difference of opinion:
// testdata/inflate.py goes on behind it, and so does history.inflate.
func TestSecondOpinions(t *testing.T) {
	withoutRaceDetector(t, "every compressed message of the catalogue, inflated three times")
	all := append(eavesdropAll(t, ws.Server), eavesdropAll(t, ws.Client)...)
	opinions := map[string][][]string{"klauspost/compress": klauspost(all), "zlib": zlib(t, all)}
	valid, invalid := map[string]int{}, map[string]int{}
	for i, c := range all {
		for j, l := range c.ours {
			if !l.compressed {
				continue
			}
			refused := true
			for name, all := range opinions {
				said := all[i][j]
				refused = refused && said != ""
				switch {
				case j < len(c.theirs) && said != c.theirs[j].digest:
					t.Errorf("%s, message %d of %.40x…: not what %s makes of it, or that refuses it", c.id, j, l.octets, name)
				case j == len(c.theirs) && elsewhere(c.id) != "" && l.whole && said == "":
					t.Errorf("%s, message %d of %.40x…: refused by %s, and the case is about %s", c.id, j, l.octets, name, elsewhere(c.id))
				}
			}
			switch {
			case j < len(c.theirs):
				valid[c.id]++
			case j == len(c.theirs):
				invalid[c.id]++
				if refused && elsewhere(c.id) == "" {
					t.Errorf("%s, message %d of %.40x…: refused by neither", c.id, j, l.octets)
				}
			}
		}
	}
	for _, c := range beyond(t, ws.Server, "18.1.* 19.*").plan {
		if valid[c.ID]+invalid[c.ID] == 0 && unheard(c.ID) == "" {
			t.Errorf("%s: no compressed message was heard", c.ID)
		}
	}
	t.Logf("of %d cases messages that are valid, of %d some that are not", len(valid), len(invalid))
}

// elsewhere is what is wrong with the message that a case has refused, where that is not how
// it is compressed.
func elsewhere(id string) string {
	switch {
	case strings.HasPrefix(id, "19.1."):
		return "bits of frames"
	case slices.Contains(strings.Fields("19.3.1 19.3.2 19.3.3 19.3.5"), id):
		return "UTF-8"
	case slices.Contains(strings.Fields("19.3.7 19.3.8"), id):
		return "size"
	}
	return ""
}

// unheard is why a case sends no compressed message here.
func unheard(id string) string {
	switch id {
	case "18.1.14", "19.1.2", "19.1.3", "19.1.4", "19.1.5", "19.1.7", "19.1.8", "19.1.10":
		return "it is about what is not compressed"
	case "19.3.9":
		return "it needs a limit; what it sends is made as that of 19.3.7 is"
	}
	return ""
}

// eavesdropAll plays the cases in which messages are compressed against a correct endpoint.
func eavesdropAll(t *testing.T, role ws.Role) []correspondence {
	t.Helper()
	var mu sync.Mutex
	var all []correspondence
	b := beyond(t, role, "16.* 17.* 18.* 19.*")
	synctest.Test(t, func(t *testing.T) {
		for _, c := range b.plan {
			end := b.endpoint(t.Context(), testee.Config{})
			r, err := runner.PlayAll(c, func(c runner.Planned) (report.Result, error) {
				heard, r, err := b.eavesdrop(t.Context(), end, c)
				mu.Lock()
				defer mu.Unlock()
				if slices.ContainsFunc(heard.ours, func(l letter) bool { return l.compressed }) {
					all = append(all, heard)
				}
				return r, err
			})
			end.stop()
			if err != nil || r.Verdict.Failed() {
				t.Errorf("%s: %v, %+v", c.ID, err, r.Verdict)
			}
		}
	})
	return all
}

// history is what messages may refer to.
type history []byte

func (h history) and(more []byte) history {
	h = append(h, more...)
	return h[max(0, len(h)-1<<deflate.MaxWindowBits):]
}

// inflate has klauspost/compress inflate a message, and returns its digest.
func (h *history) inflate(message []byte) (string, error) {
	const tail, last = "\x00\x00\xff\xff", "\x01\x00\x00\xff\xff" // the block that is left out, and one to see that nothing is missing
	rest, digest := bytes.NewReader(append(bytes.Clone(message), tail+last...)), sha256.New()
	part := make([]byte, 1<<16)
	for rest.Len() > 0 { // behind a final block
		r := flate.NewReaderDict(rest, *h)
		for {
			n, err := r.Read(part)
			digest.Write(part[:n])
			*h = h.and(part[:n])
			if err == io.EOF {
				break
			}
			if err != nil {
				return "", err
			}
		}
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

// klauspost is what klauspost/compress makes of our messages: digests, or nothing where it
// refuses one. It knows no smaller windows.
func klauspost(all []correspondence) [][]string {
	var opinions [][]string
	for _, c := range all {
		var h history
		var digests []string
		for _, l := range c.ours {
			if !l.compressed {
				digests = append(digests, "")
				continue
			}
			digest, err := h.inflate(l.octets)
			if err != nil {
				digest = ""
			}
			digests = append(digests, digest)
			if c.forgets {
				h = nil
			}
		}
		opinions = append(opinions, digests)
	}
	return opinions
}

// zlib is the same of the library that most others are measured by, as Python has it.
func zlib(t *testing.T, all []correspondence) [][]string {
	t.Helper()
	python, err := exec.LookPath("python3")
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		t.Fatal(err)
	default:
		t.Skipf("no second opinion of zlib: %v", err)
	}
	var in bytes.Buffer
	out := json.NewEncoder(&in)
	for _, c := range all {
		var connection struct {
			Window   int      `json:"window"`
			Forgets  bool     `json:"forgets"`
			Messages []string `json:"messages"`
		}
		connection.Window, connection.Forgets = c.window, c.forgets
		for _, l := range c.ours {
			if l.compressed {
				connection.Messages = append(connection.Messages, hex.EncodeToString(l.octets))
			}
		}
		if err := out.Encode(connection); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), python, "-B", "testdata/inflate.py")
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	said, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return spread(t, said, all)
}

// spread gives the digests of compressed messages their places among all.
func spread(t *testing.T, lines []byte, all []correspondence) [][]string {
	t.Helper()
	in := json.NewDecoder(bytes.NewReader(lines))
	var opinions [][]string
	for _, c := range all {
		var said []string // null is ""
		if err := in.Decode(&said); err != nil {
			t.Fatal(fmt.Errorf("from Python: %w", err))
		}
		digests := make([]string, len(c.ours))
		for j, l := range c.ours {
			if l.compressed {
				digests[j], said = said[0], said[1:]
			}
		}
		opinions = append(opinions, digests)
	}
	return opinions
}
