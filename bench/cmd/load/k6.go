// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

//go:embed k6.js
var k6Script string

// k6Figures has k6 open connections and hold them: how many a second, and what memory of
// its process each takes beyond that of the first.
func k6Figures(k6 string, at netip.AddrPort, users int) (f figures, err error) {
	_, alone, err := runK6(k6, at, 1)
	if err != nil {
		return f, err
	}
	rate, all, err := runK6(k6, at, users)
	if err != nil {
		return f, err
	}
	return figures{rate: rate, memory: float64(all-alone) / float64(users-1)}, nil
}

// runK6 returns the rate and the most memory that the process had, in octets.
func runK6(k6 string, at netip.AddrPort, users int) (rate float64, memory int64, err error) {
	cmd := exec.Command(k6, "run", "--quiet", "--no-usage-report", "-")
	hold := 1000 + users*2 // ms; at 1,000 connections a second half of it would do
	cmd.Env = append(os.Environ(), fmt.Sprintf("URL=ws://%s/", at), fmt.Sprintf("USERS=%d", users), fmt.Sprintf("HOLD=%d", hold))
	cmd.Stdin = strings.NewReader(k6Script)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		return 0, 0, fmt.Errorf("k6: %w\n%s", err, complaints.Bytes())
	}
	var opened int
	var begun, last float64
	if _, err := fmt.Sscan(string(out), &opened, &begun, &last); err != nil {
		return 0, 0, fmt.Errorf("k6 printed %q: %w", out, err)
	}
	if opened != users || last-begun > float64(hold) {
		return 0, 0, fmt.Errorf("k6 held %d of %d connections, %.0f ms from the first to the last, and the first closed after %d", opened, users, last-begun, hold)
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return float64(users) / max(last-begun, 1) * 1e3, usage.Maxrss << 10, nil
}
