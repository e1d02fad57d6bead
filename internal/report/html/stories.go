// SPDX-License-Identifier: Apache-2.0

package html

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/klauspost/compress/flate"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
)

// chunk is the stories of one agent's cases of one category, deflated and in
// base64: the ids as JSON, then the HTML of each, with separator between them all.
type chunk struct {
	agent    int
	category string
	results  []report.Result
	id       string
	packed   string
}

// packStories tells all stories, with up to jobs chunks at a time.
func packStories(rep *report.Report, v report.View, jobs int) ([]*chunk, error) {
	var chunks []*chunk
	for i, a := range rep.Agents {
		by := map[string]*chunk{}
		for _, r := range a.Results {
			category := conform.Category(r.ID)
			c := by[category]
			if c == nil {
				c = &chunk{agent: i, category: category, id: fmt.Sprintf("s%d", len(chunks))}
				by[category] = c
				chunks = append(chunks, c)
			}
			c.results = append(c.results, r)
		}
	}
	errs := make([]error, len(chunks))
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(jobs, len(chunks)) {
		workers.Go(func() {
			var p packer
			for i := range next {
				errs[i] = p.pack(chunks[i], v)
			}
		})
	}
	for i := range chunks {
		next <- i
	}
	close(next)
	workers.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return chunks, nil
}

// separator never occurs in HTML.
const separator = 0

// packer keeps what packing one chunk after the other needs.
type packer struct {
	plain, packed bytes.Buffer
	z             *flate.Writer
}

func (p *packer) pack(c *chunk, v report.View) error {
	p.plain.Reset()
	p.packed.Reset()
	ids := make([]string, len(c.results))
	for i, r := range c.results {
		ids[i] = r.ID
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	p.plain.Write(list)
	for _, r := range c.results {
		p.plain.WriteByte(separator)
		r, err := v.WholeOf(r)
		if err != nil {
			return err
		}
		if err := templates.ExecuteTemplate(&p.plain, "case", viewCase(r, v)); err != nil {
			return err
		}
	}
	if p.z == nil {
		if p.z, err = flate.NewWriter(&p.packed, flate.DefaultCompression); err != nil {
			return err
		}
	}
	p.z.Reset(&p.packed)
	if _, err := p.z.Write(p.plain.Bytes()); err != nil {
		return err
	}
	if err := p.z.Close(); err != nil {
		return err
	}
	c.packed = base64.StdEncoding.EncodeToString(p.packed.Bytes())
	return nil
}
