// SPDX-License-Identifier: Apache-2.0

package archive_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/wsspec/wsspec/internal/report/archive"
)

// A file of version 1 has attempts that load may have spoilt, without numbers.
func TestAttemptsOfVersionOne(t *testing.T) {
	var f map[string]any
	do(t, json.Unmarshal(read(t, "testdata", "case_native.json"), &f))
	extra := f["wsspec"].(map[string]any)
	extra["schema"] = 1
	delete(extra, "attempt")
	extra["attempts"] = []any{map[string]any{"behavior": "FAILED", "behaviorClose": "OK", "result": "a", "resultClose": "b", "duration": 1000, "why": "it ran beside other cases"}}
	b, err := json.Marshal(f)
	do(t, err)
	dir := t.TempDir()
	do(t, os.WriteFile(filepath.Join(dir, "a_case_1_1_6.json"), b, 0o666))
	rep, err := archive.Load(dir)
	do(t, err)
	r := rep.Agents[0].Results[0]
	if r.Attempt != 2 || len(r.Others) != 1 || r.Others[0].Number != 1 || !r.Others[0].Loaded || r.Flaky() || len(r.Log.Records) == 0 {
		t.Errorf("read attempt %d beside %+v", r.Attempt, r.Others)
	}
}
