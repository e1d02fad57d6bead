// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"gopkg.in/yaml.v3"

	"github.com/wsspec/wsspec/internal/fleet"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/testee"
)

// deployed is what a test needs of the files in deploy/, Kubernetes' and compose's.
type deployed struct {
	Kind string
	Data map[string]string
	Spec struct {
		Parallelism, Completions int
		Template                 struct {
			Spec struct {
				Containers []struct {
					Image         string
					Command, Args []string
				}
			}
		}
	}
	Services map[string]struct {
		Image               string
		Entrypoint, Command []string
	}
}

// deployment reads all documents of a file.
func deployment(t *testing.T, name string) (all []deployed, text string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	for d := yaml.NewDecoder(bytes.NewReader(b)); ; {
		var one deployed
		err := d.Decode(&one)
		if errors.Is(err, io.EOF) {
			return all, string(b)
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, one)
	}
}

// replaced are the arguments with words of a cluster replaced by those of this machine.
func replaced(t *testing.T, args []string, by map[string]string) []string {
	t.Helper()
	args = slices.Clone(args)
	for from, to := range by {
		found := false
		for i, arg := range args {
			found = found || strings.Contains(arg, from)
			args[i] = strings.ReplaceAll(arg, from, to)
		}
		if !found {
			t.Errorf("%q is not in %q", from, args)
		}
	}
	return args
}

// site is a NATS server with a token, and an echo server.
func site(t *testing.T) (nats, echo string) {
	t.Helper()
	hub, err := fleet.NewHub(fleet.HubConfig{Token: "change-me", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(hub.Close)
	l, err := stream.Listen("127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan struct{})
	go func() { defer close(served); _ = testee.Server{}.Serve(ctx, l) }()
	t.Cleanup(func() { cancel(); <-served })
	return hub.URLs()[0], stream.URL(l, false)
}

// succeeds waits for the end of a program, which has to be good.
func succeeds(t *testing.T, b *background) {
	t.Helper()
	b.ended.Wait()
	if err := b.cmd.Wait(); err != nil {
		t.Errorf("%q: %v\n%s", b.cmd.Args, err, b.stdout.String())
	}
}

// The commands in the manifests for Kubernetes carry out a test, with as many workers as they say.
func TestKubernetes(t *testing.T) {
	t.Parallel()
	workers, _ := deployment(t, "kubernetes/workers.yaml")
	load, _ := deployment(t, "kubernetes/load.yaml")
	if len(workers) != 1 || len(load) != 2 || workers[0].Kind != "Job" || load[0].Kind != "ConfigMap" || load[1].Kind != "Job" {
		t.Fatal("there are other documents")
	}
	w, l, n := workers[0].Spec.Template.Spec.Containers[0], load[1].Spec.Template.Spec.Containers[0], workers[0].Spec.Parallelism
	if n != workers[0].Spec.Completions || !strings.Contains(strings.Join(l.Args, " "), fmt.Sprint("--workers ", n)) || w.Image != l.Image || !installed(t, w.Command) || !installed(t, l.Command) {
		t.Errorf("%+v, %+v, %d workers", w, l, n)
	}
	nats, echo := site(t)
	plan := filepath.Join(t.TempDir(), "plan.yaml")
	text := strings.NewReplacer("ws://target:9001", echo, "40000", "8", "1m", "10ms").Replace(load[0].Data["plan.yaml"])
	if err := os.WriteFile(plan, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	controller := program(t, nil, replaced(t, l.Args, map[string]string{"$(FLEET)": nats, "/plan/plan.yaml": plan})...)
	var all []*background
	for i := range n {
		all = append(all, program(t, nil, replaced(t, w.Args, map[string]string{"$(FLEET)": nats, "$(POD)": fmt.Sprint("pod-", i)})...))
	}
	succeeds(t, controller)
	if !strings.Contains(controller.stdout.String(), "held        8 at the end") {
		t.Error(controller.stdout.String())
	}
	for _, one := range all {
		succeeds(t, one)
	}
}

// So do those of the compose file, and its NATS server understands its flags.
func TestCompose(t *testing.T) {
	t.Parallel()
	files, text := deployment(t, "compose.yaml")
	services := files[0].Services
	variables := regexp.MustCompile(`\$\{\w+:-([^}]*)\}`)
	plain := func(args []string) (all []string) {
		for _, arg := range args {
			all = append(all, variables.ReplaceAllString(arg, "$1"))
		}
		return all
	}
	options, err := server.ConfigureOptions(flag.NewFlagSet("nats-server", flag.ContinueOnError), plain(services["nats"].Command), nil, nil, nil)
	if err != nil || !options.JetStream || options.StoreDir != "/data" || options.Authorization != "change-me" {
		t.Fatalf("NATS: %+v, %v", options, err)
	}
	w := services["worker"]
	if !installed(t, w.Entrypoint) || !installed(t, services["wsspec"].Entrypoint) || variables.ReplaceAllString(w.Image, "$1") != "wsspec" {
		t.Errorf("%+v", services)
	}
	run := regexp.MustCompile(`(?s)run --rm wsspec (load .*?)\n#\n`).FindStringSubmatch(text)
	scale := regexp.MustCompile(`--scale worker=(\d+)`).FindStringSubmatch(text)
	if run == nil || scale == nil {
		t.Fatal("the comment says no more how to run it")
	}
	args := strings.Fields(strings.ReplaceAll(run[1], "\\\n#", ""))
	if !strings.Contains(strings.Join(args, " "), "--workers "+scale[1]) {
		t.Errorf("%q workers, and %q", scale[1], args)
	}
	nats, echo := site(t)
	_, host, _ := strings.Cut(nats, "@")
	args = replaced(t, args, map[string]string{"ws://target:9001": echo, "40000": "8", "1m": "10ms", "nats:4222": host})
	controller := program(t, nil, args...)
	var all []*background
	for range 4 {
		all = append(all, program(t, nil, replaced(t, plain(w.Command), map[string]string{"nats:4222": host})...))
	}
	succeeds(t, controller)
	for _, one := range all {
		_ = syscall.Kill(-one.cmd.Process.Pid, syscall.SIGTERM)
		succeeds(t, one)
	}
}

// installed reports whether the image has the program.
func installed(t *testing.T, command []string) bool {
	t.Helper()
	b, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	return slices.Equal(command, []string{"wsspec"}) && regexp.MustCompile(`(?m)^COPY --from=build /out/wsspec /usr/local/bin/$`).Match(b)
}
