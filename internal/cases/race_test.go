// SPDX-License-Identifier: Apache-2.0

//go:build race

package cases_test

// raceDetector says that the tests run under the race detector, which makes moving
// octets ten times as dear.
const raceDetector = true
