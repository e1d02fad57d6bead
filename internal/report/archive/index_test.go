// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"testing"

	"github.com/wsspec/wsspec/internal/report/reporttest"
)

// The index is what the standard library would make of it.
func TestIndexIsJSON(t *testing.T) {
	code := 1000
	for _, index := range []map[string]map[string]indexRow{
		nil, {}, {"none": {}},
		{"b": {"1.2": {}, "1.10": {Behavior: "OK", BehaviorClose: "UNCLEAN", Duration: -7, RemoteCloseCode: &code, ReportFile: "b_case_1_10.json"}}, "a\"\\\n": {"1": {}}},
		{reporttest.Nasty: {reporttest.Nasty: {Behavior: reporttest.Nasty, ReportFile: reporttest.Nasty}}, "κόσμε\x7f": {}, "\U0001F600": {"": {}}},
	} {
		want, err := encode(index)
		if index == nil {
			want = []byte("{}")
		}
		if got := encodeIndex(index); err != nil || string(got) != string(want) {
			t.Errorf("%v\n%s\nwant\n%s", err, got, want)
		}
	}
}
