// SPDX-License-Identifier: Apache-2.0

package diagnosis

import (
	"reflect"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/ws"
)

// What Line prints is read back, and the lines of the other role are passed over.
func TestTable(t *testing.T) {
	want := Fault{Name: "a", Title: "Does a", Topic: "text", Legal: true, Shows: map[string]Outcome{
		"1.1.1": {"FAILED", "OK", true}, "2.1": {"NON-STRICT", "WRONG CODE", false},
	}}
	line := want.Line(ws.Client, []string{"1.1.1", "1.1.2", "2.1"})
	other := strings.Replace(line, "client", "server", 1)
	for text, n := range map[string]int{line: 1, other: 0, other + line + other: 1, "": 0} {
		got, err := parse(text, ws.Client)
		if err != nil || len(got) != n || n == 1 && !reflect.DeepEqual(got[0], want) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"x", "nobody\ta\t\tb\tc\t", line + "client\ta\t\tb\tc\t1.1=F", "client\ta\t\tb\tc\t1.1=FX"} {
		if got, err := parse(text, ws.Client); err == nil || !strings.HasPrefix(err.Error(), "line ") {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func TestNothingWrong(t *testing.T) {
	right := []Observed{{"1.1.1", Outcome{"OK", "OK", false}}, {"12.1.1", Outcome{"UNIMPLEMENTED", "OK", false}}}
	if d := Of(ws.Server, right); !reflect.DeepEqual(d, Diagnosis{}) {
		t.Errorf("%+v", d)
	}
}
