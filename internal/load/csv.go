// SPDX-License-Identifier: Apache-2.0

package load

import (
	"encoding/csv"
	"io"
	"strconv"
)

// WriteCSV writes the series of the result, a row for each piece of time; of a search, a
// row for each step.
func WriteCSV(w io.Writer, r *Result) error {
	c := csv.NewWriter(w)
	if r.Kind == Find {
		_ = c.Write([]string{"at", "holds", "again", "rate", "failed", "p50_us", "p99_us", "p999_us", "max_us", "server_cpu", "server_memory"}) // Flush has the error
		for _, s := range r.Curve {
			_ = c.Write([]string{number(s.At), strconv.FormatBool(s.Holds), strconv.FormatBool(s.Again), number(s.Rate), whole(s.Failed), number(s.P50), number(s.P99), number(s.P999), number(s.Max), number(s.ServerCPU), whole(s.ServerMemory)})
		}
	} else {
		_ = c.Write([]string{"at_s", "held", "opened", "failed", "retried", "connect_rate", "sent", "messages", "message_rate", "bytes", "p50_us", "p99_us", "max_us"})
		for _, p := range r.Series {
			_ = c.Write([]string{
				number(p.AtS), whole(p.Held), whole(p.Opened), whole(p.Failed), whole(p.Retried), number(p.ConnectRate),
				whole(p.Sent), whole(p.Messages), number(p.MessageRate), whole(p.Bytes), number(p.P50), number(p.P99), number(p.Max),
			})
		}
	}
	c.Flush()
	return c.Error()
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
func whole(n int64) string    { return strconv.FormatInt(n, 10) }
