// SPDX-License-Identifier: Apache-2.0

package main

import (
	_ "embed" // the scripts
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

//go:embed completion/wsspec.bash
var bashCompletion string

//go:embed completion/wsspec.zsh
var zshCompletion string

//go:embed completion/wsspec.fish
var fishCompletion string

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help is what "wsspec completion --help" says beside the argument.
func (completionCmd) Help() string {
	return `Add to ~/.bashrc: eval "$(wsspec completion bash)"

Add to ~/.zshrc, after compinit: eval "$(wsspec completion zsh)"

Add to ~/.config/fish/config.fish: wsspec completion fish | source`
}

// Run prints the script, which asks the program itself what fits.
func (c completionCmd) Run(p *process) error {
	fmt.Fprint(p.stdout, map[string]string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}[c.Shell])
	return nil
}

type completeCmd struct {
	Words []string `arg:"" optional:"" passthrough:"" help:"The command line up to the cursor, without the program."`
}

// Run prints what may stand where the last of the words is: a line each, of the
// whole word, a tab and what it means. The lines ":files" and ":dirs" ask the
// shell for those whose names begin with the word without what is behind the tab.
func (c completeCmd) Run(p *process, ctx *kong.Context) error {
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	if len(words) == 0 {
		words = []string{""}
	}
	for _, w := range complete(ctx.Model.Node, words) {
		fmt.Fprintf(p.stdout, "%s\t%s\n", w.text, w.help)
	}
	return nil
}

// word is one that fits.
type word struct{ text, help string }

// complete returns what may stand in place of the last word. A quotation mark
// with which it begins is the shell's.
func complete(app *kong.Node, words []string) []word {
	at := cursor{node: app}
	for _, w := range words[:len(words)-1] {
		at.pass(w)
	}
	typed := words[len(words)-1]
	typed = strings.TrimLeft(typed[:min(len(typed), 1)], `'"`) + typed[min(len(typed), 1):]
	if at.value != nil {
		return values(at.node, at.value, "", typed)
	}
	if strings.HasPrefix(typed, "-") && !at.dashes {
		name, value, given := strings.Cut(typed, "=")
		if f := at.flag(strings.TrimPrefix(name, "--")); given && f != nil {
			return values(at.node, f.Value, name+"=", value)
		}
		return starting(at.flags(), typed)
	}
	var fits []word
	if at.passed == 0 {
		for _, child := range at.node.Children {
			if !child.Hidden {
				fits = append(fits, word{child.Name, child.Help})
			}
		}
	}
	fits = starting(fits, typed)
	command := at.command()
	if n := len(command.Positional); n > 0 {
		i := at.passed
		if last := command.Positional[n-1]; i >= n && last.IsCumulative() {
			i = n - 1
		}
		if i < n {
			fits = append(fits, values(command, command.Positional[i], "", typed)...)
		}
	}
	if len(fits) == 0 && typed == "" {
		return at.flags()
	}
	return fits
}

// cursor is a place on the command line.
type cursor struct {
	node   *kong.Node
	passed int         // arguments that are no commands
	value  *kong.Value // the flag whose value comes next
	given  []string    // names of flags
	dashes bool        // behind "--" there are no flags
}

// pass moves the cursor behind a word.
func (c *cursor) pass(w string) {
	switch {
	case c.value != nil:
		c.value = nil
	case w == "--" && !c.dashes:
		c.dashes = true
	case strings.HasPrefix(w, "-") && len(w) > 1 && !c.dashes:
		name, _, given := strings.Cut(strings.TrimLeft(w, "-"), "=")
		if f := c.flag(name); f != nil {
			c.given = append(c.given, f.Name)
			if !given && !f.IsBool() {
				c.value = f.Value
			}
		}
	default:
		i := slices.IndexFunc(c.node.Children, func(n *kong.Node) bool { return n.Name == w })
		if i < 0 || c.passed > 0 {
			c.passed++
			return
		}
		c.node = c.node.Children[i]
	}
}

// command is the node that a line which goes on without another command means.
func (c *cursor) command() *kong.Node {
	if c.node.DefaultCmd != nil {
		return c.node.DefaultCmd
	}
	return c.node
}

// flag finds a flag by its long or short name.
func (c *cursor) flag(name string) *kong.Flag {
	for _, group := range c.command().AllFlags(true) {
		for _, f := range group {
			if f.Name == name || f.Short != 0 && string(f.Short) == name {
				return f
			}
		}
	}
	return nil
}

// flags are those that can be given here.
func (c *cursor) flags() []word {
	var fits []word
	for _, group := range c.command().AllFlags(true) {
		for _, f := range group {
			if f.IsCumulative() || !slices.Contains(c.given, f.Name) {
				fits = append(fits, word{"--" + f.Name, f.Help})
			}
		}
	}
	return fits
}

// starting returns the words that begin with what is typed.
func starting(words []word, typed string) []word {
	return slices.DeleteFunc(words, func(w word) bool { return !strings.HasPrefix(w.text, typed) })
}
