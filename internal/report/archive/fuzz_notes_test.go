// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"encoding/binary"
	"reflect"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/reporttest"
)

func everyFile(name []byte, _ stamp) (string, bool) { return string(name), true }

func notesOf(rep *report.Report) *notes {
	n := &notes{index: stamp{7, 8}}
	for _, a := range rep.Agents {
		x := noted{name: a.Name}
		for i, r := range a.Results {
			r.File = "x_case_" + r.ID + ".json"
			r.Turns = []report.Turn{{Name: "again", Verdict: r.Verdict, Took: time.Second}}
			r.Flags = []string{"--edition", "0.7"}
			x.results, x.stamps = append(x.results, lighten(r)), append(x.stamps, stamp{int64(i), -int64(i)})
		}
		n.agents = append(n.agents, x)
	}
	return n
}

// Notes say what was noted.
func TestNotes(t *testing.T) {
	for _, rep := range []*report.Report{{}, reporttest.Mixed(), reporttest.Hostile()} {
		want := notesOf(rep)
		got, err := decodeNotes(want.encode(), everyFile)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v\n%+v\nwant\n%+v", err, got, want)
		}
	}
}

// Whatever the octets between version and sum are, they are notes or damaged.
func FuzzNotes(f *testing.F) {
	for _, rep := range []*report.Report{{}, reporttest.Mixed()} {
		b := notesOf(rep).encode()
		f.Add(b[len(lightVersion) : len(b)-4])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		b := append([]byte(lightVersion), body...)
		b = binary.LittleEndian.AppendUint32(b, checksum(b))
		n, err := decodeNotes(b, everyFile)
		if err != nil {
			return
		}
		again, err := decodeNotes(n.encode(), everyFile)
		if err != nil || !reflect.DeepEqual(again, n) {
			t.Errorf("%v\n%+v\nwant\n%+v", err, again, n)
		}
	})
}
