// SPDX-License-Identifier: Apache-2.0

// Command oracle compares a report in the reference's format with what the
// reference said of the same peer.
//
//	oracle servers|clients PEER INDEX [--agent NAME]
//
// PEER is a name in the table, like go-gorilla; INDEX an index.json or the
// directory it is in. The agent in the report is the one of that name, or the
// one called like the peer, or the only one.
//
// The exit status is 0 if all verdicts agree but those of unstable cases, 1 if
// some differ or none could be compared, 2 if a file or argument is unusable.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/interop/oracle"
)

func main() {
	agrees, err := run(os.Args[1:], os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp): // flag has printed it
	case err != nil:
		fmt.Fprintln(os.Stderr, "oracle:", err)
		fmt.Fprintln(os.Stderr, "hint: oracle servers|clients PEER INDEX [--agent NAME]")
		os.Exit(2)
	case !agrees:
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) (agrees bool, err error) {
	flags := flag.NewFlagSet("oracle", flag.ContinueOnError)
	agent := flags.String("agent", "", "`name` of the peer in the report")
	var words []string
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			return false, err
		}
		if args = flags.Args(); len(args) > 0 {
			words, args = append(words, args[0]), args[1:]
		}
	}
	if len(words) != 3 {
		return false, fmt.Errorf("want a table, a peer and an index.json, got %d arguments", len(words))
	}
	table, err := oracle.Load(words[0])
	if err != nil {
		return false, err
	}
	name := words[1]
	peer, ok := table[name]
	if !ok {
		known := slices.Sorted(maps.Keys(table))
		return false, fmt.Errorf("no peer %q among the %s: want %s", name, words[0], strings.Join(known, ", "))
	}
	report, err := oracle.ReadReport(words[2])
	if err != nil {
		return false, err
	}
	if _, ok := report[name]; ok && *agent == "" {
		*agent = name
	}
	cases, err := report.Agent(*agent)
	if err != nil {
		return false, fmt.Errorf("%s: %w", words[2], err)
	}
	c := oracle.Compare(peer, cases)
	return c.Agrees(), c.Print(stdout, name)
}
