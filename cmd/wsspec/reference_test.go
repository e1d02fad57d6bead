// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// grades are the only words that readers of reports know.
var grades = []string{"OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED", "FAILED", "WRONG CODE", "UNCLEAN", "FAILED BY CLIENT"}

// checkReference holds a report folder to the reference's form, as scripts that
// read it with sed, grep and JSON parsers rely on it.
func checkReference(dir string) error {
	b, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		return err
	}
	if err := sameForm(b); err != nil {
		return fmt.Errorf("index.json: %w", err)
	}
	var index map[string]map[string]map[string]any
	if err := json.Unmarshal(b, &index); err != nil {
		return err
	}
	for agent, rows := range index {
		for id, row := range rows {
			if err := checkRow(dir, id, row); err != nil {
				return fmt.Errorf("%q, %s: %w", agent, id, err)
			}
		}
	}
	return nil
}

func checkRow(dir, id string, row map[string]any) error {
	keys := slices.Sorted(maps.Keys(row))
	if got, want := strings.Join(keys, " "), "behavior behaviorClose duration remoteCloseCode reportfile"; got != want {
		return fmt.Errorf("keys %s, want %s", got, want)
	}
	for _, key := range []string{"behavior", "behaviorClose"} {
		if word, _ := row[key].(string); !slices.Contains(grades, word) {
			return fmt.Errorf("%s is %v", key, row[key])
		}
	}
	name, _ := row["reportfile"].(string)
	if !strings.HasSuffix(name, ".json") || filepath.Base(name) != name {
		return fmt.Errorf("reportfile is %q", name)
	}
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	if err := sameForm(b); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var file map[string]any
	if err := json.Unmarshal(b, &file); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if missing := slices.DeleteFunc(strings.Fields(fileKeys), func(key string) bool { _, ok := file[key]; return ok }); len(missing) > 0 || len(file) != len(strings.Fields(fileKeys)) {
		return fmt.Errorf("%s: %d keys, without %v", name, len(file), missing)
	}
	if file["id"] != id || file["behavior"] != row["behavior"] || file["behaviorClose"] != row["behaviorClose"] {
		return fmt.Errorf("%s tells another story than index.json", name)
	}
	if failed := row["behavior"] == "FAILED" || row["behaviorClose"] == "FAILED"; !failed && bytes.Contains(b, []byte(`FAILED"`)) {
		return fmt.Errorf("%s: nothing failed, and there is the word FAILED", name)
	}
	return nil
}

// fileKeys are the keys of a case's file.
const fileKeys = `agent behavior behaviorClose case closedByMe createStats createWirelog description droppedByMe duration expectation
	expected expectedClose failedByMe httpRequest httpResponse id isServer localCloseCode localCloseReason received remoteCloseCode
	remoteCloseReason reportCompressionRatio reportTime result resultClose rxFrameStats rxOctetStats started trafficStats txFrameStats
	txOctetStats wasClean wasCloseHandshakeTimeout wasNotCleanReason wasOpenHandshakeTimeout wasServerConnectionDropTimeout wirelog`

// form is what a line of a file may be: indented by threes, a key or not, and the
// beginning or the end of a value.
var form = regexp.MustCompile(`^(   )*("([^"\\]|\\.)*": )?([\[{]|[\[{]?[\]}],?|("([^"\\]|\\.)*"|-?[0-9][-+.0-9e]*|true|false|null),?)$`)

// sameForm checks the indentation by three, the separators and the order of keys.
func sameForm(b []byte) error {
	if i := bytes.IndexFunc(b, func(c rune) bool { return c > 0x7F || c < ' ' && c != '\n' }); i >= 0 {
		return fmt.Errorf("octet %d is not ASCII", i)
	}
	for i, line := range strings.Split(string(b), "\n") {
		if !form.MatchString(line) {
			return fmt.Errorf("line %d: %q is not of the reference's form", i+1, line)
		}
	}
	return sorted(json.NewDecoder(bytes.NewReader(b)))
}

// sorted checks the next value: its keys are in order, numbers by their value.
func sorted(d *json.Decoder) error {
	t, err := d.Token()
	if err != nil || t != json.Delim('{') && t != json.Delim('[') {
		return err
	}
	last := ""
	for first := true; d.More(); first = false {
		if t == json.Delim('{') {
			k, err := d.Token()
			if err != nil {
				return err
			}
			if key := k.(string); !first && !before(last, key) {
				return fmt.Errorf("the key %q comes after %q", key, last)
			} else {
				last = key
			}
		}
		if err := sorted(d); err != nil {
			return err
		}
	}
	_, err = d.Token() // the closing bracket
	return err
}

// before reports the order of two keys, which may be numbers.
func before(a, b string) bool {
	m, errA := strconv.Atoi(a)
	n, errB := strconv.Atoi(b)
	if errA == nil && errB == nil {
		return m < n
	}
	return a < b
}
