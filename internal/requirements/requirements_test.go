// SPDX-License-Identifier: Apache-2.0

package requirements_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/requirements"
)

func TestTable(t *testing.T) {
	table := requirements.Load()
	if n := len(table.Requirements); n != 361 {
		t.Errorf("%d requirements, want 361", n)
	}
	testable := 0
	numbered := regexp.MustCompile(`^(\d+)-([\d.]+)-\d+$`)
	for _, r := range table.Requirements {
		if r.Testable != requirements.No {
			testable++
		}
		if r.Text != strings.TrimSpace(r.Text) || !strings.HasSuffix(r.Text, ".") || utf8.RuneCountInString(r.Text) > 160 {
			t.Errorf("%s: %q is no short sentence", r.ID, r.Text)
		}
		if (r.Remark == "") != (r.Testable == requirements.Yes) || strings.HasSuffix(r.Remark, ".") {
			t.Errorf("%s: testable %s, %q", r.ID, r.Testable, r.Remark)
		}
		if m := numbered.FindStringSubmatch(r.ID); m != nil && (r.Spec != "RFC "+m[1] || r.Section != m[2]) {
			t.Errorf("%s stands at %s", r.ID, r.Place())
		}
	}
	if testable != 355 {
		t.Errorf("%d can be tested, want 355", testable)
	}
}

// A requirement stands in its section, and sections are in order.
func TestSections(t *testing.T) {
	all, n := requirements.All(), 0
	for _, s := range requirements.Sections() {
		for i, r := range s.Of(all) {
			if all[n] != r {
				t.Fatalf("%s, requirement %d is %s, want %s", s, i+1, r.ID, all[n].ID)
			}
			n++
		}
	}
	if n != len(all) {
		t.Errorf("%d of %d requirements stand in a section", n, len(all))
	}
}

func TestByID(t *testing.T) {
	r, ok := requirements.Load().ByID("6455-5.5-2")
	want := requirements.Requirement{
		ID: "6455-5.5-2", Spec: "RFC 6455", Section: "5.5", Side: requirements.Both, Level: requirements.Must,
		Text: "A Pong with more than 125 octets of payload is an error.", Testable: requirements.Yes,
	}
	if !ok || r != want {
		t.Errorf("%+v, %v", r, ok)
	}
	if r.Place() != "RFC 6455, 5.5" {
		t.Errorf("stands at %q", r.Place())
	}
	if r, _ := requirements.Load().ByID("8996-1"); r.Place() != "RFC 8996" || r.Over != "TLS" {
		t.Errorf("%+v", r)
	}
	if r, ok := requirements.Load().ByID("6455-5.5-99"); ok {
		t.Errorf("%+v", r)
	}
}

func TestFindSpec(t *testing.T) {
	table := requirements.Load()
	for _, name := range []string{"6455", "rfc6455", "RFC 6455", "Rfc6455"} {
		if s, ok := table.FindSpec(name); !ok || s.Name != "RFC 6455" {
			t.Errorf("%q: %v, %v", name, s, ok)
		}
	}
	if s, ok := table.FindSpec("iana"); !ok || s.Name != "IANA" {
		t.Errorf("iana: %v, %v", s, ok)
	}
	for _, name := range []string{"", "645", "64555", "rfc"} {
		if s, ok := table.FindSpec(name); ok {
			t.Errorf("%q: %v", name, s)
		}
	}
}

func TestBinds(t *testing.T) {
	for _, c := range []struct {
		side           requirements.Side
		level          requirements.Level
		client, server bool
	}{
		{requirements.Both, requirements.Must, true, true},
		{requirements.Client, requirements.Must, true, false},
		{requirements.Server, requirements.ShouldNot, false, true},
		{requirements.Server, requirements.May, true, true},
		{requirements.Other, requirements.May, false, false},
	} {
		r := requirements.Requirement{Side: c.side, Level: c.level}
		if r.Binds(requirements.Client) != c.client || r.Binds(requirements.Server) != c.server {
			t.Errorf("%+v", c)
		}
	}
}

