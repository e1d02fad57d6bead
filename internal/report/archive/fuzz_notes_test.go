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

// fill sets whatever can be set.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if at, ok := v.Addr().Interface().(*time.Time); ok {
			*at = time.Date(2026, 3, 4, 5, 6, 7, 8, time.UTC)
			return
		}
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				fill(f)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64, reflect.Int8:
		v.SetInt(3)
	case reflect.Uint64, reflect.Uint8, reflect.Uint16:
		v.SetUint(3)
	}
}

// A field that results get one day is noted, or left out by lighten: never forgotten.
func TestNotesHaveEveryField(t *testing.T) {
	var r report.Result
	fill(reflect.ValueOf(&r).Elem())
	want := lighten(r)
	n := &notes{agents: []noted{{name: r.Agent, results: []report.Result{want}, stamps: []stamp{{1, 2}}}}}
	want.File = "x_case_1.json"
	n.agents[0].results[0].File = want.File
	got, err := decodeNotes(n.encode(), everyFile)
	if err != nil || !reflect.DeepEqual(got.agents[0].results[0], want) {
		t.Errorf("%v\n%+v\nwant\n%+v", err, got, want)
	}
}
