// SPDX-License-Identifier: Apache-2.0

//go:build !race

package cases_test

const raceDetector = false
