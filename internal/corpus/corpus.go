// SPDX-License-Identifier: Apache-2.0

// Package corpus provides the data sets that the compression cases send: five
// kinds of data of known size and compressibility, generated when first used,
// always the same. Files of other data can take their place. It knows nothing of
// compression. Start at Set.
package corpus

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"unicode/utf8"
)

// A Kind is one of the five data sets.
type Kind int

// The data sets, in the order of the cases 12.1 to 12.5. Sizes are in octets;
// ratios are DEFLATE's at messages of 1 KiB and of 128 KiB, context kept.
const (
	JSON   Kind = iota // departures as JSON text, 194 KB, 0.054 and 0.038
	Bitmap             // 8-bit grey image, 263 KB, 0.92 and 0.87
	Prose              // German sentences, 222 KB, 0.40 and 0.36
	HTML               // a table as HTML text, 264 KB, 0.066 and 0.048
	PDF                // a document with raw images, 1.04 MB, 0.88 and 0.82
)

// A kind is what is known of a data set without its data.
type kind struct {
	name     string
	file     string // the name of the file with the reference's data
	text     bool
	generate func() []byte
}

func (k Kind) info() kind {
	return [...]kind{
		JSON:   {"JSON", "data1.json", true, generateJSON},
		Bitmap: {"bitmap", "lena512.bmp", false, generateBitmap},
		Prose:  {"prose", "pg2229.txt", false, generateProse},
		HTML:   {"HTML", "data1.html", true, generateHTML},
		PDF:    {"PDF", "10.1.1.105.5439.pdf", false, generatePDF},
	}[k]
}

// Kinds returns all data sets in order.
func Kinds() []Kind { return []Kind{JSON, Bitmap, Prose, HTML, PDF} }

// String returns the name of the data set, as it appears in reports.
func (k Kind) String() string { return k.info().name }

// File returns the name under which [Load] looks for other data: that of the
// file the reference suite uses.
func (k Kind) File() string { return k.info().file }

// Text reports whether the data goes in text messages, and is cut into code
// points rather than octets.
func (k Kind) Text() bool { return k.info().text }

// A Corpus holds one data set of each kind. It may be used by several goroutines.
type Corpus struct {
	sets [PDF + 1]func() *Set
}

// New returns the corpus of generated data. Each set is made at its first use,
// within milliseconds.
func New() *Corpus {
	c := new(Corpus)
	for _, k := range Kinds() {
		c.sets[k] = sync.OnceValue(func() *Set { return newSet(k, k.info().generate()) })
	}
	return c
}

// maxFile bounds what Load takes into memory, twice, for one data set.
const maxFile = 64 << 20

// Load returns a corpus with the data in dir: files named as [Kind.File] says.
// Sets without a file are the generated ones. It is an error if there is no such
// file at all, if one is empty or larger than 64 MiB, or if a text set is not
// valid UTF-8.
func Load(dir string) (*Corpus, error) {
	c := New()
	found := false
	for _, k := range Kinds() {
		data, err := readFile(filepath.Join(dir, k.File()), k.Text())
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("data set %s: %w", k, err)
		}
		set := newSet(k, data)
		c.sets[k] = func() *Set { return set }
		found = true
	}
	if !found {
		return nil, fmt.Errorf("data sets: none of the files %s, %s, %s, %s, %s is in %s",
			JSON.File(), Bitmap.File(), Prose.File(), HTML.File(), PDF.File(), dir)
	}
	return c, nil
}

func readFile(path string, text bool) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s has %d octets, at most %d are taken", path, info.Size(), maxFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, fmt.Errorf("%s is empty", path)
	}
	if text && !utf8.Valid(data) {
		return nil, fmt.Errorf("%s is not valid UTF-8, but is to be sent as text", path)
	}
	return data, nil
}

// Set returns the data set of a kind.
func (c *Corpus) Set(k Kind) *Set { return c.sets[k]() }
