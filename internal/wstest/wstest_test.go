// SPDX-License-Identifier: Apache-2.0

package wstest

import "testing"

// -u is the reference's: a port on all interfaces, and 0 for no pages.
func TestWebPort(t *testing.T) {
	for _, c := range []struct {
		flag, addr  string
		none, wrong bool
	}{
		{flag: ""}, {flag: "8081", addr: ":8081"}, {flag: "1", addr: ":1"}, {flag: "0", addr: ":0", none: true},
		{flag: "65536", wrong: true}, {flag: "-1", wrong: true}, {flag: "http", wrong: true},
	} {
		addr, none, err := webPort(c.flag)
		if addr != c.addr || none != c.none || (err != nil) != c.wrong {
			t.Errorf("-u %s: got %q, none %v, %v; want %+v", c.flag, addr, none, err, c)
		}
	}
}
