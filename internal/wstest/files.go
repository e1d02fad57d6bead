// SPDX-License-Identifier: Apache-2.0

package wstest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/wamp"
	"github.com/wsspec/wsspec/internal/web"
	"github.com/wsspec/wsspec/internal/website"
)

// serializer writes WAMP messages to -o, or checks those in the file that -s names.
func (p Program) serializer(_ context.Context, f flags) error {
	if f.spec != "" {
		return p.checkMessages(f.spec)
	}
	var b bytes.Buffer
	if err := wamp.Write(&b); err != nil {
		return err
	}
	if f.outFile == "" {
		_, err := b.WriteTo(p.Stdout)
		return err
	}
	if err := os.WriteFile(f.outFile, b.Bytes(), 0o666); err != nil {
		return &hintedError{err, "choose another file with -o"}
	}
	fmt.Fprintf(p.Stdout, "%d messages written to %s\n", len(wamp.Samples()), f.outFile)
	return nil
}

func (p Program) checkMessages(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	n, findings, err := wamp.Check(b)
	for _, finding := range findings {
		fmt.Fprintf(p.Stdout, "%s: %s\n", path, finding)
	}
	if err != nil {
		return &hintedError{fmt.Errorf("%s: %w", path, err), "-m serializer without -s shows the form"}
	}
	fmt.Fprintln(p.Stdout, wamp.Tally(n, len(findings)))
	if len(findings) > 0 {
		return &hintedError{fmt.Errorf("%s: %s", path, wamp.Tally(n, len(findings))), "each finding names the line where the message begins"}
	}
	return nil
}

// wsperfMaster says what has taken its place.
func (Program) wsperfMaster(context.Context, flags) error {
	return &hintedError{errors.New("mode wsperfmaster was never finished, and needed a program that is gone"), `"wsspec load --help" says how to load servers from many machines with --fleet`}
}

// reports is the folder that holds the reports of both fuzzing modes.
const reports = "reports"

// web serves the folder of reports.
func (p Program) web(ctx context.Context, f flags) error {
	addr, none, err := webPort(f.webPort)
	switch {
	case err != nil:
		return err
	case none:
		return &hintedError{errors.New("mode web is nothing without its port, and -u is 0"), "leave -u out, or choose a port"}
	}
	root, err := os.OpenRoot(reports)
	if err != nil {
		return &hintedError{err, "run it where the folder " + reports + " is, that the fuzzing modes write"}
	}
	defer root.Close()
	l, err := net.Listen("tcp", cmp.Or(addr, ":8080"))
	if err != nil {
		return &hintedError{err, "choose another port with -u"}
	}
	fmt.Fprintf(p.Stdout, "Reports at %s. Ctrl-C ends it.\n", website.Address(l))
	view := func() report.View { return report.View{Sections: cases.Sections()} }
	if err := web.Serve(ctx, l, website.Kept(reports, root.FS(), view)); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
