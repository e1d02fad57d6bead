// SPDX-License-Identifier: Apache-2.0

package diagnosis

import (
	"path"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/ws"
)

// Each fault has a place to look at.
func TestLooks(t *testing.T) {
	for _, role := range []ws.Role{ws.Client, ws.Server} {
		for _, f := range Load(role) {
			if f.Look == "" {
				t.Errorf("%s, %s: nothing says where to look", f.Name, f.Topic)
			}
		}
	}
	for _, l := range parseLooks() {
		if l.text == "" || strings.HasSuffix(l.text, ".") {
			t.Errorf("%q: %q is no clause", l.topic, l.text)
		}
		for _, p := range l.patterns {
			if _, err := path.Match(p, ""); err != nil {
				t.Errorf("pattern %s: %v", p, err)
			}
		}
	}
	for name, want := range map[string]string{
		"ignores-rsv-on-ping": "RSV1", "no-utf8-check": "1007", "drops-on-close": "first is answered", "accepts-rsv1-although-declined": "RSV1",
		"answers-window-above-offer": "server_max_window_bits", "delivers-fragments-singly": "appended until FIN",
	} {
		if got := whereToLook(parseLooks(), Fault{Name: name}); !strings.Contains(got, want) {
			t.Errorf("%s: %q does not speak of %s", name, got, want)
		}
	}
}
