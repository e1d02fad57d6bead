// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/ws"
)

// conversations are files that stand in place of cases, by the ids that they have there.
type conversations struct {
	cases []conform.Case
	said  map[string]*conversation.Conversation
	files map[string]string
}

// isConversation reports whether an entry of --cases is a file or a folder of
// conversations: no id and no pattern is written so.
func isConversation(entry string) bool {
	if strings.HasSuffix(entry, ".wsspec") || strings.ContainsAny(entry, `/\`) {
		return true
	}
	info, err := os.Stat(entry)
	return err == nil && info.IsDir()
}

// conversationIDs begin like this, so that they sort behind those of cases.
const conversationIDs = "fuzz."

// takeConversations takes the files out of the selection and reads them.
func (s *Selection) takeConversations() (*conversations, error) {
	var paths, rest []string
	for _, entry := range s.Cases {
		if isConversation(entry) {
			paths = append(paths, entry)
		} else {
			rest = append(rest, entry)
		}
	}
	if paths == nil {
		return nil, nil
	}
	files, err := readConversations(paths)
	if err != nil {
		return nil, err
	}
	s.Cases = rest
	cs := &conversations{said: map[string]*conversation.Conversation{}, files: map[string]string{}}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f.file), ".wsspec")
		id := conversationIDs + strings.ReplaceAll(name, ".", "_")
		switch {
		case f.Role != ws.Client:
			return nil, badUsage(fmt.Errorf("%s: it is a conversation with a client, and servers are tested", f.file), "leave it out")
		case cs.files[id] != "":
			return nil, badUsage(fmt.Errorf("%s and %s have the same name", cs.files[id], f.file), "rename one of them")
		}
		title := strings.Join(scriptLines(f.Conversation), "; ")
		cs.cases = append(cs.cases, fuzzclient.CaseOf(id, title, f.Conversation))
		cs.said[id], cs.files[id] = f.Conversation, f.file
	}
	return cs, nil
}

// choose picks the cases, and the conversations that stand among them.
func (c *testCmd) choose(t *testRun) (err error) {
	if t.said, err = c.takeConversations(); err != nil {
		return err
	}
	if t.said == nil || len(c.Cases) > 0 {
		if t.picked, err = c.pick(); err != nil {
			return err
		}
	}
	if t.said != nil {
		t.picked = append(t.picked, t.said.cases...)
	}
	return nil
}

// flags are those by which a result is repeated: where it is one of a conversation, the file
// is named in place of the id.
func (cs *conversations) flags(r report.Result, flags []string) []string {
	if cs == nil || cs.files[r.ID] == "" {
		return flags
	}
	return append([]string{"--cases", cs.files[r.ID]}, flags...)
}

// all are the conversations by their ids.
func (cs *conversations) all() map[string]*conversation.Conversation {
	if cs == nil {
		return nil
	}
	return cs.said
}
