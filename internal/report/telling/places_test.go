// SPDX-License-Identifier: Apache-2.0

package telling_test

import (
	"testing"

	"github.com/wsspec/wsspec/internal/diagnosis"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/ws"
)

// Of each fault that a diagnosis can name, it is said what to look at.
func TestLookAt(t *testing.T) {
	for _, role := range []ws.Role{ws.Client, ws.Server} {
		for _, f := range diagnosis.Load(role) {
			if telling.LookAt(diagnosis.Cause{Fault: f}) == "" {
				t.Errorf("%s (%s): where is it made?", f.Name, f.Topic)
			}
		}
	}
}
