// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/html"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/website"
)

// A page of many results has no conversations in it, and what serves it tells them one
// by one.
func TestStoriesAreServed(t *testing.T) {
	dir := t.TempDir()
	s, err := archive.Open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	r := reporttest.Result("a b", 1, "6.4.1")
	if err := s.Put(r); err != nil {
		t.Fatal(err)
	}
	handler := website.Kept(dir, os.DirFS(dir), view)
	for query, want := range map[string]int{"agent=a+b&case=6.4.1": http.StatusOK, "agent=a&case=6.4.1": http.StatusNotFound, "agent=a+b&case=../x": http.StatusNotFound, "": http.StatusNotFound} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", "/stories?"+query, nil))
		if w.Code != want || want == http.StatusOK && !strings.Contains(w.Body.String(), "Case 6.4.1") {
			t.Errorf("%s: status %d, %.100q", query, w.Code, w.Body)
		}
	}
	asked := func(query string) string {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", "/stories?"+query, nil))
		return w.Body.String()
	}
	r.Title, r.ID = "Another title", "6.4.2"
	if err := s.Put(r); err != nil {
		t.Fatal(err)
	}
	if body := asked("agent=a+b&case=6.4.2"); !strings.Contains(body, "Another title") {
		t.Errorf("a result that came since: %.100q", body)
	}
	if err := os.Rename(filepath.Join(dir, "a_b_case_6_4_1.json"), filepath.Join(dir, "moved_case_6_4_1.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(dir, "a_b_case_6_4_2.json"), filepath.Join(dir, "a_b_case_6_4_1.json")); err != nil {
		t.Skip(err)
	}
	if body := asked("agent=a+b&case=6.4.1"); !strings.Contains(body, "Case 6.4.1") {
		t.Errorf("a file with another result in it is taken for the one it was: %.100q", body)
	}
	rep, err := archive.LoadLight(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := view()
	v.Light = true
	var page strings.Builder
	if err := html.Write(&page, rep, v); err != nil {
		t.Fatal(err)
	}
	if text := page.String(); !strings.Contains(text, "connect-src 'self'") || strings.Contains(text, "text/plain") {
		t.Error("the page has conversations in it, or may not ask for them")
	}
}
