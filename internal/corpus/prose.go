// SPDX-License-Identifier: Apache-2.0

package corpus

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// generateProse makes German sentences: nonsense, but declined.
func generateProse() []byte {
	const size = 222_218
	w := writer{source: newSource(3)}
	for w.out.Len() < size-700 {
		for range 3 + w.below(5) {
			w.sentence()
		}
		w.out.WriteString("\n\n")
		w.column = 0
	}
	return w.out.Bytes()
}

// A writer writes words in lines of limited width.
type writer struct {
	source
	out    bytes.Buffer
	column int
}

func (w *writer) put(words ...string) {
	const width = 72
	for _, word := range strings.Fields(strings.Join(words, " ")) {
		n := utf8.RuneCountInString(word)
		switch {
		case w.column == 0:
		case w.column+1+n > width:
			w.out.WriteByte('\n')
			w.column = 0
		default:
			w.out.WriteByte(' ')
			w.column++
		}
		w.out.WriteString(word)
		w.column += n
	}
}

func (w *writer) sentence() {
	switch w.below(7) {
	case 0:
		w.put(upper(w.person()), w.pick(transitive), w.thing(accusative), w.place()+".")
	case 1:
		w.put(upper(w.adverb()), w.pick(intransitive), w.person(), w.place(),
			"und", w.pick(transitive), w.thing(accusative)+".")
	case 2:
		conjunction := w.pick(conjunctions)
		w.put(upper(conjunction), w.person(), w.thing(accusative), w.pick(transitive)+",",
			w.pick(intransitive), w.person(), w.adverb(), w.place()+".")
	case 3:
		w.put("»"+upper(w.thing(nominative)), w.pick(intransitive), w.place()+"«,",
			w.pick(sayings), w.person()+",", "»und", w.person(), w.pick(transitive),
			w.thing(accusative)+".«")
	case 4:
		w.put(upper(w.place()), w.pick(intransitive), w.adverb(), w.thing(nominative)+",",
			w.pick(conjunctions), w.person(), w.thing(accusative), w.adverb(), w.pick(transitive)+".")
	case 5:
		w.put(upper(w.thing(nominative)), w.pick(intransitive)+";", w.person(), "aber",
			w.pick(transitive), w.thing(accusative), "und", w.thing(accusative)+".")
	default:
		w.put(upper(w.adverb()), w.pick(transitive), w.person(), w.thing(accusative)+",",
			w.pick(conjunctions), w.thing(nominative), w.place(), w.pick(intransitive)+".")
	}
}

func (w *writer) adverb() string { return w.pick(adverbs) }

// place is where something happens: mostly in a village.
func (w *writer) place() string {
	if w.below(3) > 0 {
		return w.pick([]string{"in", "bei", "nach", "vor", "aus"}) + " " + w.name(rural)
	}
	return w.pick(dative) + " " + w.thing(dativ)
}

// person is somebody who does something, mostly by name.
func (w *writer) person() string {
	if w.below(3) > 0 {
		return w.favour(names) + " " + w.name(family)
	}
	return w.thing(nominative)
}

// name is made up.
func (w *writer) name(endings []string) string {
	stem := w.syllable()
	if w.below(3) > 0 {
		stem += strings.ToLower(w.syllable())
	}
	return stem + w.pick(endings)
}

func (w *writer) syllable() string { return w.pick(onsets) + w.pick(nuclei) + w.pick(codas) }

type grammaticalCase int

const (
	nominative grammaticalCase = iota
	accusative
	dativ
)

// Articles and endings of adjectives by case and gender (m, f, n).
var (
	definite   = [3][3]string{{"der", "die", "das"}, {"den", "die", "das"}, {"dem", "der", "dem"}}
	indefinite = [3][3]string{{"ein", "eine", "ein"}, {"einen", "eine", "ein"}, {"einem", "einer", "einem"}}
	weak       = [3][3]string{{"e", "e", "e"}, {"en", "e", "e"}, {"en", "en", "en"}}
	mixed      = [3][3]string{{"er", "e", "es"}, {"en", "e", "es"}, {"en", "en", "en"}}
)

// thing is a noun with article, sometimes compound, sometimes with an adjective.
func (w *writer) thing(c grammaticalCase) string {
	gender := w.below(3)
	noun := w.pick([...][]string{masculine, feminine, neuter}[gender])
	if w.below(5) < 3 {
		first := w.pick(compounding)
		if w.below(2) == 0 {
			first = w.name(rural)
		}
		noun = first + strings.ToLower(noun)
	}
	article, ending := definite[c][gender], weak[c][gender]
	if w.below(3) == 0 {
		article, ending = indefinite[c][gender], mixed[c][gender]
	}
	if w.below(2) == 0 {
		return article + " " + w.pick(adjectives) + ending + " " + noun
	}
	return article + " " + noun
}

func upper(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
