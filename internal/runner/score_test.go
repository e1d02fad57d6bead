// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/wsspec/wsspec/internal/golden"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// playBeyond plays the cases beyond the reference with a fault and returns those that
// end otherwise than without it. What moves megabytes is played where the rest shows
// nothing, and where it shows so much that the fault is likely to break that too.
func (b *bench) playBeyond(t *testing.T, fault string, faultless map[string]outcome) []outcome {
	t.Helper()
	differs := func(plan []runner.Planned) []outcome {
		return slices.DeleteFunc(outcomes(b.surveyed(t, fault, plan)), func(o outcome) bool {
			same := faultless[o.id]
			return !o.wrong() || o.Behavior == same.Behavior && o.Close == same.Close
		})
	}
	const much = 60
	found := differs(slices.DeleteFunc(slices.Clone(b.beyond), voluminous))
	if len(found) == 0 || len(found) > much {
		found = append(found, differs(slices.DeleteFunc(slices.Clone(b.beyond), func(c runner.Planned) bool { return !voluminous(c) }))...)
	}
	return found
}

// wrong reports whether something is not as it should be.
func (o outcome) wrong() bool {
	return o.Verdict.Failed() || o.Behavior == verdict.NonStrict || o.Close == verdict.WrongCode
}

// surveyed plays the cases and then judges the surveys by what they have shown.
func (b *bench) surveyed(t *testing.T, fault string, plan []runner.Planned) []report.Result {
	t.Helper()
	var shown survey.Gatherer
	seeing := *b
	seeing.settings.See = func(log *wirelog.Log) { shown.See(log, 0, false) }
	results := seeing.play(t, fault, plan)
	synctest.Test(t, func(*testing.T) {
		for _, c := range b.surveys {
			results = append(results, b.settings.Survey(c, fault, b.role.Other(), shown.Evidence()))
		}
	})
	return results
}

// found reports whether the fault shows: in cases of the reference alone, and in all.
func (r row) found() (reference, all bool) {
	reference = slices.ContainsFunc(r.outcomes, outcome.wrong)
	return reference, reference || len(r.beyond) > 0
}

// checkScore prints how many entries of the catalogue of faults are found, by the cases
// of the reference and by all, and holds the list of those that are not found against a
// golden file, so that none is lost unseen.
func (b *bench) checkScore(t *testing.T, rows []row) {
	t.Helper()
	reference, all := map[string]bool{}, map[string]bool{}
	for _, r := range rows {
		byReference, byAll := r.found()
		for _, id := range r.fault.Catalogue {
			reference[id] = reference[id] || byReference
			all[id] = all[id] || byAll
		}
	}
	count := func(found map[string]bool) (n int) {
		for _, is := range found {
			if is {
				n++
			}
		}
		return n
	}
	t.Logf("%ss: of %d entries of the catalogue of faults, the 517 find %d, all cases %d", b.role, len(all), count(reference), count(all))
	var text strings.Builder
	fmt.Fprintf(&text, unfoundHead, b.role, len(all), count(reference), count(all))
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if !all[id] {
			fmt.Fprintf(&text, "%s\n", strings.Join(named([]string{id}), ", "))
		}
	}
	golden.Check(t, "unfound_"+b.role.String()+"s.txt", []byte(text.String()))
}

const unfoundHead = `# Entries of the catalogue of faults that no case finds in %ss, when all cases are played
# against one endpoint with the fault on a network in memory.
#
# Of %d entries the 517 cases of the reference find %d, and all cases %d. A fault counts as
# found where a case goes wrong that does not with a faultless endpoint. Those below need what
# such a run does not have (several connections at a time, an endpoint that is told what to
# do, a profile), or are seen by cases that only inform, as no rule is broken.

`

// named are catalogue entries with the faults that stand for them.
func named(ids []string) []string {
	var names []string
	for _, id := range ids {
		for _, f := range testee.AllFaults() {
			if slices.Contains(f.Catalogue, id) {
				names = append(names, fmt.Sprintf("%s %s", id, f.Name))
			}
		}
	}
	return names
}

// byChance are faults of clients that go wrong in cases beyond the reference otherwise in
// each run, and why. That they do go wrong is certain.
func byChance(role ws.Role, fault string) string {
	if role != ws.Client {
		return ""
	}
	const masked = "octets that a random key has masked are read as a header"
	return map[string]string{
		"little-endian-lengths":    masked,
		"length-126-in-seven-bits": masked,
		"closes-inside-frame":      masked,
		"sends-bare-lf":            "either side may be the first to give up the handshake",
	}[fault]
}
