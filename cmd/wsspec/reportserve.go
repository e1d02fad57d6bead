// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/website"
)

type serveFilesCmd struct {
	Dir    string `arg:"" type:"existingdir" help:"The folder."`
	Listen string `default:"127.0.0.1:8080" placeholder:"ADDR" help:"Where to listen (${default})."`
}

// Run serves the folder, and nothing else of the disk, until a signal.
func (c serveFilesCmd) Run(ctx context.Context, p *process) error {
	root, err := os.OpenRoot(c.Dir)
	if err != nil {
		return badUsage(err, "")
	}
	defer root.Close()
	if err := p.without(archive.Lost(c.Dir)); err != nil {
		return badUsage(err, "restore or remove what cannot be read")
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return badUsage(err, "choose another address with --listen, such as 127.0.0.1:0")
	}
	server := &http.Server{Handler: website.Kept(c.Dir, root.FS(), view), ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	fmt.Fprintf(p.stdout, "Report at http://%s/. Ctrl-C ends it.\n", l.Addr())
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
