// SPDX-License-Identifier: Apache-2.0

// Package archtest holds the tree to its own rules: which package may import
// which, and the house rules that a machine can check. It parses the files
// itself, so that the test cache knows what it depends on, and knows nothing of what
// the code does. Start at the table of layers.
package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root    = "../.."
	module  = "github.com/wsspec/wsspec"
	license = "// SPDX-License-Identifier: Apache-2.0\n\n"

	maxFile     = 400 // lines
	maxFunction = 60
)

// layers are the packages from bottom to top: one imports only from layers
// above its own in this list. A name that ends in /... stands for all below it.
var layers = [][]string{
	{"internal/ws", "internal/golden", "internal/corpus", "internal/requirements", "internal/visible", "internal/wamp", "internal/load/stats", "internal/load/scenario"},
	{"internal/deflate", "internal/jsonfault", "internal/rules", "internal/wirelog", "internal/stream", "internal/capture", "internal/resident", "internal/fuzz/counters"},
	{"internal/stream/...", "internal/load", "internal/load/wire"},
	{"internal/peer", "internal/survey", "internal/verdict", "internal/testee", "internal/inspect", "internal/fuzz/conversation", "internal/model", "internal/load/preflight", "internal/load/loadpage", "internal/load/metrics"},
	{"internal/conform", "internal/fuzz/generator", "internal/fuzz/player"},
	{"internal/diagnosis", "internal/report", "internal/requirements/coverage", "internal/spec"},
	{"internal/report/telling", "internal/report/baseline", "internal/report/score"},
	{"internal/cases", "internal/report/archive", "internal/report/...", "internal/terminal"},
	{"internal/runner", "internal/folder"},
	{"internal/fuzz", "internal/fuzzclient", "internal/fuzzserver", "internal/web", "internal/load/drive", "internal/fleet"},
	{".", "internal/tour", "internal/website", "internal/broadcast", "internal/massconnect", "internal/wsperf", "internal/load/crew", "internal/load/machines", "internal/fuzz/machines", "internal/load/live"},
	{"internal/wstest", "bench/bare"},
	{"cmd/...", "bench/cmd/...", "internal/archtest"},
}

// bans are imports that the layers would allow and the design does not.
var bans = map[string][]string{
	"internal/ws":             {"net", "net/http", "time", "os"},
	"internal/verdict":        {"net", "context", "os"},                                                    // a pure function
	"internal/model":          {"net", "context", "os", "time", module + "/internal/rules"},                // pure, and a judge of its own
	"internal/conform":        {"net", module + "/internal/stream"},                                        // what a case is, not where it runs
	"internal/cases":          {"net", module + "/internal/stream", module + "/internal/testee"},           // cases never see the network
	"internal/report":         {"net", module + "/internal/stream", module + "/internal/peer"},             // reports know nothing that can run
	"internal/wstest":         {"github.com/alecthomas/kong", "flag"},                                      // frozen, and nothing of the other door
	"internal/terminal":       {"github.com/alecthomas/kong", "flag", module + "/internal/report/archive"}, // no commands, no flags, no files
	"internal/report/telling": {"os", "encoding/json"},                                                     // sentences, not files
	"internal/report/...":     {"net", module + "/internal/stream", module + "/internal/peer", module + "/internal/testee"},
}

// A file is a parsed Go file of the tree.
type file struct {
	name string // relative to the root
	dir  string
	test bool
	text string
	ast  *ast.File
	set  *token.FileSet
}

