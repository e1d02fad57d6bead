// SPDX-License-Identifier: Apache-2.0

package terminal

import "fmt"

// Note shows what people should know of a load test beside the numbers, in a line of its own.
func (l *LoadScreen) Note(text string) {
	if l.quiet {
		return
	}
	l.End()
	fmt.Fprintln(l.err, text)
}
