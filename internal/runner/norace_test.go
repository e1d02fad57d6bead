// SPDX-License-Identifier: Apache-2.0

//go:build !race

package runner_test

const raceDetector = false