// tree parses every Go file that is ours.
func tree(t *testing.T) []file {
	t.Helper()
	var files []file
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if base := d.Name(); d.IsDir() && name != root && (base == "testdata" || strings.HasPrefix(base, ".") || base == "node_modules") {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(name) != ".go" {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		f := file{text: string(text), set: token.NewFileSet()}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		f.name = filepath.ToSlash(rel)
		f.dir, f.test = path.Dir(f.name), strings.HasSuffix(f.name, "_test.go")
		f.ast, err = parser.ParseFile(f.set, name, text, parser.ParseComments)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 50 {
		t.Fatalf("only %d files found below %s", len(files), root)
	}
	return files
}

func (f file) imports() []string {
	var paths []string
	for _, s := range f.ast.Imports {
		p, _ := strconv.Unquote(s.Path.Value) // the parser has checked it
		paths = append(paths, p)
	}
	return paths
}

// layerOf returns where a directory stands, or -1.
func layerOf(dir string) int {
	return slices.IndexFunc(layers, func(layer []string) bool {
		return slices.ContainsFunc(layer, func(entry string) bool { return covers(entry, dir) })
	})
}

// covers reports whether an entry of a table means the directory.
func covers(entry, dir string) bool {
	if below, ok := strings.CutSuffix(entry, "/..."); ok {
		return strings.HasPrefix(dir, below+"/")
	}
	return entry == dir
}

func TestImportsPointDown(t *testing.T) {
	for _, f := range tree(t) {
		if f.test || strings.HasPrefix(f.dir, "interop") { // interop is a module of its own
			continue
		}
		at := layerOf(f.dir)
		if at < 0 {
			t.Errorf("%s: %s has no layer: put it into the table of this test", f.name, f.dir)
			continue
		}
		for _, p := range f.imports() {
			if p == module {
				p += "/."
			}
			if dir, ours := strings.CutPrefix(p, module+"/"); ours && layerOf(dir) >= at {
				t.Errorf("%s imports %s, which is not below it", f.name, dir)
			}
			for entry, banned := range bans {
				if covers(entry, f.dir) && slices.Contains(banned, p) {
					t.Errorf("%s imports %s, which %s may not", f.name, p, entry)
				}
			}
		}
	}
}

// Nobody outside tests uses what is only for tests.
func TestTestPackagesStayInTests(t *testing.T) {
	for _, f := range tree(t) {
		for _, p := range f.imports() {
			if !f.test && (p == "testing" || p == module+"/internal/stream/memnet") && f.dir != "internal/golden" && f.dir != "." {
				t.Errorf("%s imports %s", f.name, p)
			}
		}
	}
}

func TestHouseRules(t *testing.T) {
	files := tree(t)
	virtual := map[string]bool{} // directories whose tests know virtual time
	for _, f := range files {
		virtual[f.dir] = virtual[f.dir] || slices.Contains(f.imports(), "testing/synctest")
	}
	for _, f := range files {
		if !strings.HasPrefix(f.text, license) {
			t.Errorf("%s does not begin with %q and an empty line", f.name, strings.TrimSpace(license))
		}
		if n := strings.Count(f.text, "\n"); n > maxFile {
			t.Errorf("%s has %d lines, want at most %d", f.name, n, maxFile)
		}
		if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "shared", "misc"}, strings.TrimSuffix(f.ast.Name.Name, "_test")) {
			t.Errorf("%s: a package is named for what it is about, not %s", f.name, f.ast.Name.Name)
		}
		calls := f.calls()
		inCommand := strings.Contains("/"+f.dir+"/", "/cmd/")
		for _, exit := range []string{"os.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln"} {
			if at, called := calls[exit]; called && !f.test && !inCommand {
				t.Errorf("%s:%d: %s outside cmd", f.name, at, exit)
			}
		}
		if at, called := calls["time.Sleep"]; called && f.test && !virtual[f.dir] {
			t.Errorf("%s:%d: time.Sleep in a test without virtual time", f.name, at)
		}
		if !f.test {
			f.checkFunctions(t)
		}
	}
}

// calls returns the lines of calls of functions of packages, by name.
func (f file) calls() map[string]int {
	found := map[string]int{}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				found[x.Name+"."+s.Sel.Name] = f.set.Position(s.Pos()).Line
			}
		}
		return true
	})
	return found
}

func (f file) checkFunctions(t *testing.T) {
	t.Helper()
	for _, d := range f.ast.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		first, last := f.set.Position(fn.Pos()).Line, f.set.Position(fn.End()).Line
		if n := last - first + 1; n > maxFunction && !isCatalogue(fn) {
			t.Errorf("%s:%d: %s has %d lines, want at most %d", f.name, first, fn.Name.Name, n, maxFunction)
		}
		if fn.Recv == nil && fn.Name.Name == "init" {
			t.Errorf("%s:%d: init", f.name, first)
		}
	}
}

// isCatalogue reports whether a function is nothing but a table: it returns
// one literal.
func isCatalogue(fn *ast.FuncDecl) bool {
	if fn.Body == nil || len(fn.Body.List) != 1 {
		return false
	}
	only, ok := fn.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(only.Results) != 1 {
		return false
	}
	_, ok = only.Results[0].(*ast.CompositeLit)
	return ok
}

// Each package stands in one layer, layers are of packages that exist, and bans are
// about packages that have a layer.
func TestTablesAreTidy(t *testing.T) {
	seen := map[string]bool{}
	for _, entry := range slices.Concat(layers...) {
		if seen[entry] {
			t.Errorf("%s is in two layers", entry)
		}
		seen[entry] = true
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(strings.TrimSuffix(entry, "/...")))); err != nil {
			t.Errorf("%s has a layer and does not exist", entry)
		}
	}
	for entry := range bans {
		if !seen[entry] {
			t.Errorf("%s has bans but no layer", entry)
		}
	}
}
