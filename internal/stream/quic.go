// SPDX-License-Identifier: Apache-2.0

package stream

import "os"

// QuietQUIC keeps quic-go from writing to the standard logger, in the middle of what we print,
// that the kernel's buffers are smaller than it would like. Where the environment says
// already whether anybody wants to know, it stays as it is.
func QuietQUIC() {
	const quiet = "QUIC_GO_DISABLE_RECEIVE_BUFFER_WARNING"
	if _, set := os.LookupEnv(quiet); !set {
		_ = os.Setenv(quiet, "true") // where it cannot be set, there is a line more to read
	}
}