const small = `# A comment.

spec RFC 1: One
1-1 both MUST: First: and more.
section 2: Two

1-2-1 client MUST NOT: Second.
    how: so
    over: TLS
spec X: Ten
over: HTTP/2
X-1 other -: Third.
    no: because
`

func TestParse(t *testing.T) {
	got, err := requirements.Parse(small)
	if err != nil {
		t.Fatal(err)
	}
	want := requirements.Table{
		Specs:    []requirements.Spec{{Name: "RFC 1", Title: "One"}, {Name: "X", Title: "Ten"}},
		Sections: []requirements.Section{{Spec: "RFC 1", Title: "One"}, {Spec: "RFC 1", Number: "2", Title: "Two"}, {Spec: "X", Title: "Ten"}},
		Requirements: []requirements.Requirement{
			{ID: "1-1", Spec: "RFC 1", Side: "both", Level: "MUST", Text: "First: and more.", Testable: "yes"},
			{ID: "1-2-1", Spec: "RFC 1", Section: "2", Side: "client", Level: "MUST NOT", Text: "Second.", Testable: "how", Remark: "so", Over: "TLS"},
			{ID: "X-1", Spec: "X", Side: "other", Level: "-", Text: "Third.", Testable: "no", Remark: "because", Over: "HTTP/2"},
		},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}

func TestParseErrors(t *testing.T) {
	const spec = "spec RFC 1: One\n"
	for _, c := range []struct{ text, want string }{
		{"nonsense", `line 1: "nonsense": want "WORDS: TEXT"`},
		{spec + "1-1 both MUST: ", `line 2: "1-1 both MUST: ": want "WORDS: TEXT"`},
		{"spec: One", "line 1: the specification has no name"},
		{spec + "\n" + spec, `line 3: there is a specification "RFC 1" above`},
		{"section 1: A", "line 1: a section before the first specification"},
		{spec + "section: A", "line 2: the section has no number"},
		{spec + "section 1: A\nsection 2: B\nsection 1: A", "line 4: there is a section RFC 1, 1 above"},
		{"1-1 both MUST: A.", "line 1: a requirement before the first specification"},
		{spec + "1-1 both MUST: A.\n1-1 both MAY: B.", `line 3: there is a requirement "1-1" above`},
		{spec + "1-1 nobody MUST: A.", `line 2: side "nobody": want client, server, both or other`},
		{spec + "1-1 both must: A.", `line 2: level "must": want MUST, MUST NOT, SHOULD, SHOULD NOT, MAY or -`},
		{spec + "1-1 both: A.", `line 2: level "": want MUST, MUST NOT, SHOULD, SHOULD NOT, MAY or -`},
		{spec + "    how: so", "line 2: a remark before the first requirement"},
		{spec + "1-1 both MUST: A.\n    why: so", `line 3: "why": want over, how or no`},
		{spec + "1-1 both MUST: A.\n    how: so\n    no: so", "line 4: 1-1 is said to be testable, or not, twice"},
		{spec + "1-1 both MUST: A.\nover: TLS", "line 3: over does not follow the line of a specification"},
	} {
		if _, err := requirements.Parse(c.text); err == nil || err.Error() != c.want {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(small)
	f.Add("spec A: b\r\nsection 1: c\r\nd both MAY: e: f")
	f.Fuzz(func(t *testing.T, text string) {
		table, err := requirements.Parse(text)
		if err != nil {
			return
		}
		inSections := 0
		for _, s := range table.Sections {
			if !slices.ContainsFunc(table.Specs, func(spec requirements.Spec) bool { return spec.Name == s.Spec }) {
				t.Errorf("section %q of no specification", s)
			}
			of := s.Of(table.Requirements)
			if len(of) == 0 {
				t.Errorf("section %q has no requirement", s)
			}
			inSections += len(of)
		}
		if inSections != len(table.Requirements) {
			t.Errorf("%d requirements, %d of them in sections", len(table.Requirements), inSections)
		}
		seen := map[string]bool{}
		for _, r := range table.Requirements {
			if r.ID == "" || r.Text == "" || seen[r.ID] || (r.Testable == requirements.Yes) != (r.Remark == "") {
				t.Errorf("%+v", r)
			}
			seen[r.ID] = true
		}
	})
}
