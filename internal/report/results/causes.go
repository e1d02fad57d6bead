// SPDX-License-Identifier: Apache-2.0

package results

import (
	"github.com/wsspec/wsspec/internal/diagnosis"
	"github.com/wsspec/wsspec/internal/report/telling"
)

// Cause is a diagnosis.Cause as this form and wsspec diagnose --json have it.
type Cause struct {
	Fault    string   `json:"fault"`
	Title    string   `json:"title"`
	Topic    string   `json:"topic"`
	Allowed  bool     `json:"allowed"`
	Look     string   `json:"look"`
	Explains []string `json:"explains"`
	Of       int      `json:"of"`
	Missing  []string `json:"missing"`
	Example  string   `json:"example"`
	Or       []string `json:"or"`
}

// Causes are those of a diagnosis, none as nil.
func Causes(d diagnosis.Diagnosis) []Cause {
	var causes []Cause
	for _, c := range d.Causes {
		x := Cause{
			Fault: c.Name, Title: c.Title, Topic: c.Topic, Allowed: c.Legal, Look: telling.LookAt(c), Explains: append([]string{}, c.Explains...),
			Of: c.Of, Missing: append([]string{}, c.Missing...), Example: c.Example, Or: []string{},
		}
		for _, f := range c.Or {
			x.Or = append(x.Or, f.Name)
		}
		causes = append(causes, x)
	}
	return causes
}
