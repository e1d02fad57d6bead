// SPDX-License-Identifier: Apache-2.0

package testee_test

import (
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/wsspec/wsspec/internal/testee"
)

// The catalogue is in order, has each entry once, and names faults that exist.
func TestCatalogue(t *testing.T) {
	faults := map[string]testee.Fault{}
	for _, f := range testee.AllFaults() {
		faults[f.Name] = f
	}
	id := regexp.MustCompile(`^(M[0-9]{3}|R[1-9][0-9]?)$`)
	kind, last := "M", 0
	for _, row := range testee.Catalogue() {
		if !id.MatchString(row[0]) || len(row) < 2 {
			t.Errorf("row %q", row)
			continue
		}
		n, _ := strconv.Atoi(row[0][1:])
		if row[0][:1] == kind && n <= last {
			t.Errorf("%s comes after %d", row[0], last)
		}
		kind, last = row[0][:1], n
		for _, name := range row[1:] {
			if !slices.Contains(faults[name].Catalogue, row[0]) {
				t.Errorf("%s: no fault %s has this id", row[0], name)
			}
		}
	}
}
