// SPDX-License-Identifier: Apache-2.0

package fuzz_test

import (
	"slices"
	"testing"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/model"
)

// finding is one that breaks a sentence. Text makes its shape.
func finding(t *testing.T, level model.Level, rule, text string, unusual ...string) fuzz.Finding {
	t.Helper()
	c, err := conversation.Parse("test", "conversation 1\nrole: client\n\n"+text+"\n")
	if err != nil {
		t.Fatal(err)
	}
	v := model.Violation{Level: level, Requirement: rule, What: "it is wrong"}
	return fuzz.Finding{Name: fuzz.Name(v, c), Conversation: c, Violation: v, Unusual: unusual}
}

// What comes of a mistake that shows alone is left out and counted, in whichever order they come.
func TestCollection(t *testing.T) {
	const final, mask, text = "7692-7.2.1-4", "6455-5.1-3", "6455-8.1-1"
	root := finding(t, model.Must, final, `> text rsv=4 0xff`, final)
	behind := []fuzz.Finding{
		finding(t, model.Must, "6455-5.6-4", `> binary rsv=4 0xff`, final),
		finding(t, model.Must, mask, "> text rsv=4 0xff\n> ping unmasked \"\"", final, mask),
		finding(t, model.Must, final, "> text rsv=4 0xff\n> ping unmasked \"\"", final, mask),
		finding(t, model.Should, "6455-7.1.7-2", `> text more rsv=4 0xff`, final),
	}
	apart := []fuzz.Finding{
		finding(t, model.Must, final, `> binary rsv=4 0xff`, final), // another shape of the mistake itself
		finding(t, model.Must, mask, `> ping unmasked ""`, mask),
		finding(t, model.Must, "6455-5.6-4", `> text "a"`),
		finding(t, model.Must, "gone", `> pong rsv=4 0xff`, final),
		finding(t, model.Should, text, `> text 0xff`, text),
		finding(t, model.Must, "6455-5.6-4", "> text 0xff\n> ping \"\"", text), // worse than what shows alone
	}
	for _, order := range [][]fuzz.Finding{
		slices.Concat([]fuzz.Finding{root}, behind, apart),
		slices.Concat(behind, apart, []fuzz.Finding{root}),
	} {
		var c fuzz.Collection
		for _, f := range order {
			c.Add(f)
		}
		if again := c.Add(root); again || c.Repeated != 1 {
			t.Errorf("the same finding again: %v, %d repeated", again, c.Repeated)
		}
		if len(c.Findings) != len(apart)+1 || c.Behind != len(behind) {
			t.Errorf("%d findings, %d behind", len(c.Findings), c.Behind)
			for _, f := range c.Findings {
				t.Logf("%s %q", f.Violation.Requirement, f.Conversation.Script())
			}
		}
	}
}
