// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
)

// The payload length stands in 7 bits up to 125, in 16 bits up to 65535, and in
// 64 bits beyond (RFC 6455, 5.2): the sizes sit on both sides of each step.
func framing() []conform.Case {
	var cs []conform.Case
	for i, kind := range []struct {
		name  string
		frame peer.Frame
	}{{"Text", text("*")}, {"Binary", binary("\xfe")}} {
		for j, size := range []struct {
			octets, chop int
			limit        time.Duration
		}{
			{0, 0, 0}, {125, 0, 0}, {126, 0, 0}, {127, 0, 0}, {128, 0, 0},
			{65535, 0, 10 * time.Second}, {65536, 0, 10 * time.Second}, {65536, 997, 10 * time.Second},
		} {
			c := conform.Case{
				ID:    fmt.Sprintf("1.%d.%d", i+1, j+1),
				Title: fmt.Sprintf("%s message of %d octets", kind.name, size.octets),
				Spec:  "RFC 6455, 5.2",
				Close: weClose(),
				Limit: size.limit,
			}
			f := kind.frame
			if f = repeated(size.octets, f); size.octets == 0 {
				f.Payload, f.Repeated = nil, false
			}
			if size.chop > 0 {
				f.Chop = size.chop
				c.Title += fmt.Sprintf(", written %d octets at a time", size.chop)
			}
			c.Play, c.Want = send(f), ok(echoOf(f))
			cs = append(cs, c)
		}
	}
	return cs
}
